"""Replay: captures that somebody recorded, as one stream of frame batches in order of time.

This is the door of the room for files and pipes; what happens behind it has a file of its own each.
"""

from bisect import insort
from collections.abc import Iterator, Sequence
from functools import partial

from monitor.capture.block import BLOCK_BYTES, SMALL_BLOCK_BYTES, Memory
from monitor.capture.bytestream import ByteStream
from monitor.capture.damage import Damage
from monitor.capture.locate import Found, locate
from monitor.capture.merge import Waiting, in_time_order
from monitor.capture.numbering import Numbering
from monitor.capture.reader import Ledger, Reader, Window
from monitor.model.frame import FrameBatch, Interface
from monitor.model.tally import Tally

BATCH_FRAMES = 8192
FEW_READERS = 8
"""So many captures that overlap get large blocks; the others small ones, so that thousands fit into the memory."""
SMALL_BATCH_FRAMES = 512
_FIRST = -1
"""Before any time: captures that cannot be looked at twice, or hold no frame, are opened at once."""
TALLY_KEYS = (
    "frames",
    "bytes",
    "comments",
    "comments_dropped",
    "skipped_blocks",
    "unknown_interfaces",
    "impossible_times",
    "dropped_by_interface",
    "dropped_by_kernel",
)


class Replay:
    """Reads captures named by path, folder, glob or ``-``, once; raises ValueError or OSError for what is none."""

    def __init__(
        self, captures: Sequence[str], batch_frames: int = BATCH_FRAMES, memory: Memory | None = None
    ) -> None:
        """``memory``: of buffers for a few captures at once; what lies in them stays valid longer than its batch."""
        if batch_frames < 1:
            raise ValueError(f"a batch has at least 1 frame, not {batch_frames}")
        located = locate(captures)
        self.skipped = list(located.skipped)
        """Files in folders that are no captures."""
        self.tally = Tally(TALLY_KEYS)
        self._batch_frames = batch_frames
        self._memory = memory
        self._captures = located.captures
        self._ledger = Ledger(numbering=Numbering(), tally=self.tally)
        self._damage: list[tuple[int, Damage]] = []
        self._open: dict[Reader, int] = {}
        self._done_bytes = 0

    @property
    def interfaces(self) -> list[Interface]:
        """Interfaces in the order of their first frames; grows while batches are read."""
        return self._ledger.numbering.final

    @property
    def damage(self) -> list[Damage]:
        """What could not be read, in the order in which the captures were named."""
        return [damage for _, damage in self._damage]

    @property
    def total_bytes(self) -> int | None:
        """Bytes of all captures on disk; None when a pipe is among them."""
        sizes = [found.size_bytes for found in self._captures]
        return None if None in sizes else sum(size for size in sizes if size is not None)

    @property
    def bytes_read(self) -> int:
        """Bytes taken from the disk so far, before decompression."""
        return self._done_bytes + sum(reader.disk_bytes for reader in self._open)

    def batches(self) -> Iterator[FrameBatch]:
        """Yield the frames of all captures; a batch is valid until the next is asked for."""
        ordinal = clock_ns = 0
        for window in in_time_order(self._waiting()):
            for batch in self._batches(window, ordinal, clock_ns):
                ordinal += len(batch.frames)
                clock_ns = batch.clock_ns
                yield batch

    def close(self) -> None:
        """Close what is open; for when the batches are not read to their end."""
        for reader in self._open:
            reader.close()
        self._open.clear()
        for found in self._captures:
            if found.held:
                found.held.close()

    def _batches(self, window: Window, ordinal: int, clock_ns: int) -> Iterator[FrameBatch]:
        for first in range(0, len(window.frames), self._batch_frames):
            frames = window.frames[first : first + self._batch_frames]
            beyond = first + len(frames)
            self._ledger.numbering.renumber(frames)
            self.tally.add("frames", len(frames))
            self.tally.add("bytes", int(frames["captured"].sum()))
            clock_ns = max(clock_ns, int(frames["ts_ns"].max()))
            comments = {ordinal + row: text for row, text in window.comments.items() if first <= row < beyond}
            yield FrameBatch(
                buffer=window.buffer,
                frames=frames,
                first_ordinal=ordinal + first,
                clock_ns=clock_ns,
                comments=comments,
            )

    def _waiting(self) -> list[Waiting]:
        """Say when each capture begins; one alone need not be asked."""
        alone = len(self._captures) == 1
        return [
            Waiting(
                first_ns=_FIRST if alone else self._first_ns(found),
                open=partial(self._begin, place, found),
                close=self._end,
            )
            for place, found in enumerate(self._captures)
        ]

    def _first_ns(self, found: Found) -> int:
        if found.held:
            return _FIRST
        try:
            stream = ByteStream(found.path)
        except OSError:
            return _FIRST
        try:
            aside = Ledger(numbering=Numbering(), tally=Tally())
            window = Reader(stream, aside, batch_frames=1, block_bytes=SMALL_BLOCK_BYTES).read()
            return int(window.frames["ts_ns"][0]) if window else _FIRST
        except ValueError:
            return _FIRST
        finally:
            stream.close()

    def _begin(self, place: int, found: Found, open_readers: int) -> Reader | None:
        few = open_readers < FEW_READERS
        frames = self._batch_frames if few else min(self._batch_frames, SMALL_BATCH_FRAMES)
        try:
            stream = found.held or ByteStream(found.path)
            size, memory = (BLOCK_BYTES, self._memory) if few else (SMALL_BLOCK_BYTES, None)
            reader = Reader(stream, self._ledger, frames, size, memory)
        except (OSError, ValueError) as error:
            reason = f"cannot be read any more: {error}"
            self._hurt(place, Damage(capture=found.path, offset=0, reason=reason))
            return None
        self._open[reader] = place
        return reader

    def _end(self, reader: Reader) -> None:
        place = self._open.pop(reader)
        self._done_bytes += reader.disk_bytes
        if reader.damage:
            self._hurt(place, reader.damage)
        reader.close()

    def _hurt(self, place: int, damage: Damage) -> None:
        insort(self._damage, (place, damage), key=lambda entry: entry[0])
