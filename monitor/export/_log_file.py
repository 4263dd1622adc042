"""A file that only grows by whole lines, is moved away when it is large or old, and is found again when others move it."""

import os
import stat
import time
from pathlib import Path
from typing import NamedTuple

_DAY_SECONDS = 86_400
_TAIL_BYTES = 1 << 20
"""Where the end of the last whole line is looked for."""


class Rotation(NamedTuple):
    """When a file is moved away, and how many moved files are kept."""

    size_bytes: int
    """0 for never."""
    is_daily: bool
    keep: int


class LogFile:
    """Opened when it is first written to; what cannot be written leaves no part of a line."""

    def __init__(self, path: Path, rotation: Rotation) -> None:
        self._path = path
        self._rotation = rotation
        self._handle: int | None = None

    def append(self, data: bytes) -> None:
        """Write whole lines and wait for the disk; raises OSError, and then nothing was written."""
        handle = self._opened()
        before = os.fstat(handle)
        if self._is_due(before, len(data)):
            self._rotate()
            handle = self._opened()
            before = os.fstat(handle)
        is_regular = stat.S_ISREG(before.st_mode)
        try:
            _write_all(handle, data)
            if is_regular:
                os.fdatasync(handle)
        except OSError:
            if is_regular:
                os.ftruncate(handle, before.st_size)
            self.close()
            raise

    def close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _opened(self) -> int:
        """Return the descriptor of what has the name now."""
        if self._handle is not None and self._was_moved(self._handle):
            self.close()
        if self._handle is None:
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOCTTY
            self._handle = os.open(self._path, flags, 0o640)
            _cut_torn_line(self._handle)
        return self._handle

    def _was_moved(self, handle: int) -> bool:
        try:
            return not os.path.samestat(os.fstat(handle), self._path.stat())
        except FileNotFoundError:
            return True

    def _is_due(self, now: os.stat_result, size: int) -> bool:
        if not stat.S_ISREG(now.st_mode) or now.st_size == 0:
            return False
        is_large = self._rotation.size_bytes > 0 and now.st_size + size > self._rotation.size_bytes
        today = time.time_ns() // 1_000_000_000 // _DAY_SECONDS
        return is_large or (self._rotation.is_daily and int(now.st_mtime) // _DAY_SECONDS < today)

    def _rotate(self) -> None:
        self.close()
        for number in range(self._rotation.keep - 1, 0, -1):
            if self._moved(number).exists():
                self._moved(number).replace(self._moved(number + 1))
        self._path.replace(self._moved(1))

    def _moved(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


def _write_all(handle: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]


def _cut_torn_line(handle: int) -> None:
    """Remove what a crash left of a line; it was not delivered and comes again."""
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode) or found.st_size == 0:
        return
    start = max(0, found.st_size - _TAIL_BYTES)
    tail = os.pread(handle, _TAIL_BYTES, start)
    end = tail.rfind(b"\n") + 1
    if 0 < end < len(tail) or (end == 0 and start == 0):
        os.ftruncate(handle, start + end)
