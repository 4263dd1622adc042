"""The spool's folder: segments of alerts within a bound of bytes, a cursor for each output, one process at a time.

Rule 1: what was once acknowledged is never written again; what was not is cut off before anything follows it.
Rule 2: a number is used once, even after files were damaged or deleted.
"""

import errno
import fcntl
import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock

from monitor.export._cursor import cursor_path, highest_cursor, read_cursor, write_cursor
from monitor.export._record_line import MIN_LINE_BYTES, SpoolRecord, framed
from monitor.export._segment import (
    Segment,
    found_segments,
    new_segment,
    open_for_append,
    read_records,
    sync_folder,
    write_all,
)
from monitor.model.instant import SECOND_NS

SEGMENTS = 8
"""A full spool gives up about this part of itself at once."""
MIN_SEGMENT_BYTES = 1 << 16
_LOCK = "lock"
_GONE = frozenset({errno.ENOENT, errno.EIO})
"""What a segment that was deleted, or lies on a broken part of the disk, is answered with."""


class DiskStore:
    """Append-only segments; the oldest gives way."""

    def __init__(self, folder: Path, limit_bytes: int, say: Callable[[str], None] = lambda _: None) -> None:
        self.limit_bytes = limit_bytes
        self.dropped: Counter[str] = Counter()
        self._folder = folder
        self._say = say
        self._cursors: dict[str, int] = {}
        self._mutex = Lock()
        """Guards the list of segments and what is in them."""
        self._cursor_files = Lock()
        """An output that left and came back may have two deliveries for a moment."""
        self._unwritten: dict[str, int] = {}
        """Cursors that the disk did not take, by output; it is asked again when it takes alerts."""
        self._handle: int | None = None
        """Of the last segment, while it is open."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock: int | None = _locked(folder / _LOCK)
        try:
            self._recover()
        except OSError:
            self.close()
            raise

    @property
    def size_bytes(self) -> int:
        """Bytes of all segments."""
        with self._mutex:
            return sum(segment.size for segment in self._segments)

    def append(self, lines: Sequence[bytes]) -> None:
        """Write and wait for the disk; on a full disk what everybody has makes room."""
        first = self._next
        data = b"".join(framed(SpoolRecord(sequence, line)) for sequence, line in enumerate(lines, first))
        while True:
            try:
                self._write(data, first, len(lines))
                break
            except OSError as error:
                self._let_go()
                if error.errno != errno.ENOSPC or not self._give_up_delivered():
                    raise
        if self._unwritten:
            self._write_cursors()

    def register(self, output: str) -> int:
        """Return the cursor; where it is unreadable the output gets everything again that is still there."""
        if output in self._cursors:
            return self._cursors[output]
        path = cursor_path(self._folder, output)
        try:
            told = read_cursor(path)
            cursor = self._segments[0].first - 1 if told is None else told
        except FileNotFoundError:
            told, cursor = None, self.last_sequence
        else:
            if told is None:
                self._say(
                    f"export.{output}: its cursor is damaged; everything in the spool is delivered again"
                )
        with self._cursor_files:
            with self._mutex:
                self._cursors[output] = cursor
            if told is None:  # a full disk shall not keep a sensor from its start, nor from a reload
                write_cursor(path, cursor)
        return cursor

    def advance(self, output: str, sequence: int) -> None:
        """Remember how far an output came; a cursor that cannot be written only means more repetition later."""
        with self._cursor_files:
            with self._mutex:
                sequence = max(sequence, self._cursors.get(output, sequence))
                if output in self._cursors:
                    self._cursors[output] = sequence
            self._write_cursor(output, sequence)

    def leave(self, output: str) -> None:
        """Its cursor stays in its file."""
        with self._mutex:
            self._cursors.pop(output, None)

    def reader(self, after: int) -> "_DiskReader":
        return _DiskReader(self, after)

    def pending(self, after: int) -> int:
        with self._mutex:
            return sum(
                min(segment.count, segment.last - after) for segment in self._segments if segment.last > after
            )

    def segment_after(self, after: int) -> Segment | None:
        """Return the oldest segment with a number behind this one, as it is now."""
        with self._mutex:
            for one in self._segments:
                if one.last > after:
                    return Segment(
                        path=one.path, first=one.first, last=one.last, count=one.count, size=one.size
                    )
        return None

    def give_up(self, segment: Segment) -> int:
        """Return how many alerts are lost with a segment that cannot be read; 0 when it has made room meanwhile."""
        with self._mutex:
            return segment.count if any(one.path == segment.path for one in self._segments) else 0

    def close(self) -> None:
        self._let_go()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _write_cursor(self, output: str, sequence: int) -> None:
        try:
            write_cursor(cursor_path(self._folder, output), sequence)
        except OSError:
            self.unwritten_cursors += 1
            self._unwritten[output] = sequence
        else:
            self._unwritten.pop(output, None)

    def _write_cursors(self) -> None:
        with self._cursor_files:
            for output, sequence in list(self._unwritten.items()):
                self._write_cursor(output, sequence)

    def _recover(self) -> None:
        found = list(found_segments(self._folder))
        self.damaged = sum(one.damaged for one in found) + sum(one.torn_lines for one in found[:-1])
        """Lines found damaged at the start and left out."""
        self.torn_bytes = found[-1].torn_bytes if found else 0
        """Bytes of a last write that was not finished, cut off at the start."""
        self.unwritten_cursors = 0
        highest = max((one.last + -(-one.torn_bytes // MIN_LINE_BYTES) for one in found), default=_fresh())
        self._next = max(highest, highest_cursor(self._folder)) + 1
        self._segments: list[Segment] = [one for one in found if one.count]
        for one in found:
            if one.is_unreadable:
                self._say(f"{one.path}: cannot be read; it is left out and kept beside")
                one.path.replace(one.path.with_suffix(".unreadable"))
            elif not one.count:
                one.path.unlink()
        self.last_sequence = self._next - 1
        if not self._segments:
            self._segments.append(new_segment(self._folder, self._next))
        if self.damaged or self.torn_bytes:
            self._say(
                f"{self._folder}: {self.damaged} damaged lines left out, {self.torn_bytes} bytes of an unfinished write cut off"
            )

    def _write(self, data: bytes, first: int, count: int) -> None:
        self._make_room(len(data))
        if self._handle is not None and os.fstat(self._handle).st_nlink == 0:
            self._begin_anew()
        segment = self._segments[-1]
        if self._handle is None:
            self._handle = open_for_append(segment)
        write_all(self._handle, data)
        with self._mutex:
            segment.size += len(data)
            segment.count += count
            segment.last = first + count - 1
            self._next = segment.last + 1
            self.last_sequence = segment.last

    def _make_room(self, size: int) -> None:
        """Begin a new segment where this one is full, and give up the oldest while there are too many bytes."""
        most = max(self.limit_bytes // SEGMENTS, MIN_SEGMENT_BYTES)
        if self._segments[-1].count and self._segments[-1].size + size > most:
            self._let_go()
            with self._mutex:
                self._segments.append(new_segment(self._folder, self._next))
        while len(self._segments) > 1 and self.size_bytes + size > self.limit_bytes:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        self._segments[0].path.unlink(missing_ok=True)
        self._forget(0)
        sync_folder(self._folder)

    def _begin_anew(self) -> None:
        """Somebody deleted the file that is written to."""
        self._let_go()
        self._say(
            f"{self._segments[-1].path}: was deleted; the alerts in it are lost to outputs that are behind"
        )
        self._forget(-1)
        with self._mutex:
            self._segments.append(new_segment(self._folder, self._next))

    def _forget(self, place: int) -> None:
        with self._mutex:
            gone = self._segments.pop(place)
            for output, cursor in self._cursors.items():
                self.dropped[output] += max(0, min(gone.count, gone.last - cursor))

    def _give_up_delivered(self) -> bool:
        """Give up the oldest segment if every output has it; whether there was one."""
        with self._mutex:
            delivered = min(self._cursors.values(), default=-1)
        if len(self._segments) < 2 or self._segments[0].last > delivered:
            return False
        self._drop_oldest()
        return True

    def _let_go(self) -> None:
        """Close the last segment; what was not acknowledged is cut off when it is opened again."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class _DiskReader:
    """Reads on where it stopped; a segment that was given up, or cannot be read any more, is passed over."""

    def __init__(self, store: DiskStore, after: int) -> None:
        self._store = store
        self.position = after
        self._path: Path | None = None
        self._offset = 0
        self.lost = 0

    def take(self, most: int) -> list[SpoolRecord]:
        while (segment := self._store.segment_after(self.position)) is not None:
            if segment.path != self._path:
                self._path, self._offset = segment.path, 0
            try:
                records, self._offset = read_records(segment, self._offset, self.position, most)
            except OSError as error:
                if error.errno not in _GONE:
                    raise
                self.lost += min(self._store.give_up(segment), segment.last - self.position)
                self.position = segment.last
                continue
            if records:
                self.position = records[-1].sequence
                return records
            if self._offset >= segment.size:
                self.position = segment.last
        return []


def _fresh() -> int:
    """Numbers of a spool that begins anew are above those of one that was deleted: it is seconds, not alerts."""
    return time.time_ns() // SECOND_NS


def _locked(path: Path) -> int:
    """Take the folder for this process; a lock of this kind is not inherited by forked children."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise OSError(error.errno, "is used by another umbilical", str(path.parent)) from None
    return handle
