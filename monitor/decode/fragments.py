"""Reassembly of IPv4 (RFC 791 section 3.2, RFC 815) and IPv6 (RFC 8200 section 4.5) fragments in a pool of fixed size.

Rule 1: where fragments overlap the first bytes stay (they are counted; RFC 5722 forbids them).
Rule 2: what is in the pool depends on the frames and their time only, never on how they were split into batches: as
many datagrams may be incomplete as CAPACITY says, and complete ones, which their reader still holds, do not count.
"""

import numpy as np

from monitor.compiling import part
from monitor.decode._bytes import look_at, u8
from monitor.decode._kernel import Bytes, Row
from monitor.decode._walk import (
    EXTENSION,
    MAX_DEPTH,
    OUTCOME_FRAGMENT,
    OUTCOME_MALFORMED,
    TRANSPORT,
    key_id,
    shrink,
    stop,
)

CAPACITY = 64
"""Incomplete datagrams; one more evicts the oldest."""
MAX_HELD = 32
"""Complete datagrams after which the kernel lets its caller read them."""
SLOTS = CAPACITY + MAX_HELD + MAX_DEPTH
"""One frame may complete a datagram at every depth."""
SLOT_BYTES = 1 << 16
TIMEOUT_NS = 30_000_000_000
"""RFC 791 section 3.2 proposes 15 s, RFC 8200 section 4.5 asks for 60 s, Linux takes 30 s."""
MAX_DATAGRAM = 65535
UNIT = 8
"""Offsets count these."""
_WORDS = SLOT_BYTES // UNIT // 64
_UNKNOWN = -1
_IPV4_HEADER = 20

FREE = 0
FILLING = 1
HELD = 2

EVICTED = 0
TIMED_OUT = 1
OVERLAPPING = 2
REFUSED = 3

SLOT = np.dtype(
    [
        ("src_high", np.uint64),
        ("src_low", np.uint64),
        ("dst_high", np.uint64),
        ("dst_low", np.uint64),
        ("key_id", np.int64),
        ("identification", np.int64),
        ("protocol", np.int64),  # IPv4: of every fragment
        ("state", np.int64),
        ("serial", np.int64),  # order of arrival
        ("started_ns", np.int64),
        ("next_protocol", np.int64),  # of the fragment at offset 0
        ("total", np.int64),  # bytes of the whole payload, once the last fragment is here
        ("highest", np.int64),  # first unit after the highest fragment
        ("cut", np.int64),  # first byte that the capture cut off
        ("units", np.int64),  # present
        ("ip_bytes", np.int64),  # of all fragments, headers included
        ("present", np.uint64, (_WORDS,)),  # a bit per unit
    ],
    align=True,
)
FRAGMENTS = np.dtype(
    [("serial", np.int64), ("held", np.int64), ("filling", np.int64), ("counts", np.int64, (4,))], align=True
)


@part
def add(walk: Row, pool: Bytes, slots: Row, state: Row, clock_ns: int) -> None:
    """Put the fragment at the walk's position into the pool; the walk goes on there if it was the last one missing."""
    trimmed = _trim(walk, walk.fragment_more != 0)
    header = _IPV4_HEADER if walk.version == 4 else 0
    if walk.wire_end <= walk.position or header + _end(walk) > MAX_DATAGRAM:
        state.counts[REFUSED] += 1
        stop(walk, OUTCOME_MALFORMED)
        return
    index = _find(walk, slots, state, clock_ns)
    slot = slots[index]
    slot.ip_bytes += walk.ip_bytes
    if walk.fragment_offset == 0 and not slot.present[0] & np.uint64(1):
        slot.next_protocol = walk.protocol
    trimmed |= _agree(walk, slot)
    trimmed |= _store(walk, pool, index * SLOT_BYTES, slot)
    if trimmed:
        state.counts[OVERLAPPING] += 1
    stop(walk, OUTCOME_FRAGMENT)
    if slot.total != _UNKNOWN and slot.units == (slot.total + UNIT - 1) // UNIT:
        _complete(walk, slot, state, index * SLOT_BYTES)
        look_at(walk, pool)


@part
def release(slots: Row, state: Row) -> None:
    """Give back what the reader has read."""
    if state.held == 0:
        return
    for index in range(SLOTS):
        if slots[index].state == HELD:
            slots[index].state = FREE
    state.held = 0


@part
def _end(walk: Row) -> int:
    """Where the fragment ends in the datagram."""
    return walk.fragment_offset + walk.wire_end - walk.position  # type: ignore[no-any-return]  # a field


@part
def _trim(walk: Row, in_the_middle: bool) -> bool:  # noqa: FBT001 - it is what the function asks
    """Let a fragment in the middle of its datagram end on a unit, as Linux does; whether it did not."""
    excess = (walk.wire_end - walk.position) % UNIT
    if not in_the_middle or excess == 0:
        return False
    shrink(walk, walk.wire_end - excess)
    return True


@part
def _find(walk: Row, slots: Row, state: Row, clock_ns: int) -> int:
    """Return the slot of the datagram, a new one if need be."""
    found = -1
    free = -1
    oldest = -1
    for index in range(SLOTS):
        slot = slots[index]
        if slot.state == FILLING and clock_ns - slot.started_ns > TIMEOUT_NS:
            slot.state = FREE
            state.filling -= 1
            state.counts[TIMED_OUT] += 1
        if slot.state == FREE:
            free = index
        elif slot.state == FILLING:
            if _same(walk, slot):
                found = index
            if oldest < 0 or slot.serial < slots[oldest].serial:
                oldest = index
    if found >= 0:
        return found
    if state.filling >= CAPACITY:
        state.counts[EVICTED] += 1
        state.filling -= 1
        free = oldest
    _start(walk, slots[free], state, clock_ns)
    return free


@part
def _same(walk: Row, slot: Row) -> bool:
    """IPv6 does not ask for the protocol: it may differ, and only the first fragment's counts."""
    return bool(
        slot.identification == walk.fragment_id
        and slot.src_low == walk.src_low
        and slot.dst_low == walk.dst_low
        and slot.src_high == walk.src_high
        and slot.dst_high == walk.dst_high
        and slot.key_id == key_id(walk)
        and (walk.version == 6 or slot.protocol == walk.protocol)
    )


@part
def _start(walk: Row, slot: Row, state: Row, clock_ns: int) -> None:
    slot.identification = walk.fragment_id
    slot.src_high = walk.src_high
    slot.src_low = walk.src_low
    slot.dst_high = walk.dst_high
    slot.dst_low = walk.dst_low
    slot.key_id = key_id(walk)
    slot.protocol = walk.protocol
    slot.next_protocol = walk.protocol
    slot.state = FILLING
    slot.serial = state.serial
    slot.started_ns = clock_ns
    slot.total = _UNKNOWN
    slot.highest = 0
    slot.cut = MAX_DATAGRAM
    slot.units = 0
    slot.ip_bytes = 0
    for word in range(_WORDS):
        slot.present[word] = np.uint64(0)
    state.serial += 1
    state.filling += 1


@part
def _agree(walk: Row, slot: Row) -> bool:
    """Learn the length of the whole from the first last fragment, and let all end there; whether one did not."""
    if walk.fragment_more == 0 and slot.total == _UNKNOWN:
        slot.total = _end(walk)
        return _forget_beyond(slot)
    if slot.total == _UNKNOWN or _end(walk) == slot.total:
        return False
    if _end(walk) > slot.total:
        shrink(walk, walk.wire_end - (_end(walk) - slot.total))
        return True
    return _trim(
        walk, walk.fragment_more == 0
    )  # a second end, before the first: it leaves its last unit half empty


@part
def _forget_beyond(slot: Row) -> bool:
    """Drop the units after the end that came before it was known; whether there were any."""
    last = (slot.total + UNIT - 1) // UNIT
    dropped = False
    for unit in range(last, slot.highest):
        bit = np.uint64(1) << np.uint64(unit % 64)
        if slot.present[unit // 64] & bit:
            slot.present[unit // 64] &= ~bit
            slot.units -= 1
            dropped = True
    return dropped


@part
def _store(walk: Row, pool: Bytes, base: int, slot: Row) -> bool:
    """Copy the units that are not there yet; whether some were."""
    offset = walk.fragment_offset
    size = walk.wire_end - walk.position
    captured = walk.captured_end - walk.position
    if captured < size:
        slot.cut = min(slot.cut, offset + captured)
    slot.highest = max(slot.highest, (offset + size + UNIT - 1) // UNIT)
    overlapped = False
    for start in range(0, size, UNIT):
        unit = (offset + start) // UNIT
        bit = np.uint64(1) << np.uint64(unit % 64)
        if slot.present[unit // 64] & bit:
            overlapped = True
            continue
        slot.present[unit // 64] |= bit
        slot.units += 1
        for at in range(start, min(start + UNIT, captured)):
            pool[base + offset + at] = u8(walk, walk.position + at)
    return overlapped


@part
def _complete(walk: Row, slot: Row, state: Row, base: int) -> None:
    """Let the walk go on behind the IP header of the whole datagram."""
    slot.state = HELD
    state.filling -= 1
    state.held += 1
    walk.pooled = 1
    walk.position = base
    walk.wire_end = base + slot.total
    walk.captured_end = base + min(slot.total, slot.cut)
    walk.unlimited = 0
    walk.ip_bytes = slot.ip_bytes
    walk.protocol = slot.next_protocol
    if slot.cut < slot.total:
        walk.snapped = 1
    walk.layer = EXTENSION if walk.version == 6 else TRANSPORT
