"""Says whether the answer to a request looks like a firmware image, and what kind; knows no vendor.

That a body looks like data at all was settled by who read it (``http.body_prefix`` is there); here is asked whether
its first bytes or its path say *firmware*, and how much of it there was.
"""

import re
from typing import NamedTuple

from monitor.model.observation import Observation

MIN_IMAGE_BYTES = 1024
"""Smaller answers are states, manifests and errors; the smallest real deltas are several kB."""
MAX_URL = 512
"""Characters of a url that are kept."""
_OK, _PARTIAL = 200, 206
_WITH_BODY = frozenset({_OK, _PARTIAL})

_MAGICS = {
    "7f454c46": "elf",
    "3aff26ed": "android-sparse",
    "414e44524f494421": "android-boot",
    "43724155": "android-payload",
    "27051956": "uimage",
    "d00dfeed": "flattened-device-tree",
    "68737173": "squashfs",
    "73717368": "squashfs",
    "55424923": "ubi",
    "31181006": "ubifs",
    "48445230": "trx",
    "3db8f396": "mcuboot",
    "5546320a": "uf2",
    "42534449464634": "bsdiff",
    "d6c3c4": "vcdiff",
    "1f8b08": "gzip",
    "504b0304": "zip",
    "fd377a585a00": "xz",
    "28b52ffd": "zstandard",
    "425a68": "bzip2",
    "377abcaf271c": "7z",
    "303730373031": "cpio",
    "303730373032": "cpio",
}
"""First bytes in hex, and the name of the format."""
_STARTS = tuple(_MAGICS)
_CONTAINERS = frozenset({"gzip", "zip", "xz", "zstandard", "bzip2", "7z", "cpio", "elf"})
"""Formats that hold anything: they do not say firmware by themselves."""
_PAGES = ("3c", "7b", "5b")
"""First bytes of markup and JSON."""
_FIRMWARE_WORDS = frozenset(
    {"fota", "dfota", "firmware", "firmwares", "fw", "ota", "fwupdate", "swupdate", "delta"}
)
_FIRMWARE_EXTENSIONS = frozenset(
    {
        "bin",
        "img",
        "hex",
        "fw",
        "fwu",
        "pac",
        "dfota",
        "mbn",
        "swu",
        "cwe",
        "spk",
        "ubi",
        "dup",
        "uf2",
        "rom",
        "ota",
    }
)
_WORD = re.compile(r"[a-z]+")
_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15}|\*)")
"""Content-Range of one range (RFC 9110 section 14.4)."""


class Part(NamedTuple):
    """Which bytes of a whole an answer brought."""

    first: int
    last: int
    total: int | None


class Image(NamedTuple):
    """An answer that looks like a firmware image, or a part of one."""

    url: str
    """Host and path."""
    path: str
    bytes_seen: int
    complete: bool
    """The whole body of this answer was seen."""
    sha256: str | None
    magic: str | None
    part: Part | None
    """None when the answer is the whole image."""
    says_firmware: bool
    """Its first bytes or its path say firmware, and not only data."""

    @property
    def shows_firmware(self) -> bool:
        """Its first bytes say firmware: more than a name, which data may have as well."""
        return self.magic is not None and self.magic not in _CONTAINERS


def image(observation: Observation) -> Image | None:
    """Return the image that an ``http_response`` brought; None when it looks like anything else."""
    fields = observation.fields
    prefix, status = fields.get("http.body_prefix"), fields.get("http.status")
    if not isinstance(prefix, str) or status not in _WITH_BODY:
        return None
    part = _part(str(fields.get("http.content_range", ""))) if status == _PARTIAL else None
    starts = part is None or part.first == 0
    if starts and prefix.startswith(_PAGES):
        return None
    seen = _number(fields.get("http.body_bytes"))
    if _size(part, seen, fields.get("http.content_length")) < MIN_IMAGE_BYTES:
        return None
    magic = _magic(prefix) if starts else None
    path = str(fields.get("http.path", ""))
    sha256 = fields.get("http.body_sha256")
    return Image(
        url=_url(observation, path),
        path=path[:MAX_URL],
        bytes_seen=seen,
        complete=fields.get("http.body_complete") is True,
        sha256=sha256 if isinstance(sha256, str) and part is None else None,
        magic=magic,
        part=part,
        says_firmware=(magic is not None and magic not in _CONTAINERS) or path_says_firmware(path),
    )


def path_says_firmware(path: str) -> bool:
    """Whether a word or the extension of a path is one that updaters use."""
    plain = path[:MAX_URL].lower().partition("?")[0]
    _, dot, extension = plain.rpartition("/")[2].rpartition(".")
    return (dot != "" and extension in _FIRMWARE_EXTENSIONS) or not _FIRMWARE_WORDS.isdisjoint(
        _WORD.findall(plain)
    )


def _magic(prefix: str) -> str | None:
    if not prefix.startswith(_STARTS):
        return None
    return next(name for start, name in _MAGICS.items() if prefix.startswith(start))


def _part(content_range: str) -> Part | None:
    match = _RANGE.fullmatch(content_range.strip())
    if match is None or int(match[1]) > int(match[2]):
        return None
    return Part(int(match[1]), int(match[2]), None if match[3] == "*" else int(match[3]))


def _size(part: Part | None, seen: int, stated: object) -> int:
    """Return how large the whole is, as far as anybody says."""
    if part is not None:
        return part.last + 1 if part.total is None else part.total
    return max(seen, _number(stated))


def _url(observation: Observation, path: str) -> str:
    host = observation.fields.get("http.host") or observation.remote_name
    if not host:
        host = observation.flow.resp_ip if observation.contact is None else observation.contact.remote.ip
    return f"{host}{path}"[:MAX_URL]


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
