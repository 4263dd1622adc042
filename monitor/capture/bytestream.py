"""Bytes of one opened capture, decompressed by what they are and not by what the file is called.

Nothing here knows a capture format. Nothing here seeks, so that a pipe is as good as a file, and no read makes more
bytes than were asked for, so that a small file cannot fill the memory. Only damaged compressed bytes are looked at again.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from io import BytesIO, FileIO
from typing import Protocol

from monitor.capture.packed import Damaged, Source
from monitor.capture.unpack import compression_of, unpacked
from monitor.model.errors import Malformed

STDIN = "-"
HEAD_BYTES = 4096
"""Read ahead at most, to tell what the bytes are."""
_MAGIC_BYTES = 6
_STDIN_DESCRIPTOR = 0
MOST_KEPT = 1 << 24
"""Compressed bytes of a pipe that are kept, in case that they turn out to be damaged."""


class Readable(Protocol):
    """What fills a view, at least one byte unless it has ended."""

    def readinto(self, view: memoryview, /) -> int | None: ...


class ByteStream:
    """The decompressed bytes of a capture, from its first to its last or to where it is damaged."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._disk = _Disk(path)
        with ExitStack() as undo:
            undo.callback(self._disk.close)
            self._open()
            undo.pop_all()

    def _open(self) -> None:
        packed = _Peekable(self._disk)
        self.compression = compression_of(packed.peek(_MAGIC_BYTES))
        """Name of the compression, None when there is none."""
        self.problem: str | None = None
        """Why the bytes ended before their end."""
        self.is_damaged = False
        """Whether the compressed bytes are wrong, so that the last of these may be as well."""
        readable: Readable = packed
        if self.compression:
            readable = _Pieces(unpacked(self.compression, packed, self._disk.again))
        else:
            self._disk.forget()
        self._bytes = _Peekable(readable)

    @property
    def size_bytes(self) -> int | None:
        """Bytes on disk; None when nobody can know, as for a pipe."""
        return self._disk.size_bytes

    @property
    def is_file(self) -> bool:
        """Whether it lies on disk: it can be opened again and reading it never waits for a sender."""
        return self._disk.is_file

    @property
    def disk_bytes(self) -> int:
        """Bytes taken from the disk so far, before decompression."""
        return self._disk.taken_bytes

    def peek(self, least: int) -> bytes:
        """Return the next bytes without taking them, ``least`` of them or more unless the stream is shorter."""
        try:
            return self._bytes.peek(least)
        except Malformed as error:
            self._end(error)
            return self._bytes.held

    def readinto(self, view: memoryview) -> int:
        """Fill a part of the view and return its size; 0 at the end, and ``problem`` says if that came too soon."""
        if self.problem and not self._bytes.held:
            return 0
        try:
            return self._bytes.readinto(view)
        except Malformed as error:
            self._end(error)
        except OSError as error:
            self.problem = f"the disk gives no more: {error.strerror or error}"
        return 0

    def _end(self, error: Malformed) -> None:
        self.problem = str(error)
        self.is_damaged = isinstance(error, Damaged)

    def close(self) -> None:
        """Close the file; standard input stays open, it is not ours."""
        self._disk.close()


class _Disk:
    """A file, a pipe or standard input, unbuffered, that counts what was taken from it."""

    def __init__(self, path: str) -> None:
        if path == STDIN:
            self._file = FileIO(_STDIN_DESCRIPTOR, closefd=False)
        else:
            self._file = FileIO(path)
        status = os.fstat(self._file.fileno())
        on_disk = stat.S_ISREG(status.st_mode)
        self.is_file = on_disk and path != STDIN
        self.size_bytes = status.st_size if on_disk else None
        self.taken_bytes = 0
        self._first = self._file.tell() if on_disk else 0
        self._kept = None if on_disk else bytearray()

    def readinto(self, view: memoryview, /) -> int:
        taken = self._file.readinto(view) or 0
        self.taken_bytes += taken
        if self._kept is not None:
            self._kept += view[:taken]
            if len(self._kept) > MOST_KEPT:
                self.forget()
        return taken

    def again(self, offset: int) -> Source | None:
        """Return the same bytes once more, from one of them on; None when they are gone."""
        if self.size_bytes is not None:
            return _Reread(self._file.fileno(), self._first + offset)
        return None if self._kept is None else BytesIO(self._kept[offset:])

    def forget(self) -> None:
        """Keep nothing of what a pipe gave; nobody will ask for it."""
        self._kept = None

    def close(self) -> None:
        self._file.close()


class _Reread:
    """Reads a file from a place, and leaves it where it stands."""

    def __init__(self, descriptor: int, place: int) -> None:
        self._descriptor = descriptor
        self._place = place

    def readinto(self, view: memoryview, /) -> int:
        taken = os.preadv(self._descriptor, [view], self._place)
        self._place += taken
        return taken


class _Peekable:
    """Lets one look at bytes before they are taken, without seeking."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self.held = b""

    def peek(self, least: int) -> bytes:
        room = memoryview(bytearray(HEAD_BYTES))
        while len(self.held) < least:
            taken = self._source.readinto(room)
            if not taken:
                break
            self.held += room[:taken]
        return self.held

    def readinto(self, view: memoryview, /) -> int:
        if not self.held:
            return self._source.readinto(view) or 0
        given = min(len(self.held), len(view))
        view[:given] = self.held[:given]
        self.held = self.held[given:]
        return given


class _Pieces:
    """Makes a readable of an iterator of bytes."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readinto(self, view: memoryview, /) -> int:
        if not self._rest:
            self._rest = memoryview(next(filter(None, self._pieces), b""))
        given = min(len(self._rest), len(view))
        view[:given] = self._rest[:given]
        self._rest = self._rest[given:]
        return given
