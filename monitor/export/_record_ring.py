"""A bounded ring of capture files in a folder: whole files, the oldest removed first, found again after a restart.

Rule 1: what stands under a file's final name can be read at any moment; blocks are appended whole, and what a crash or
a full disk leaves half-written is cut off. Rule 2: once it is there nothing raises for what a disk does; it is counted
and said in ``problem``. Several recorders may share a folder, each with files of its own.
"""

import os
import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from errno import EACCES
from pathlib import Path

from monitor.export._record_mend import whole_bytes
from monitor.model.instant import SECOND_NS, rfc3339
from monitor.model.tally import Tally

FILES = 16
"""Into so many files the ring is cut, so that removing one takes little of it."""
MIN_FILE_BYTES, MAX_FILE_BYTES = 1 << 16, 32 << 20
MAX_FILE_PACKETS = 50_000
"""A reader need not keep more comments of one file."""
RETRY_NS = 60 * SECOND_NS
"""After trouble with the disk, when to try again."""
KEYS = ("files", "files_removed", "bytes_removed", "bytes_mended", "disk_failures")
_NAME = re.compile(r"umbilical-(\d{8}T\d{6}\.\d{6}Z)(?:-(\d{1,3}))?\.pcapng")
_FILE_MODE, _FOLDER_MODE = 0o640, 0o750
_MICROSECOND_NS = 1000
_STAMP = "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Which part of a folder is one recorder's."""

    size_bytes: int = 256 << 20
    """Of the files of all recorders together."""
    worker: int = 0
    workers: int = 1

    @property
    def own_bytes(self) -> int:
        """How large this recorder's files may grow together."""
        return self.size_bytes // self.workers

    @property
    def file_bytes(self) -> int:
        """How large one file may grow."""
        return min(max(self.own_bytes // FILES, MIN_FILE_BYTES), MAX_FILE_BYTES, self.own_bytes // 2)


class RecordRing:
    """Appends blocks to the newest file of the ring; ``header`` makes what every file begins with."""

    def __init__(self, folder: Path, share: Share, header: Callable[[], bytes]) -> None:
        """Raise OSError when the folder cannot be used."""
        self.problem: str | None = None
        """Why nothing is written at the moment."""
        self.tally = Tally(KEYS)
        self._folder = folder
        self._share = share
        self._header = header
        self._handle: int | None = None
        self._path = folder
        self._size = self._packets = 0
        self._retry_ns = 0
        folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(EACCES, "Permission denied", str(folder))
        self._old = self._found()
        self._newest = max((_NAME.fullmatch(name)[1] for name in self._old), default="")  # type: ignore[index]  # found by it
        self._mend()

    @property
    def size_bytes(self) -> int:
        """Of all files of this recorder."""
        return self._size + sum(self._old.values())

    def opened(self, size: int, now_ns: int) -> bool:
        """Make sure of a file with room for so many bytes; False when there can be none now."""
        if size > self._share.own_bytes // 2 or (self.problem is not None and now_ns < self._retry_ns):
            return False
        if self._size + size > self._share.file_bytes or self._packets >= MAX_FILE_PACKETS:
            self.end_file()
        try:
            self._make_room(size)
            if self._handle is None:
                self._begin(now_ns)
        except OSError as error:
            self._pause(error, now_ns)
            return False
        return True

    def append(self, blocks: bytes, packets: int, now_ns: int) -> bool:
        """Write whole blocks to the opened file; False when they could not be written."""
        if self._handle is None:
            return False
        try:
            _write_all(self._handle, blocks)
        except OSError as error:
            self._pause(error, now_ns)
            return False
        self.problem = None
        self._size += len(blocks)
        self._packets += packets
        return True

    def end_file(self) -> None:
        """Let what comes next begin a new file."""
        if self._handle is None:
            return
        try:
            os.fsync(self._handle)
        except OSError:
            self.tally.add("disk_failures")
        os.close(self._handle)
        self._old[self._path.name] = self._size
        self._handle, self._size, self._packets = None, 0, 0

    def _make_room(self, size: int) -> None:
        while self._old and self.size_bytes + size > self._share.own_bytes:
            name = next(iter(self._old))
            (self._folder / name).unlink(missing_ok=True)
            self.tally.add("files_removed")
            self.tally.add("bytes_removed", self._old.pop(name))

    def _begin(self, now_ns: int) -> None:
        """Begin a file; it appears under its name when it can be read."""
        self._folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        hidden = self._folder / f".umbilical-{self._share.worker}.new"
        hidden.unlink(missing_ok=True)
        handle = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _FILE_MODE)
        with ExitStack() as undo:
            undo.callback(hidden.unlink, missing_ok=True)
            undo.callback(os.close, handle)
            header = self._header()
            _write_all(handle, header)
            path = self._folder / self._new_name(now_ns)
            hidden.rename(path)
            undo.pop_all()
        self._handle, self._path, self._size, self._packets = handle, path, len(header), 0
        self.tally.add("files")

    def _new_name(self, now_ns: int) -> str:
        """Return a name that sorts behind the others, even when the clock was turned back."""
        stamp = _stamp(now_ns)
        if stamp <= self._newest:
            stamp = _stamp(_stamp_ns(self._newest) + _MICROSECOND_NS)
        self._newest = stamp
        worker = f"-{self._share.worker}" if self._share.worker else ""
        return f"umbilical-{stamp}{worker}.pcapng"

    def _pause(self, error: OSError, now_ns: int) -> None:
        """Cut off what was half-written, and write nothing for a while."""
        if self._handle is not None:
            try:
                os.ftruncate(self._handle, self._size)
            except OSError:
                self.tally.add("disk_failures")
            self.end_file()
        self.tally.add("disk_failures")
        self.problem = f"{self._folder}: {(error.strerror or str(error)).lower()}"
        self._retry_ns = now_ns + RETRY_NS

    def _found(self) -> dict[str, int]:
        """Return this recorder's files of before with their sizes, oldest first."""
        found = {}
        for path in self._folder.iterdir():
            match = _NAME.fullmatch(path.name)
            is_own = match is not None and int(match[2] or 0) % self._share.workers == self._share.worker
            if is_own and path.is_file() and not path.is_symlink():
                found[path.name] = path.stat().st_size
        return dict(sorted(found.items()))

    def _mend(self) -> None:
        """Cut off what a crash left half-written at the end of the newest file."""
        if not self._old:
            return
        name, size = next(reversed(self._old.items()))
        try:
            with (self._folder / name).open("r+b") as stream:
                whole = whole_bytes(stream) or size  # what is no file of a recorder is not ours to mend
                stream.truncate(whole)
        except OSError:
            self.tally.add("disk_failures")
            return
        self._old[name] = whole
        self.tally.add("bytes_mended", size - whole)


def _write_all(handle: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(handle, view) :]


def _stamp(ts_ns: int) -> str:
    """Return an instant as names have it: all of one length, so that they sort."""
    digits = rfc3339(ts_ns).translate({ord("-"): None, ord(":"): None})
    return digits[: len("20270115T080000.000000")] + "Z"


def _stamp_ns(stamp: str) -> int:
    try:
        moment = datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:  # a file that somebody named so
        return 0
    return int(moment.timestamp()) * SECOND_NS + moment.microsecond * _MICROSECOND_NS
