"""pcapng (draft-ietf-opsawg-pcapng): sections, interfaces, statistics and comments; the packet blocks are the kernel's."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.capture._pcapng_kernel import BYTE_ORDER_MAGIC, COMMENT, DESCRIPTION, SECTION_HEADER, walk_blocks
from monitor.capture.block import Block
from monitor.capture.numbering import Numbering
from monitor.capture.walk import LATEST_NS, Stop, Walk
from monitor.model.frame import Interface
from monitor.model.tally import Tally

INTERFACES_PER_CAPTURE = 1024
"""Frames of further interfaces are counted as unknown; dumpcap writes a handful."""
COMMENTS_PER_CAPTURE = 1 << 16
"""Further comments are counted, not kept. The bound is of the capture: one of the batch would let its size be seen."""
COMMENT_BYTES = 1024
NAME_BYTES = 256
_SECOND_NS = 1_000_000_000
_DEFAULT_RESOLUTION = 6  # section 4.2: microseconds
_OPTIONS_OF_INTERFACE = 16
_OPTIONS_OF_STATISTICS = 20
_IF_NAME = 2
_IF_TSRESOL = 9
_IF_TSOFFSET = 14
_ISB_IFDROP = 5
_ISB_OSDROP = 7

ByteOrder = Literal["big", "little"]


def starts_section(head: bytes) -> bool:
    """Whether the first bytes are those of a section header, or as much of one as there is."""
    orders = (BYTE_ORDER_MAGIC.to_bytes(4, "big"), BYTE_ORDER_MAGIC.to_bytes(4, "little"))
    if len(head) < 4 or head[:4] != SECTION_HEADER.to_bytes(4, "big"):
        return False
    return any(order.startswith(head[8:12]) for order in orders)


class PcapngWalk(Walk):
    """Reads the frames of one pcapng."""

    def __init__(self, capture: str, block: Block, numbering: Numbering, tally: Tally) -> None:
        super().__init__(capture, block, tally)
        self._interfaces = _Interfaces(capture, numbering)
        self._comment_table = np.zeros(0, COMMENT)
        self._comments_left = COMMENTS_PER_CAPTURE
        self._drops: dict[tuple[int, str], int] = {}

    def _step(self, frames: NDArray[np.void]) -> int:
        if len(self._comment_table) < len(frames):
            self._comment_table = np.zeros(len(frames), COMMENT)
        block, state = self._block, self._state[0]
        rows = int(
            walk_blocks(
                block.buffer, block.end, self._state, self._interfaces.table, self._comment_table, frames
            )
        )
        self.comments = self._comments(int(state["comments"])) if state["comments"] else {}
        for key in ("skipped_blocks", "unknown_interfaces", "impossible_times"):
            self._tally.add(key, int(state[key]))
            state[key] = 0
        return rows

    def _help(self, stop: Stop, needed: int) -> None:
        match stop:
            case Stop.SECTION:
                self._begin_section(needed)
            case Stop.INTERFACE:
                self._interfaces.describe(self._block.text(0, needed), self._byte_order)
                self._block.start += needed
            case Stop.STATISTICS:
                self._count_drops(self._block.text(0, needed))
                self._block.start += needed
            case Stop.SKIP:
                self._skip(needed)
            case _:
                self._hurt(_REASONS[stop].format(offset=self._block.offset, needed=needed))

    def _cut_short(self, needed: int) -> str:
        held, offset = self._block.held, self._block.offset
        return f"cut short: the last block at offset {offset} has {held} of {needed} bytes"

    @property
    def _byte_order(self) -> ByteOrder:
        return "big" if self._state["big_endian"][0] else "little"

    def _begin_section(self, length: int) -> None:
        major = int.from_bytes(self._block.text(12, 2), self._byte_order)
        if major != 1:
            self._hurt(f"the section at offset {self._block.offset} is of pcapng version {major}")
            return
        self._interfaces.begin_section()
        self._drops.clear()
        self._block.start += length

    def _skip(self, length: int) -> None:
        """Pass over a block that may be larger than any buffer, and check its end as the kernel does."""
        offset = self._block.offset
        if not (self._block.skip(length - 4) and self._block.fill(4)):
            held = self._block.offset + self._block.held - offset
            self._ended(f"cut short: the last block at offset {offset} has {held} of {length} bytes", offset)
        elif int.from_bytes(self._block.text(0, 4), self._byte_order) != length:
            self._hurt(_REASONS[Stop.TRAILER].format(offset=offset), offset)
        else:
            self._block.start += 4
            self._tally.add("skipped_blocks")

    def _comments(self, count: int) -> dict[int, str]:
        kept = min(count, self._comments_left)
        self._comments_left -= kept
        self._tally.add("comments", kept)
        self._tally.add("comments_dropped", count - kept)
        comments = {}
        for row, offset, size in self._comment_table[:kept].tolist():
            raw = self._block.buffer[offset : offset + min(size, COMMENT_BYTES)].tobytes()
            comments[row] = _text(raw)
        return comments

    def _count_drops(self, statistics: bytes) -> None:
        """Add what an interface lost since its last statistics, which count from the begin of the section."""
        order = self._byte_order
        interface = int.from_bytes(statistics[8:12], order)
        if interface >= len(self._interfaces.table):
            self._tally.add("unknown_interfaces")
            return
        for code, value in _options(statistics, _OPTIONS_OF_STATISTICS, order):
            key = _DROPS.get(code)
            if key is None or len(value) != 8:
                continue
            total = int.from_bytes(value, order)
            before = self._drops.get((interface, key), 0)
            if total > before:
                self._tally.add(key, total - before)
                self._drops[interface, key] = total


class _Interfaces:
    """The interfaces of the current section, and their numbers over all sections of the capture."""

    def __init__(self, capture: str, numbering: Numbering) -> None:
        self._rows = np.zeros(INTERFACES_PER_CAPTURE, DESCRIPTION)
        self.table: NDArray[np.void] = self._rows[:0]
        self._capture = capture
        self._numbering = numbering
        self._known: dict[tuple[int, Interface], int] = {}

    def begin_section(self) -> None:
        self.table = self._rows[:0]

    def describe(self, block: bytes, order: ByteOrder) -> None:
        """Enter the interface of an Interface Description Block (section 4.2)."""
        place = len(self.table)
        if place >= INTERFACES_PER_CAPTURE:
            return
        options = dict(_options(block, _OPTIONS_OF_INTERFACE, order))
        interface = Interface(
            name=_text(options.get(_IF_NAME, b"")[:NAME_BYTES]) or self._capture,
            capture=self._capture,
            link_type=int.from_bytes(block[8:10], order),
            snap_length=int.from_bytes(block[12:16], order),
        )
        resolution = options.get(_IF_TSRESOL, b"")
        units = _units(resolution[0] if len(resolution) == 1 else _DEFAULT_RESOLUTION)
        offset = options.get(_IF_TSOFFSET, b"")
        self._rows[place] = (
            self._number(place, interface),
            interface.link_type,
            interface.snap_length,
            _offset_ns(int.from_bytes(offset, order, signed=True)) if len(offset) == 8 else 0,
            units.multiplier,
            units.divisor,
            units.shift,
        )
        self.table = self._rows[: place + 1]

    def _number(self, place: int, interface: Interface) -> int:
        """Return its provisional number; an interface that comes again in a later section keeps it."""
        key = (place, interface)
        if key not in self._known:
            if len(self._known) >= INTERFACES_PER_CAPTURE:
                return -1
            self._known[key] = self._numbering.register(interface)
        return self._known[key]


class _Units(NamedTuple):
    """How to make nanoseconds of an interface's units of time."""

    multiplier: int
    divisor: int
    shift: int


def _units(resolution: int) -> _Units:
    """Read if_tsresol: a power of 2 when its top bit is set, else a power of 10."""
    if resolution & 0x80:
        return _Units(1, 1, resolution & 0x7F)
    if resolution <= 9:
        return _Units(10 ** (9 - resolution), 1, -1)
    # 64 bits of units finer than 10^-28 s are less than a nanosecond.
    return _Units(1, 10 ** (resolution - 9), -1) if resolution <= 28 else _Units(0, 1, -1)


def _offset_ns(seconds: int) -> int:
    return max(-LATEST_NS + 1, min(seconds * _SECOND_NS, LATEST_NS - 1))


def _options(block: bytes, start: int, order: ByteOrder) -> Iterator[tuple[int, bytes]]:
    """Yield code and value of the options of a block (section 3.5); options that overrun it end them."""
    end = len(block) - 4
    while end - start >= 4:
        code = int.from_bytes(block[start : start + 2], order)
        size = int.from_bytes(block[start + 2 : start + 4], order)
        if code == 0 or end - start - 4 < size:
            return
        yield code, block[start + 4 : start + 4 + size]
        start += 4 + (size + 3 & ~3)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace").rstrip("\0")


_DROPS = {_ISB_IFDROP: "dropped_by_interface", _ISB_OSDROP: "dropped_by_kernel"}
_REASONS = {
    Stop.CLAIM: "the block at offset {offset} claims {needed} bytes",
    Stop.BYTE_ORDER: "the section at offset {offset} has no byte order",
    Stop.LENGTH: "the block at offset {offset} cannot have {needed} bytes",
    Stop.TRAILER: "the block at offset {offset} does not end with the length that it begins with",
}
