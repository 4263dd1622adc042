"""The room's door: frames in, rows out.

Rule 1: every frame gives exactly one row, whatever its bytes are.
Rule 2: the split into batches changes nothing but the place of a reassembled payload in the pool.
"""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from monitor.decode import _plain, _whole, fragments
from monitor.decode._walk import WALK
from monitor.decode.row import COUNTS
from monitor.model.frame import FrameBatch
from monitor.model.packet import PACKET, Outcome, PacketBatch
from monitor.model.tally import Tally

MAX_LINK_TYPES = 64
"""Unknown link types that are counted by number."""
OTHER_LINK_TYPES = -1
"""The rest of them."""

_FRAGMENT_KEYS = ("fragments_evicted", "fragments_timed_out", "fragments_overlapping", "fragments_refused")


def prepare(*, every_frame: bool = True) -> None:
    """Compile or load a kernel before it is needed: the one that no frame has to wait for, or the plain one."""
    (_whole if every_frame else _plain).decode.load()


class Decoder:
    """Reads headers; remembers incomplete datagrams and the time."""

    def __init__(self) -> None:
        self.tally = Tally((*COUNTS, *_FRAGMENT_KEYS))
        self.unknown_link_types: Counter[int] = Counter()
        self._clock = np.zeros(1, np.int64)
        self._packets = np.zeros(0, PACKET)
        self._pool = np.zeros(fragments.SLOTS * fragments.SLOT_BYTES, np.uint8)
        self._slots = np.zeros(fragments.SLOTS, fragments.SLOT)
        self._fragments = np.zeros(1, fragments.FRAGMENTS)
        self._walk = np.zeros(1, WALK)
        self._counts = np.zeros(len(COUNTS), np.int64)

    def decode(self, batch: FrameBatch) -> Iterator[PacketBatch]:
        """Yield the packets of a batch, in several parts if many datagrams were reassembled.

        A part is valid until the next one is asked for.
        """
        frames = batch.frames
        if len(self._packets) < len(frames):
            self._packets = np.zeros(len(frames), PACKET)
        start = 0
        while True:
            end = self._decode_some(batch, start)
            if end == len(frames):
                self._clock[0] = max(self._clock[0], batch.clock_ns)
            yield PacketBatch(
                packets=self._packets[start:end],
                buffer=batch.buffer,
                pool=self._pool,
                first_ordinal=batch.first_ordinal + start,
                clock_ns=int(self._clock[0]),
            )
            if end == len(frames):
                return
            start = end

    def _decode_some(self, batch: FrameBatch, start: int) -> int:
        """Decode from a frame on; return the first one that is not decoded yet."""
        end = start if _whole.decode.is_ready else self._decode_plain(batch, start)
        if end < len(batch.frames):
            end = self._decode_whole(batch, end)
        self._settle(batch, start, end)
        return end

    def _decode_plain(self, batch: FrameBatch, start: int) -> int:
        end: int = _plain.decode(
            batch.buffer, batch.frames, start, self._packets, self._walk, self._clock, self._counts
        )
        return end

    def _decode_whole(self, batch: FrameBatch, start: int) -> int:
        end: int = _whole.decode(
            batch.buffer,
            batch.frames,
            start,
            self._packets,
            self._pool,
            self._slots,
            self._fragments,
            self._walk,
            self._clock,
            self._counts,
        )
        return end

    def _settle(self, batch: FrameBatch, start: int, end: int) -> None:
        """Add the kernel's counters to the tally."""
        if self._counts[Outcome.UNKNOWN_LINK_TYPE]:
            self._name_link_types(batch, start, end)
        for key, count in zip(COUNTS, self._counts.tolist(), strict=True):
            if count:
                self.tally.add(key, count)
        self._counts[:] = 0
        counts = self._fragments["counts"][0]
        for key, count in zip(_FRAGMENT_KEYS, counts.tolist(), strict=True):
            if count:
                self.tally.add(key, count)
        counts[:] = 0

    def fills(self) -> dict[str, tuple[int, int]]:
        """Return the datagrams that wait for fragments, and how many may."""
        return {"fragments": (int(self._fragments["filling"][0]), fragments.CAPACITY)}

    def _name_link_types(self, batch: FrameBatch, start: int, end: int) -> None:
        unknown = self._packets["outcome"][start:end] == Outcome.UNKNOWN_LINK_TYPE
        numbers, frames = np.unique(batch.frames["link_type"][start:end][unknown], return_counts=True)
        for number, count in zip(numbers.tolist(), frames.tolist(), strict=True):
            known = number in self.unknown_link_types or len(self.unknown_link_types) < MAX_LINK_TYPES
            self.unknown_link_types[number if known else OTHER_LINK_TYPES] += count
