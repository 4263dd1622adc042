"""The flow table as numba kernels: look-up, counting, endings by silence in exact order, and which payload goes up.

Rule 1: no kernel knows a protocol above TCP. Rule 2: what is due at or before a packet's time happens before the
packet touches anything. Rule 3: every kernel can stop at a packet and go on there (the event columns are bounded).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.compiling import kernel, part
from monitor.flow._layout import (
    ACTIVE,
    CLASSES,
    ENDED,
    EVICTED,
    HUNGRY,
    LEFT_OPEN,
    NOBODY,
    PAYLOAD,
    RECENT,
    REUSED,
    SATED,
    STARTED,
    TIMED_OUT,
    TimeoutClass,
)

MAX_PROBES = 256
"""Slots looked at for one flow; beyond, the flow found there makes room, so chosen collisions cost bounded time."""
MAX_UNREAD = 16
"""Payload events of a direction that may wait for a decision; then Python reads them before the kernel goes on."""
FAR_FUTURE = np.int64(2**62)
_FIN, _SYN, _RST, _ACK = 0x01, 0x02, 0x04, 0x10
_TCP, _UDP = 6, 17
_WELL_KNOWN = 1024
_PACKET = 0  # Outcome.PACKET
_OPENING, _ESTABLISHED, _CLOSED = (
    int(TimeoutClass.OPENING),
    int(TimeoutClass.ESTABLISHED),
    int(TimeoutClass.CLOSED),
)
_UDP_CLASS, _OTHER = int(TimeoutClass.UDP), int(TimeoutClass.OTHER)
MASK32 = 0xFFFFFFFF
_V4_CLASS, _V4_MULTICAST = 0xF0000000, 0xE0000000
_INSIDE, _ATTEMPT = 1, 2
"""Why a flow is silent: nobody's business, or a connection from outside that the site has not answered yet."""
_TELLING_PORTS = (53, 67, 68, 546, 547)
"""DNS and DHCP inside the site name devices and what they look for."""

Rows = Any
"""A structured array; its rows have named fields to numba."""
Slots = NDArray[np.int64]
Record = Any
"""One row of a structured array, its fields by name; numba sees the dtype, a type checker does not."""

Number = Any
"""An int64, uint64 or bool that numba infers; to a type checker numpy's scalars only get in the way."""


@part
def _mix(value: Record) -> Record:
    value = (value ^ (value >> np.uint64(32))) * np.uint64(0x9E3779B97F4A7C15)
    return value ^ (value >> np.uint64(29))


@part
def hash_of(packet: Record, seed: Number) -> Record:
    """Return a keyed hash that is the same for both directions."""
    ports = np.uint64(packet.src_port) * np.uint64(packet.dst_port) + (
        np.uint64(packet.src_port + packet.dst_port) << np.uint64(32)
    )
    one = _mix(_mix(packet.src_low ^ seed) + (packet.src_high ^ (seed << np.uint64(1))))
    two = _mix(_mix(packet.dst_low ^ seed) + (packet.dst_high ^ (seed << np.uint64(1))))
    both = _mix((one + two) ^ ports)
    return _mix(both + np.uint64(packet.protocol) + (np.uint64(packet.key_id) << np.uint64(8)) + seed)


@part
def _source_is_low(packet: Record) -> Number:
    if packet.src_high != packet.dst_high:
        return packet.src_high < packet.dst_high
    if packet.src_low != packet.dst_low:
        return packet.src_low < packet.dst_low
    return packet.src_port <= packet.dst_port


@part
def _same_key(flow: Record, packet: Record, source_is_low: Number) -> Number:
    if flow.protocol != packet.protocol or flow.key_id != packet.key_id:
        return False
    if source_is_low:
        return (
            flow.low_low == packet.src_low
            and flow.high_low == packet.dst_low
            and flow.low_port == packet.src_port
            and flow.high_port == packet.dst_port
            and flow.low_high == packet.src_high
            and flow.high_high == packet.dst_high
        )
    return (
        flow.low_low == packet.dst_low
        and flow.high_low == packet.src_low
        and flow.low_port == packet.dst_port
        and flow.high_port == packet.src_port
        and flow.low_high == packet.dst_high
        and flow.high_high == packet.src_high
    )


@part
def _unlink(flows: Rows, state: Record, row: Number) -> None:
    flow = flows[row]
    before, after, kind = np.int64(flow.previous), np.int64(flow.next), np.int64(flow.timeout_class)
    if before == NOBODY:
        state.head[kind] = after
    else:
        flows[before].next = after
    if after == NOBODY:
        state.tail[kind] = before
    else:
        flows[after].previous = before


@part
def append(flows: Rows, state: Record, limits: Record, row: Number, kind: Number) -> None:
    """Put a flow at the end of a list and keep the earliest due."""
    flow = flows[row]
    last = state.tail[kind]
    flow.timeout_class = kind
    flow.previous = last
    flow.next = NOBODY
    if last == NOBODY:
        state.head[kind] = row
    else:
        flows[last].next = row
    state.tail[kind] = row
    due = flow.touched_ns + limits.timeout_ns[kind]
    state.next_due_ns = min(state.next_due_ns, due)


@part
def _forget(flows: Rows, slots: Slots, state: Record, row: Number) -> None:
    """Take a flow out of the slots (backward shift, so no tombstones) and give its row back."""
    mask = np.int64(slots.shape[0] - 1)
    at = np.int64(flows[row].tag) & mask
    while (slots[at] & MASK32) != row + 1:
        at = (at + 1) & mask
    hole = at
    while True:
        at = (at + 1) & mask
        slot = slots[at]
        if slot == 0:
            break
        home = (slot >> 32) & MASK32 & mask
        if ((at - home) & mask) >= ((at - hole) & mask):
            slots[hole] = slot
            hole = at
    slots[hole] = 0
    _unlink(flows, state, row)
    flows[row].next = state.free
    flows[row].id = NOBODY
    state.free = row
    state.flows -= 1


@part
def _is_group(high: Number, low: Number) -> Number:
    """Whether an address is multicast or the limited broadcast (RFC 5771, RFC 919, RFC 4291 section 2.7)."""
    if high == 0 and low >> np.uint64(32) == 0xFFFF:
        return low & np.uint64(_V4_CLASS) == _V4_MULTICAST or low & np.uint64(MASK32) == MASK32
    return high >> np.uint64(56) == 0xFF


@part
def _is_home(high: Number, low: Number, home: Rows) -> Number:
    for i in range(home.shape[0]):
        network = home[i]
        if high & network.high_mask == network.high and low & network.low_mask == network.low:
            return True
    return False


@part
def _is_internal(packet: Record, home: Rows) -> Number:
    """Whether both ends belong to the site; a group that is spoken to is a part of it."""
    return _is_home(packet.src_high, packet.src_low, home) and (
        _is_group(packet.dst_high, packet.dst_low) or _is_home(packet.dst_high, packet.dst_low, home)
    )


@part
def _names_devices(packet: Record) -> Number:
    found = False
    for port in _TELLING_PORTS:
        if packet.src_port == port or packet.dst_port == port:  # noqa: PLR1714 - numba has no such set
            found = True
    return found


@part
def _is_attempt(packet: Record, home: Rows) -> Number:
    """Whether a packet only asks a device of the site for a connection: a flood or a scan brings nothing else."""
    if packet.protocol != _TCP or packet.payload_wire > 0 or home.shape[0] == 0:
        return False
    if packet.tcp_flags & (_SYN | _ACK | _RST | _FIN) != _SYN:
        return False
    return not _is_home(packet.src_high, packet.src_low, home) and _is_home(
        packet.dst_high, packet.dst_low, home
    )


@part
def _takes_up(packet: Record, side: Number) -> Number:
    """Whether a packet makes more of an attempt: an answer that is no refusal, or payload, or what follows an answer."""
    if packet.payload_wire > 0:
        return True
    if packet.tcp_flags & _RST:
        return False
    return side == 1 or packet.tcp_flags & _ACK != 0


@part
def _tell_started(
    flow: Record,
    state: Record,
    events: Rows,
    snapshots: Rows,
    packet: Record,
    row: Number,
    side: Number,
    ordinal: Number,
) -> None:
    _tell(snapshots[state.snapshots], flow)
    event = events[state.events]
    event.kind = STARTED
    event.direction = side
    event.id = flow.id
    event.ts_ns = packet.ts_ns
    event.ordinal = ordinal
    event.number = packet.number
    event.place = state.snapshots
    event.captured = row
    event.wire = 0
    state.snapshots += 1
    state.events += 1


@part
def _tell(told: Record, flow: Record) -> None:
    told.id = flow.id
    told.start_ns = flow.start_ns
    told.end_ns = flow.end_ns
    told.last_ordinal = flow.last_ordinal
    told.low_high = np.int64(flow.low_high)
    told.low_low = np.int64(flow.low_low)
    told.high_high = np.int64(flow.high_high)
    told.high_low = np.int64(flow.high_low)
    told.low_port = flow.low_port
    told.high_port = flow.high_port
    told.high_is_originator = flow.high_is_originator
    told.protocol = flow.protocol
    told.tunnel = flow.tunnel
    told.tunnel_id = flow.tunnel_id
    told.vlan = flow.vlan
    told.interface = flow.interface
    told.orig_mac = flow.orig_mac
    told.resp_mac = flow.resp_mac
    told.orig_packets = flow.packets[0]
    told.resp_packets = flow.packets[1]
    told.orig_bytes = flow.bytes[0]
    told.resp_bytes = flow.bytes[1]
    told.orig_flags = flow.flags[0]
    told.resp_flags = flow.flags[1]
    told.duplicates = flow.duplicates
    told.first_reset = flow.first_reset
    told.timeout_class = flow.timeout_class
    told.told_orig_bytes = flow.told[0]
    told.told_resp_bytes = flow.told[1]
    told.orig_absorbed = flow.expected[0] if flow.absorb[0] else 0
    told.resp_absorbed = flow.expected[1] if flow.absorb[1] else 0
    told.internal = flow.internal


@part
def _end(
    flows: Rows,
    slots: Slots,
    state: Record,
    events: Rows,
    snapshots: Rows,
    row: Number,
    ts_ns: Number,
    ordinal: Number,
    why: Number,
) -> None:
    """Report a flow's end with a copy of its row, and forget it."""
    if flows[row].silent:
        state.attempts += flows[row].silent == _ATTEMPT
        _forget(flows, slots, state, row)
        return
    _tell(snapshots[state.snapshots], flows[row])
    event = events[state.events]
    event.kind = ENDED
    event.direction = 0
    event.id = flows[row].id
    event.ts_ns = ts_ns
    event.ordinal = ordinal
    event.number = 0
    event.place = state.snapshots
    event.captured = row
    event.wire = why
    state.snapshots += 1
    state.events += 1
    _forget(flows, slots, state, row)


@part
def _tell_active(
    flow: Record,
    state: Record,
    limits: Record,
    events: Rows,
    snapshots: Rows,
    packet: Record,
    side: Number,
    ordinal: Number,
) -> None:
    """Report what a flow amounts to that has not been told of for long."""
    _tell(snapshots[state.snapshots], flow)
    flow.tell_ns = state.clock_ns + limits.active_ns
    flow.told[0], flow.told[1] = flow.bytes[0], flow.bytes[1]
    event = events[state.events]
    event.kind = ACTIVE
    event.direction = side
    event.id = flow.id
    event.ts_ns = packet.ts_ns
    event.ordinal = ordinal
    event.number = packet.number
    event.place = state.snapshots
    state.snapshots += 1
    state.events += 1


@part
def _next_due(flows: Rows, state: Record, limits: Record) -> Number:
    """Return the row that is due first (ties: used earlier) and note its time."""
    best, best_due, best_ordinal = np.int64(NOBODY), FAR_FUTURE, FAR_FUTURE
    for kind in range(CLASSES):
        row = state.head[kind]
        if row == NOBODY:
            continue
        due = flows[row].touched_ns + limits.timeout_ns[kind]
        if due < best_due or (due == best_due and flows[row].last_ordinal < best_ordinal):
            best, best_due, best_ordinal = row, due, flows[row].last_ordinal
    state.next_due_ns = best_due
    return best


@part
def _longest_silent(flows: Rows, state: Record) -> Number:
    best, best_ns, best_ordinal = np.int64(NOBODY), FAR_FUTURE, FAR_FUTURE
    for kind in range(CLASSES):
        row = state.head[kind]
        if row == NOBODY:
            continue
        ns, ordinal = flows[row].touched_ns, flows[row].last_ordinal
        if ns < best_ns or (ns == best_ns and ordinal < best_ordinal):
            best, best_ns, best_ordinal = row, ns, ordinal
    return best


@part
def _room(state: Record, events: Rows, snapshots: Rows) -> Number:
    """Whether the worst packet (evict, end and start, active, payload) still fits."""
    return state.events + 6 <= events.shape[0] and state.snapshots + 5 <= snapshots.shape[0]


@kernel
def advance(
    flows: Rows,
    slots: Slots,
    state: Record,
    limits: Record,
    events: Rows,
    snapshots: Rows,
    clock_ns: Number,
    ordinal: Number,
) -> Number:
    """End what is due at or before the clock, in order of due time; False when the event columns are full."""
    state.clock_ns = max(state.clock_ns, clock_ns)
    while state.clock_ns >= state.next_due_ns:
        row = _next_due(flows, state, limits)
        if row == NOBODY or state.next_due_ns > state.clock_ns:
            break
        if not _room(state, events, snapshots):
            return False
        _end(flows, slots, state, events, snapshots, row, state.next_due_ns, ordinal, TIMED_OUT)
    return True


@kernel
def drain(flows: Rows, slots: Slots, state: Record, events: Rows, snapshots: Rows, ordinal: Number) -> Number:
    """End every flow, the longest silent first; False when the event columns are full."""
    while state.flows > 0:
        if not _room(state, events, snapshots):
            return False
        row = _longest_silent(flows, state)
        _end(flows, slots, state, events, snapshots, row, flows[row].end_ns, ordinal, LEFT_OPEN)
    return True


@part
def _insert(
    flows: Rows,
    slots: Slots,
    state: Record,
    limits: Record,
    events: Rows,
    snapshots: Rows,
    packet: Record,
    tag: Number,
    source_is_low: Number,
    ordinal: Number,
    home: Rows,
) -> Number:
    """Start a flow; returns its row."""
    if state.free == NOBODY and state.fresh == flows.shape[0]:
        victim = _longest_silent(flows, state)
        _end(flows, slots, state, events, snapshots, victim, packet.ts_ns, ordinal, EVICTED)
        state.evicted += 1
    mask = np.int64(slots.shape[0] - 1)
    at = np.int64(tag) & mask
    probes = 0
    while slots[at] != 0:
        probes += 1
        if probes == MAX_PROBES:
            _end(
                flows,
                slots,
                state,
                events,
                snapshots,
                (slots[at] & MASK32) - 1,
                packet.ts_ns,
                ordinal,
                EVICTED,
            )
            state.crowded += 1
            at = np.int64(tag) & mask
            probes = 0
            continue
        at = (at + 1) & mask
    row = state.free
    if row == NOBODY:
        row = state.fresh
        state.fresh += 1
    else:
        state.free = np.int64(flows[row].next)
    flow = flows[row]
    slots[at] = (np.int64(tag) << 32) | (row + 1)
    if source_is_low:
        flow.low_high, flow.low_low, flow.low_port = packet.src_high, packet.src_low, packet.src_port
        flow.high_high, flow.high_low, flow.high_port = packet.dst_high, packet.dst_low, packet.dst_port
    else:
        flow.low_high, flow.low_low, flow.low_port = packet.dst_high, packet.dst_low, packet.dst_port
        flow.high_high, flow.high_low, flow.high_port = packet.src_high, packet.src_low, packet.src_port
    # Who began is who sent the first packet, unless that packet can only be an answer: a SYN-ACK, or one that comes
    # midstream from a well-known port (Zeek's likely_server_ports does the same for one-way mirrors).
    answer = packet.src_port < _WELL_KNOWN <= packet.dst_port
    if packet.protocol == _TCP:
        if packet.tcp_flags & _SYN:
            answer = packet.tcp_flags & _ACK != 0
    elif packet.protocol != _UDP:
        answer = False
    if (
        packet.src_port == packet.dst_port
        and packet.src_low == packet.dst_low
        and packet.src_high == packet.dst_high
    ):
        answer = False  # sent to itself
    flow.high_is_originator = np.uint8(source_is_low == answer)
    flow.protocol = packet.protocol
    flow.key_id = packet.key_id
    flow.tag = tag
    flow.id = ordinal
    flow.run = state.run
    flow.start_ns = packet.ts_ns
    flow.end_ns = packet.ts_ns
    flow.touched_ns = state.clock_ns
    flow.last_ordinal = ordinal
    flow.tunnel = packet.tunnel
    flow.tunnel_id = packet.tunnel_id
    flow.vlan = packet.vlan
    flow.interface = packet.interface
    flow.orig_mac = packet.dst_mac if answer else packet.src_mac
    flow.resp_mac = packet.src_mac if answer else packet.dst_mac
    flow.syn_sequence = NOBODY
    flow.duplicates = 0
    flow.first_reset = 0
    flow.spoke = 0
    flow.internal = _is_internal(packet, home)
    flow.silent = 0
    if flow.internal:
        flow.silent = 0 if _names_devices(packet) else _INSIDE
    elif _is_attempt(packet, home):
        flow.silent = _ATTEMPT
    flow.tell_ns = FAR_FUTURE if flow.internal or flow.silent else state.clock_ns + limits.active_ns
    for side in range(2):
        flow.packets[side] = 0
        flow.bytes[side] = 0
        flow.told[side] = 0
        flow.base[side] = NOBODY
        flow.reached[side] = 0
        flow.expected[side] = 0
        flow.absorb[side] = 0
        flow.seen_ns[side] = 0
        flow.flags[side] = 0
        flow.hungry[side] = SATED if flow.silent == _INSIDE else HUNGRY
        flow.unread[side] = 0
        flow.recent_at[side] = 0
    for i in range(2 * RECENT):
        flow.recent[i] = 0
    kind = _OPENING if packet.protocol == _TCP else _UDP_CLASS if packet.protocol == _UDP else _OTHER
    append(flows, state, limits, row, kind)
    state.flows += 1
    state.started += 1
    if flow.silent:
        state.silent += flow.silent == _INSIDE
        return row
    _tell_started(flow, state, events, snapshots, packet, row, np.int64(answer), ordinal)
    return row


@part
def _find(flows: Rows, slots: Slots, packet: Record, tag: Number, source_is_low: Number) -> Number:
    mask = np.int64(slots.shape[0] - 1)
    at = np.int64(tag) & mask
    for _ in range(MAX_PROBES + 1):
        slot = slots[at]
        if slot == 0:
            return np.int64(NOBODY)
        if (slot >> 32) & MASK32 == np.int64(tag):
            row = (slot & MASK32) - 1
            if _same_key(flows[row], packet, source_is_low):
                return row
        at = (at + 1) & mask
    return np.int64(NOBODY)


@part
def _delivered_twice(flow: Record, packet: Record, side: Number, window_ns: Number) -> Number:
    """Whether the mirror port delivered this very packet a moment ago; remembers it if not."""
    mark = np.uint32((packet.fingerprint ^ (packet.fingerprint >> 32)) & MASK32)
    if packet.fingerprint == 0:
        return False
    if abs(packet.ts_ns - flow.seen_ns[side]) <= window_ns:
        for i in range(RECENT):
            if flow.recent[side * RECENT + i] == mark:
                return True
    flow.recent[side * RECENT + flow.recent_at[side]] = mark
    flow.recent_at[side] = (flow.recent_at[side] + 1) % RECENT
    return False


@part
def _starts_anew(flow: Record, packet: Record) -> Number:
    """Whether a pure SYN opens another connection on the same 5-tuple."""
    if packet.tcp_flags & (_SYN | _ACK) != _SYN:
        return False
    if (flow.flags[0] | flow.flags[1]) & (_FIN | _RST):
        return True
    established = flow.flags[1] & _SYN != 0 or (flow.flags[0] & _ACK != 0 and flow.flags[1] & _ACK != 0)
    return established and flow.syn_sequence != packet.sequence


@part
def _stream_position(flow: Record, packet: Record, side: Number) -> Number:
    """Return where this segment's payload stands in its stream, counted without wrapping.

    Position 0 is the byte after the SYN, or the first payload seen midstream.
    """
    syn = 1 if packet.tcp_flags & _SYN else 0
    if flow.base[side] == NOBODY:
        flow.base[side] = (packet.sequence + syn) & MASK32
    near = (flow.base[side] + flow.reached[side]) & MASK32
    step = (packet.sequence + syn - near) & MASK32
    if step >= 0x80000000:
        step -= 0x100000000
    position = flow.reached[side] + step
    flow.reached[side] = max(flow.reached[side], position + packet.payload_wire)
    return position


@part
def _absorbs(flow: Record, packet: Record, side: Number, position: Number) -> Number:
    """Whether a segment is just what comes next of payload that is nobody's."""
    end = position + packet.payload_wire
    if position != flow.expected[side] or packet.payload_captured != packet.payload_wire:
        return False
    if end >= flow.absorb[side]:
        return False
    flow.expected[side] = end
    return True


@part
def _timeout_class(flow: Record, old: Number) -> Number:
    both = flow.flags[0] & flow.flags[1]
    if (flow.flags[0] | flow.flags[1]) & _RST or both & _FIN:
        return _CLOSED
    if both & _ACK or both & _SYN:
        return _ESTABLISHED
    # Half of a mirror is missing: data one way is as established as it gets.
    if old == _OPENING and flow.spoke:
        return _ESTABLISHED
    return old


@kernel
def run(
    packets: Rows,
    start: Number,
    first_ordinal: Number,
    flows: Rows,
    slots: Slots,
    state: Record,
    limits: Record,
    events: Rows,
    snapshots: Rows,
    home: Rows,
) -> Number:
    """Take packets[start:] into the table; returns the first that was not taken.

    It stops when the event columns are full, or when a bulk transfer would run ahead of whoever may not want it.
    """
    state.run += 1
    for i in range(start, packets.shape[0]):
        packet = packets[i]
        ordinal = first_ordinal + i
        if packet.ts_ns > state.clock_ns:
            state.clock_ns = packet.ts_ns
            if packet.ts_ns >= state.next_due_ns and not advance(
                flows, slots, state, limits, events, snapshots, packet.ts_ns, ordinal
            ):
                return i
        elif state.clock_ns >= state.next_due_ns and not advance(
            flows, slots, state, limits, events, snapshots, state.clock_ns, ordinal
        ):
            return i
        if packet.outcome != _PACKET:
            continue
        hashed = hash_of(packet, limits.seed)
        if limits.workers > 1 and np.int64(hashed >> np.uint64(33)) % limits.workers != limits.worker:
            continue
        if not _room(state, events, snapshots):
            return i
        tag = np.uint32(hashed & np.uint64(MASK32))
        source_is_low = _source_is_low(packet)
        row = _find(flows, slots, packet, tag, source_is_low)
        if row != NOBODY and packet.protocol == _TCP and _starts_anew(flows[row], packet):
            side = np.int64(source_is_low == (flows[row].high_is_originator == 1))
            if not _delivered_twice(flows[row], packet, side, limits.duplicate_window_ns):
                _end(flows, slots, state, events, snapshots, row, packet.ts_ns, ordinal, REUSED)
                row = np.int64(NOBODY)
        if row == NOBODY:
            row = _insert(
                flows, slots, state, limits, events, snapshots, packet, tag, source_is_low, ordinal, home
            )
        flow = flows[row]
        side = np.int64(source_is_low == (flow.high_is_originator == 1))
        if packet.payload_wire > 0 and flow.hungry[side] == HUNGRY and flow.absorb[side] == 0:
            if flow.run != state.run:
                flow.run = state.run
                flow.unread[0] = flow.unread[1] = 0
            if flow.unread[side] == MAX_UNREAD:
                return i
            flow.unread[side] += 1
        state.packets += 1
        if _delivered_twice(flow, packet, side, limits.duplicate_window_ns):
            flow.duplicates += 1
            state.duplicates += 1
            continue
        if flow.silent == _ATTEMPT and _takes_up(packet, side):
            flow.silent = 0
            flow.tell_ns = state.clock_ns + limits.active_ns
            _tell_started(flow, state, events, snapshots, packet, row, side, ordinal)
        flow.seen_ns[side] = packet.ts_ns
        flow.packets[side] += 1
        flow.bytes[side] += packet.ip_bytes
        flow.end_ns = max(flow.end_ns, packet.ts_ns)
        flow.last_ordinal = ordinal
        flow.touched_ns = state.clock_ns
        kind = np.int64(flow.timeout_class)
        position = np.int64(0)
        if packet.protocol == _TCP:
            flags = packet.tcp_flags
            flow.flags[side] |= flags
            if flags & _RST and flow.first_reset == 0:
                flow.first_reset = side + 1
            if flags & (_SYN | _ACK) == _SYN and flow.syn_sequence == NOBODY:
                flow.syn_sequence = packet.sequence
            if packet.payload_wire > 0 or (flags & _SYN and flow.base[side] == NOBODY):
                position = _stream_position(flow, packet, side)
            if packet.payload_wire > 0:
                flow.spoke = 1
            kind = _timeout_class(flow, kind)
        if kind != flow.timeout_class or state.tail[kind] != row:
            _unlink(flows, state, row)
            append(flows, state, limits, row, kind)
        if state.clock_ns >= flow.tell_ns:
            _tell_active(flow, state, limits, events, snapshots, packet, side, ordinal)
        if packet.payload_wire > 0 and flow.hungry[side]:
            absorbed = np.int64(0)
            if flow.absorb[side]:
                if _absorbs(flow, packet, side, position):
                    continue
                # Whoever reads the stream is told how far it has come, and says when to go on without.
                absorbed = flow.expected[side]
                flow.absorb[side] = 0
            event = events[state.events]
            event.kind = PAYLOAD
            event.direction = side
            event.id = flow.id
            event.ts_ns = packet.ts_ns
            event.ordinal = ordinal
            event.number = packet.number
            event.place = packet.payload_offset
            event.captured = packet.payload_captured
            event.wire = packet.payload_wire
            event.position = position
            event.absorbed = absorbed
            event.pooled = packet.pooled
            state.events += 1
    return packets.shape[0]
