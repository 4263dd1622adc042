"""What became of the frames of each interface, so that the books can be closed: seen = processed + ignored + lost."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from monitor.compiling import kernel
from monitor.model.frame import FrameBatch, Interface
from monitor.model.packet import Outcome, PacketBatch

IGNORED = (Outcome.FRAGMENT, Outcome.NOT_IP)
"""Nothing is lost by these: a fragment is part of a datagram that is counted when it is whole."""
LOST = (
    Outcome.UNKNOWN_LINK_TYPE,
    Outcome.OPAQUE,
    Outcome.TOO_DEEP,
    Outcome.SNAPPED,
    Outcome.MALFORMED,
)
"""Frames that reached us and could not be used."""


class Outcomes(NamedTuple):
    """Frames of one interface."""

    processed: int
    ignored: dict[str, int]
    """By reason."""
    dropped: dict[str, int]
    """By reason; what the interface and the ring lost comes on top."""
    wire_bytes: int

    @property
    def seen(self) -> int:
        """Frames that reached us."""
        return self.processed + sum(self.ignored.values()) + sum(self.dropped.values())


class FrameLedger:
    """Counts the outcomes of decode by interface."""

    def __init__(self, interfaces: Sequence[Interface]) -> None:
        self._interfaces = interfaces
        self._counts = np.zeros((0, len(Outcome)), np.int64)
        self._bytes = np.zeros(0, np.int64)

    def see(self, batch: FrameBatch, packets: PacketBatch) -> None:
        """Take the decoded part of a batch."""
        rows = packets.packets
        if not len(rows):
            return
        start = packets.first_ordinal - batch.first_ordinal
        frames = batch.frames[start : start + len(rows)]
        self._make_room()
        _count(frames, rows, self._counts, self._bytes)

    def outcomes(self) -> Mapping[str, Outcomes]:
        """Return the counts by the interface's name."""
        self._make_room()
        return {
            interface.name: _outcomes(row.tolist(), int(size))
            for interface, row, size in zip(self._interfaces, self._counts, self._bytes, strict=True)
        }

    def _make_room(self) -> None:
        """Interfaces may be met only when their first frame comes."""
        missing = len(self._interfaces) - len(self._counts)
        if missing > 0:
            self._counts = np.vstack([self._counts, np.zeros((missing, len(Outcome)), np.int64)])
            self._bytes = np.concatenate([self._bytes, np.zeros(missing, np.int64)])


def merged(parts: Sequence[Mapping[str, Outcomes]]) -> dict[str, Outcomes]:
    """Return the sum over several workers."""
    total: dict[str, Outcomes] = {}
    for part in parts:
        for name, one in part.items():
            known = total.get(name)
            total[name] = one if known is None else _sum(known, one)
    return total


def _outcomes(counts: list[int], wire_bytes: int) -> Outcomes:
    return Outcomes(
        processed=counts[Outcome.PACKET],
        ignored={one.name.lower(): counts[one] for one in IGNORED},
        dropped={one.name.lower(): counts[one] for one in LOST},
        wire_bytes=wire_bytes,
    )


def _sum(one: Outcomes, other: Outcomes) -> Outcomes:
    return Outcomes(
        one.processed + other.processed,
        {reason: amount + other.ignored[reason] for reason, amount in one.ignored.items()},
        {reason: amount + other.dropped[reason] for reason, amount in one.dropped.items()},
        one.wire_bytes + other.wire_bytes,
    )


@kernel
def _count(frames: Any, rows: Any, counts: Any, sizes: Any) -> None:
    """Count each row's outcome, and its frame's bytes on the wire."""
    for i in range(rows.shape[0]):
        frame = frames[i]
        counts[frame.interface, rows[i].outcome] += 1
        sizes[frame.interface] += frame.wire
