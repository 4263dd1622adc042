"""One file of the spool: how it is named, opened, appended to and repaired; knows no other file."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from monitor.export._record_line import SpoolRecord, scan

_NAME = re.compile(r"([0-9]{20})\.spool")


@dataclass(slots=True, kw_only=True)
class Segment:
    """A file of alerts and what is known of it; only its first ``size`` bytes are safe and may be read."""

    path: Path
    first: int
    """Lowest number it may hold."""
    last: int
    """Highest number it holds; ``first - 1`` while it is empty."""
    count: int = 0
    size: int = 0


class Found(Segment):
    """A segment as it was found after a start."""

    __slots__ = ("damaged", "is_unreadable", "torn_bytes", "torn_lines")

    def __init__(self, path: Path, first: int) -> None:
        self.is_unreadable = False
        try:
            data = path.read_bytes()
        except OSError:
            data, self.is_unreadable = b"", True
        told = scan(data, first - 1)
        last = told.records[-1].sequence if told.records else first - 1
        super().__init__(path=path, first=first, last=last, count=len(told.records), size=told.good_bytes)
        self.damaged = told.damaged
        """Lines between good ones that are none."""
        self.torn_bytes = path.stat().st_size - told.good_bytes
        """Behind the last good line."""
        self.torn_lines = data.count(b"\n", told.good_bytes)


def new_segment(folder: Path, first: int) -> Segment:
    """Return a segment that has no file yet."""
    return Segment(path=folder / f"{first:020d}.spool", first=first, last=first - 1)


def found_segments(folder: Path) -> Iterator[Found]:
    """Yield the segments of a folder, oldest first."""
    for path in sorted(folder.glob("*.spool")):
        name = _NAME.fullmatch(path.name)
        if name is not None:
            yield Found(path, int(name[1]))


def open_for_append(segment: Segment) -> int:
    """Open its file, cut off what is not safe, and return the descriptor; a new file survives a crash by name."""
    handle = os.open(segment.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.ftruncate(handle, segment.size)
        if segment.size == 0:
            sync_folder(segment.path.parent)
    except OSError:
        os.close(handle)
        raise
    return handle


def write_all(handle: int, data: bytes) -> None:
    """Write everything and wait for the disk."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]
    os.fdatasync(handle)


def read_records(segment: Segment, offset: int, after: int, most: int) -> tuple[list[SpoolRecord], int]:
    """Return up to ``most`` records with a number behind ``after``, and the offset from which to read on."""
    end = segment.size
    with segment.path.open("rb", buffering=0) as stream:
        for size in (min(_PIECE_BYTES, end - offset), end - offset):
            stream.seek(offset)
            told = scan(stream.read(size), after, most)
            if told.good_bytes:
                return told.records, offset + told.good_bytes
    return [], end


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a crash."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


_PIECE_BYTES = 1 << 18
