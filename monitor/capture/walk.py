"""What the walks over pcap and pcapng share: where a walk stands, why it stopped, and when it goes on.

A walk is a compiled kernel that runs over the bytes of a block until it needs somebody, and the Python that helps it then.
"""

from abc import ABC, abstractmethod
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.capture.block import Block
from monitor.capture.damage import Damage
from monitor.compiling import part
from monitor.model.tally import Tally

Bytes = NDArray[np.uint8]
Rows = NDArray[np.void]
Row = Any
"""A row of a structured array: numba knows its fields, mypy does not."""
Number = Any
"""A machine word, typed by numba."""

LATEST_NS = 1 << 62
"""An instant in 2116, beyond what pcap can say; pcapng could go on to where adding a timeout overflows."""
MAX_RECORD_BYTES = 64 << 20
"""A record that claims more is damage; the largest packets there are have 16 MB (USB)."""


class Stop(IntEnum):
    """Why a kernel went no further."""

    NEED = 0
    """``needed`` bytes must be held from ``position`` on."""
    CLAIM = 1
    """The record claims ``needed`` bytes, which cannot be."""
    SECTION = 2
    """A whole block that is Python's to read; ``needed`` is its length, as for the next two."""
    INTERFACE = 3
    STATISTICS = 4
    SKIP = 5
    """A block of no interest that is not whole in the buffer; ``needed`` is its length."""
    BYTE_ORDER = 6
    """A section header without a byte order."""
    LENGTH = 7
    """``needed`` is no length for such a block."""
    TRAILER = 8
    """The block does not end with the length that it begins with."""


WALK = np.dtype(
    [
        ("position", np.int64),  # of the next record in the buffer
        ("number", np.int64),  # of the last packet record in its capture
        ("last_ns", np.int64),  # pcapng: time of the last packet record that had one
        ("newest_ns", np.int64),  # newest time so far
        ("stop", np.int64),  # Stop
        ("needed", np.int64),
        ("big_endian", np.int64),
        ("interface", np.int64),  # pcap: provisional number of the only interface
        ("link_type", np.int64),  # pcap
        ("header_bytes", np.int64),  # pcap: of each record
        ("fraction_ns", np.int64),  # pcap: unit of the fraction of a second
        ("limit_bytes", np.int64),  # pcap: largest captured length
        ("comments", np.int64),  # pcapng: rows of the comment table in use
        ("skipped_blocks", np.int64),  # pcapng, since the last call
        ("unknown_interfaces", np.int64),  # pcapng, since the last call: of frames nobody describes
        ("impossible_times", np.int64),  # pcapng, since the last call
    ],
    align=True,
)


class Walk(ABC):
    """Reads the frames of one capture, from its first byte to its end or to its damage."""

    def __init__(self, capture: str, block: Block, tally: Tally) -> None:
        self.damage: Damage | None = None
        self.comments: dict[int, str] = {}
        """Packet comments of the last call, by row."""
        self._capture = capture
        self._block = block
        self._tally = tally
        self._state = np.zeros(1, WALK)
        self._begun = False

    @property
    def newest_ns(self) -> int:
        """Newest time so far."""
        return int(self._state["newest_ns"][0])

    def walk(self, frames: NDArray[np.void]) -> int:
        """Fill the first rows of ``frames`` and return how many; 0 at the end."""
        if not self._begun:
            self._begun = True
            self._begin()
        while self.damage is None:
            self._state["position"][0] = self._block.start
            rows = self._step(frames)
            self._block.start = int(self._state["position"][0])
            if rows or not self._goes_on():
                return rows
        return 0

    def _begin(self) -> None:  # noqa: B027 - pcapng has nothing but blocks
        """Read what stands before the first record."""

    @abstractmethod
    def _step(self, frames: NDArray[np.void]) -> int:
        """Run the kernel."""

    @abstractmethod
    def _help(self, stop: Stop, needed: int) -> None:
        """Do what the kernel cannot; or say what is damaged."""

    @abstractmethod
    def _cut_short(self, needed: int) -> str:
        """Say what is missing of the last record, which needs so many bytes."""

    def _goes_on(self) -> bool:
        stop, needed = Stop(int(self._state["stop"][0])), int(self._state["needed"][0])
        if stop != Stop.NEED:
            self._help(stop, needed)
        elif not self._block.fill(needed):
            self._end(needed)
            return False
        return self.damage is None

    def _end(self, needed: int) -> None:
        if self._block.held:
            self._ended(self._cut_short(needed))
        elif self._block.problem:
            self._ended(f"cut short at offset {self._block.offset}")

    def _ended(self, reason: str, offset: int | None = None) -> None:
        """Say that the bytes are over too soon, and why; nobody cut what could not be unpacked to its end."""
        if self._block.is_damaged:
            self._damaged(str(self._block.problem), offset)
        else:
            self._hurt(reason, offset)

    def _hurt(self, reason: str, offset: int | None = None) -> None:
        problem = f" ({self._block.problem})" if self._block.problem else ""
        self._damaged(reason + problem, offset)

    def _damaged(self, reason: str, offset: int | None) -> None:
        place = self._block.offset if offset is None else offset
        self.damage = Damage(capture=self._capture, offset=place, reason=reason)


@part
def u16(buffer: Bytes, place: int, big_endian: int) -> Number:
    """Return two bytes as a number."""
    first: Number = np.int64(buffer[place])
    second: Number = np.int64(buffer[place + 1])
    return first << 8 | second if big_endian else second << 8 | first


@part
def u32(buffer: Bytes, place: int, big_endian: int) -> Number:
    """Return four bytes as a number."""
    first: Number = np.int64(buffer[place])
    second: Number = np.int64(buffer[place + 1])
    third: Number = np.int64(buffer[place + 2])
    fourth: Number = np.int64(buffer[place + 3])
    if big_endian:
        return first << 24 | second << 16 | third << 8 | fourth
    return fourth << 24 | third << 16 | second << 8 | first
