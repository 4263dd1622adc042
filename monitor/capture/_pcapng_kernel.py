"""The walk over pcapng blocks (draft-ietf-opsawg-pcapng): packet blocks here, other blocks that matter go to Python."""

import numpy as np

from monitor.capture.walk import LATEST_NS, MAX_RECORD_BYTES, Bytes, Number, Row, Rows, Stop, u16, u32
from monitor.compiling import kernel, part

SECTION_HEADER = 0x0A0D0D0A  # section 4.1; the same in either byte order
INTERFACE_DESCRIPTION = 1  # section 4.2
OBSOLETE_PACKET = 2  # appendix A
SIMPLE_PACKET = 3  # section 4.4
INTERFACE_STATISTICS = 5  # section 4.6
ENHANCED_PACKET = 6  # section 4.3
BYTE_ORDER_MAGIC = 0x1A2B3C4D
BLOCK_FRAME_BYTES = 12
"""Type, length, and the length again at the end (section 3.1)."""
_PACKET_DATA = 28
"""Where the data of an enhanced or obsolete packet block begins; a simple one has 12."""
_SIMPLE_DATA = 12
_COMMENT = 1  # section 3.5
_SECOND = np.uint64(1_000_000_000)
_LATEST = np.uint64(LATEST_NS)
_WORD = np.uint64(32)
_LOW_WORD = np.uint64(0xFFFF_FFFF)

DESCRIPTION = np.dtype(
    [
        ("interface", np.int64),  # provisional number, -1 beyond the bound of interfaces
        ("link_type", np.int64),
        ("snap_length", np.int64),
        ("offset_ns", np.int64),  # added to each time
        ("multiplier", np.uint64),  # nanoseconds = units // divisor * multiplier for powers of 10
        ("divisor", np.uint64),
        ("shift", np.int64),  # units are 2^-shift seconds; -1 for powers of 10
    ],
    align=True,
)
"""The interfaces of the current section, as blocks describe them."""
COMMENT = np.dtype([("row", np.int64), ("offset", np.int64), ("bytes", np.int64)])
"""Where the first comment of a frame stands in the buffer."""


@kernel
def walk_blocks(  # noqa: C901, PLR0912, PLR0913, PLR0915, PLR0917 - one flat walk over the memory of a kernel
    buffer: Bytes, end: int, states: Rows, interfaces: Rows, comments: Rows, frames: Rows
) -> int:
    """Fill frames until the rows, the bytes or the kernel's own knowledge end; return how many."""
    state: Row = states[0]
    position = state.position
    rows = 0
    state.stop = Stop.NEED
    state.comments = 0
    while rows < frames.shape[0]:
        if end - position < BLOCK_FRAME_BYTES:
            state.needed = BLOCK_FRAME_BYTES
            break
        kind = u32(buffer, position, state.big_endian)
        if kind == SECTION_HEADER:
            if u32(buffer, position + 8, 1) == BYTE_ORDER_MAGIC:
                state.big_endian = 1
            elif u32(buffer, position + 8, 0) == BYTE_ORDER_MAGIC:
                state.big_endian = 0
            else:
                state.stop = Stop.BYTE_ORDER
                break
        big_endian = state.big_endian
        length = u32(buffer, position + 4, big_endian)
        state.needed = length
        least = _least_length(kind)
        known = least > BLOCK_FRAME_BYTES
        if length < least or length & 3:
            state.stop = Stop.LENGTH
            break
        if known and length > MAX_RECORD_BYTES:
            state.stop = Stop.CLAIM
            break
        if end - position < length:
            state.stop = Stop.NEED if known else Stop.SKIP
            break
        if u32(buffer, position + length - 4, big_endian) != length:
            state.stop = Stop.TRAILER
            break
        if kind == SECTION_HEADER:
            state.stop = Stop.SECTION
            break
        if kind == INTERFACE_DESCRIPTION:
            state.stop = Stop.INTERFACE
            break
        if kind == INTERFACE_STATISTICS:
            state.stop = Stop.STATISTICS
            break
        if not known:
            state.skipped_blocks += 1
            position += length
            continue
        if kind == SIMPLE_PACKET:
            index: Number = np.int64(0)
            data = _SIMPLE_DATA
            room = length - data - 4
            wire = u32(buffer, position + 8, big_endian)
            captured = min(wire, room)
        else:
            index = (
                u32(buffer, position + 8, big_endian)
                if kind == ENHANCED_PACKET
                else u16(buffer, position + 8, big_endian)
            )
            data = _PACKET_DATA
            room = length - data - 4
            wire = u32(buffer, position + 24, big_endian)
            captured = u32(buffer, position + 20, big_endian)
        if captured > room:
            state.stop = Stop.CLAIM
            state.needed = captured
            break
        state.number += 1
        if index >= interfaces.shape[0] or interfaces["interface"][index] < 0:
            state.unknown_interfaces += 1
            position += length
            continue
        interface: Row = interfaces[index]
        if kind == SIMPLE_PACKET:
            if interface.snap_length > 0:
                captured = min(captured, interface.snap_length)
        else:
            high: Number = np.uint64(u32(buffer, position + 12, big_endian))
            low: Number = np.uint64(u32(buffer, position + 16, big_endian))
            ts_ns = _time_ns(high << _WORD | low, interface)
            if ts_ns >= 0:
                state.last_ns = ts_ns
            else:
                state.impossible_times += 1
            options = position + data + (captured + 3 & ~3)
            _find_comment(buffer, options, position + length - 4, big_endian, state, comments, rows)
        frame: Row = frames[rows]
        frame.offset = position + data
        frame.captured = captured
        frame.wire = wire
        frame.ts_ns = state.last_ns
        frame.number = state.number
        frame.interface = interface.interface
        frame.link_type = interface.link_type
        state.newest_ns = max(state.newest_ns, state.last_ns)
        position += length
        rows += 1
    state.position = position
    return rows


@part
def _least_length(kind: int) -> int:
    """Return the least length of a block; blocks that do not matter have nothing between their ends."""
    if kind in (ENHANCED_PACKET, OBSOLETE_PACKET):
        return 32
    if kind == SIMPLE_PACKET:
        return 16
    if kind == SECTION_HEADER:
        return 28
    if kind == INTERFACE_DESCRIPTION:
        return 20
    if kind == INTERFACE_STATISTICS:
        return 24
    return BLOCK_FRAME_BYTES


@part
def _time_ns(units: Number, interface: Row) -> Number:
    """Return the event time, -1 when it lies before the epoch or after LATEST_NS: some writers extend a sign."""
    if interface.shift >= 0:
        ns = _binary_ns(units, np.uint64(interface.shift))
    else:
        ns = units // interface.divisor
        if interface.multiplier > 1 and ns > _LATEST // interface.multiplier:
            ns = _LATEST
        else:
            ns *= interface.multiplier
    if ns >= _LATEST:
        return -1
    ts_ns = np.int64(ns) + interface.offset_ns
    return ts_ns if 0 <= ts_ns < LATEST_NS else -1


@part
def _binary_ns(units: Number, shift: Number) -> Number:
    """Return nanoseconds of units of 2^-shift seconds, rounded down, in 64 bits."""
    zero = np.uint64(0)
    whole = units >> shift if shift < 64 else zero
    rest = units - (whole << shift) if shift < 64 else units
    if whole > _LATEST // _SECOND:
        return _LATEST
    if shift <= 32:
        fraction = rest * _SECOND >> shift
    else:
        # In two words: what is shifted out of the lower one cannot carry.
        upper = (rest >> _WORD) * _SECOND + ((rest & _LOW_WORD) * _SECOND >> _WORD)
        fraction = upper >> (shift - _WORD) if shift < 96 else zero
    return whole * _SECOND + fraction


@part
def _find_comment(  # noqa: PLR0913, PLR0917 - the memory of a kernel
    buffer: Bytes, option: int, end: int, big_endian: int, state: Row, comments: Rows, row: int
) -> None:
    """Note the first comment among the options of a block; options that overrun it end the search."""
    while end - option >= 4:
        code = u16(buffer, option, big_endian)
        size = u16(buffer, option + 2, big_endian)
        if code == 0 or end - option - 4 < size:
            break
        if code == _COMMENT:
            comment: Row = comments[state.comments]
            comment.row = row
            comment.offset = option + 4
            comment.bytes = size
            state.comments += 1
            break
        option += 4 + (size + 3 & ~3)
