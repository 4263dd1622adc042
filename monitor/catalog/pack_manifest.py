"""What a pack says of itself: its version, and name, size and digest of every file. It is what gets signed.

Rule: a name that is not a plain file of a signature folder is refused here, so nobody below needs to think of paths.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NamedTuple, Self

from monitor.catalog.pack_zip import MAX_ENTRIES, MAX_NAME_BYTES
from monitor.model.errors import Malformed
from monitor.model.instant import SECOND_NS

KIND = "umbilical-signatures"
FORMAT = 1
MAX_MANIFEST_BYTES = 4 << 20
MAX_COUNTER = 9_999
_NAME = re.compile(r"(?:data/)?[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*\.(?:yaml|csv|txt)", re.ASCII)
_VERSION = re.compile(r"([0-9]{4})\.([0-9]{2})\.([0-9]{2})(?:\.([1-9][0-9]{0,3}))?", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Version(NamedTuple):
    """A calendar version: the day, and a counter for a second pack of one day; compares as it should."""

    day: date
    counter: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``2026.11.22`` or ``2026.11.22.2``; raises ValueError."""
        match = _VERSION.fullmatch(text)
        try:
            if match is not None:
                return cls(date(*map(int, match.group(1, 2, 3))), int(match[4] or 0))
        except ValueError:  # no such day
            pass
        raise ValueError(f"not a version: '{text[:40]}'; write a day such as 2026.11.22, or 2026.11.22.2")

    @property
    def day_ns(self) -> int:
        """The beginning of the day, UTC."""
        moment = datetime(self.day.year, self.day.month, self.day.day, tzinfo=UTC)
        return int(moment.timestamp()) * SECOND_NS

    def __str__(self) -> str:
        return f"{self.day:%Y.%m.%d}" + (f".{self.counter}" if self.counter else "")


class FileFacts(NamedTuple):
    """What is promised of a file."""

    size: int
    sha256: str

    @classmethod
    def of(cls, content: bytes) -> Self:
        return cls(len(content), hashlib.sha256(content).hexdigest())


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The promise that is signed."""

    version: Version
    files: Mapping[str, FileFacts]

    @classmethod
    def of(cls, version: Version, files: Mapping[str, bytes]) -> Self:
        """Return the manifest of files; raises Malformed for a name that a pack cannot have."""
        _check_names(list(files))
        return cls(version=version, files={name: FileFacts.of(files[name]) for name in sorted(files)})

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """Read a manifest; raises Malformed for anything but what ``written`` gives."""
        tree = _tree(text)
        manifest = cls(version=_version(tree), files=_files(tree))
        if manifest.written() != text:
            raise Malformed("the manifest has other fields or another layout than this program knows")
        return manifest

    def written(self) -> bytes:
        """Return the text that is signed."""
        files = {name: {"bytes": one.size, "sha256": one.sha256} for name, one in self.files.items()}
        tree = {"kind": KIND, "format": FORMAT, "version": str(self.version), "files": files}
        return (json.dumps(tree, indent=1) + "\n").encode("ascii")

    def check(self, files: Mapping[str, bytes]) -> None:
        """Raise Malformed unless the files are exactly those promised."""
        for name in self.files:
            if name not in files:
                raise Malformed(f"'{name}' is missing")
        for name, content in files.items():
            if name not in self.files:
                raise Malformed(f"{name!r} is not in the manifest")
            if FileFacts.of(content) != self.files[name]:
                raise Malformed(f"'{name}' is not what the manifest says; its digest differs")


def is_packed(name: str) -> bool:
    """Whether a file of a signature folder belongs into a pack: what the loader reads, and the licences beside it."""
    return len(name) <= MAX_NAME_BYTES and _NAME.fullmatch(name) is not None


def _check_names(names: list[str]) -> None:
    if len(names) > MAX_ENTRIES:
        raise Malformed(f"a pack has at most {MAX_ENTRIES} files, this has more")
    seen: dict[str, str] = {}
    for name in names:
        if not is_packed(name):
            raise Malformed(f"{name[:MAX_NAME_BYTES]!r} is no name for a file in a pack; refused")
        twin = seen.setdefault(name.lower(), name)
        if twin != name:
            raise Malformed(f"'{twin}' and '{name}' differ in case only")


def _tree(text: bytes) -> dict[str, Any]:
    if len(text) > MAX_MANIFEST_BYTES:
        raise Malformed(f"a manifest has at most {MAX_MANIFEST_BYTES} bytes, this has more")
    try:
        tree = json.loads(text.decode("ascii"))
    except (ValueError, RecursionError) as error:
        raise Malformed("the manifest is not JSON") from error
    if not isinstance(tree, dict) or tree.get("kind") != KIND:
        raise Malformed("the manifest is not one of signatures")
    if tree.get("format") != FORMAT:
        raise Malformed(f"the pack has another format than {FORMAT}, which is what this program reads")
    return tree


def _version(tree: dict[str, Any]) -> Version:
    try:
        return Version.parse(str(tree.get("version")))
    except ValueError as error:
        raise Malformed(f"the manifest has no version: {error}") from error


def _files(tree: dict[str, Any]) -> dict[str, FileFacts]:
    files = tree.get("files")
    if not isinstance(files, dict) or not files:
        raise Malformed("the manifest names no files")
    _check_names(list(files))
    return {name: _facts(name, one) for name, one in files.items()}


def _facts(name: str, one: object) -> FileFacts:
    size, digest = (one.get("bytes"), one.get("sha256")) if isinstance(one, dict) else (None, None)
    if type(size) is not int or size < 0 or not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise Malformed(f"the manifest says nothing sensible of '{name}'")
    return FileFacts(size, digest)
