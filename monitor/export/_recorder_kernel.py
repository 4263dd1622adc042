"""The recorder's columns as numba kernels: what was lately on the wire, by flow, and which of it is wanted at once.

A window is a ring of bytes and a ring of rows. Places and serials only grow; what they stand for is still there when
it is not further back than the ring is long; the number of rows is a power of two. Rows of one flow (or, for look-ups, of one asking address) hang together:
each knows the row before it in its bucket. Nothing is allocated per packet, and no flow can be made to collide with
another by choice: keys are hashed with a random seed.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import from_dtype, int64, types, uint8, uint32, uint64
from numba.core import cgutils
from numba.core.extending import intrinsic

from monitor.compiling import Kernel, part
from monitor.model.frame import FRAME
from monitor.model.packet import PACKET, Outcome, Tunnel

ROW = np.dtype(
    [
        ("place", np.int64),  # of the first byte
        ("ts_ns", np.int64),
        ("number", np.int64),
        ("key", np.uint64),  # of the flow
        ("before", np.int64),  # serial of the row before it in its bucket
        ("captured", np.int32),
        ("wire", np.int64),
        ("interface", np.int32),
        ("link_type", np.int32),
        ("written", np.int32),  # 1: it is in a file already
    ],
    align=True,
)
WINDOW = np.dtype(
    [
        ("place", np.int64),  # of the next byte
        ("at", np.int64),  # where that is in the ring
        ("serial", np.int64),  # of the next row
        ("oldest", np.int64),  # serial of the oldest row that may still be there
        ("too_large", np.int64),  # frames that are larger than a window should hold
    ]
)
MARK = np.dtype(
    [
        ("packets_left", np.int64),
        ("bytes_left", np.int64),
        ("last_ns", np.int64),  # newest packet, or when it was marked; 0 before any packet was seen
    ]
)
LIMITS = np.dtype(
    [
        ("seed", np.uint64),
        ("look_back_ns", np.int64),
        ("name_look_back_ns", np.int64),
        ("silence_ns", np.int64),  # a marked flow is forgotten after it
        ("flow_bytes", np.int64),  # of one flow in a window that is short of room
        ("packets_per_second", np.int64),
        ("clock_ns", np.int64),  # newest time seen
        ("second", np.int64),  # that ``second_left`` counts for
        ("second_left", np.int64),
        ("period_ns", np.int64),  # since when ``heavy`` counts
        ("over_flow", np.int64),  # wanted packets beyond their flow's limit
        ("over_second", np.int64),  # wanted packets beyond the limit of all
        ("passed_over", np.int64),  # packets of heavy flows that a window short of room did without
    ]
)
BUCKETS = 1 << 16
MARK_SLOTS = 1 << 15
MAX_PROBES = 64
MAX_STEPS = 1 << 15
"""Rows of a bucket that are looked at for one flow."""
MAX_NAME_STEPS = 1 << 12
"""Look-ups of a bucket that are searched for a name."""
LARGEST_SHARE = 8
"""A frame larger than this part of the ring is not kept."""
DNS_PORT = 53
NOBODY = -1
_PACKET, _FRAGMENT = int(Outcome.PACKET), int(Outcome.FRAGMENT)
_VXLAN, _GENEVE, _NVGRE = int(Tunnel.VXLAN), int(Tunnel.GENEVE), int(Tunnel.NVGRE)
_SECOND_NS = 1_000_000_000

Row = Any
"""A row of a structured array; numba knows its fields, mypy does not."""
Rows = Any
Number = Any


def _kernel(signature: Any) -> Callable[[Callable[..., Any]], Kernel]:
    """Make a kernel of a function; it is compiled when the recorder first needs it."""
    return lambda function: Kernel(function, signature)


@part
def _mix(value: Number) -> Number:
    value = (value ^ (value >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    return value ^ (value >> np.uint64(32))


@part
def _address_key(high: Number, low: Number, seed: Number) -> Number:
    return _mix(_mix(low ^ seed) + high)


@part
def _flow_key(one: Number, one_port: Number, other: Number, other_port: Number, rest: Number) -> Number:
    """Return the same for both directions; ``one`` and ``other`` are keys of addresses."""
    first = _mix(one + np.uint64(one_port))
    second = _mix(other + np.uint64(other_port))
    return _mix((first + second) ^ _mix((first ^ second) + rest))


@part
def _rest(protocol: Number, vlan: Number, tunnel: Number, tunnel_id: Number) -> Number:
    """Return what else tells flows apart; other tunnels' ids may differ by direction."""
    is_network = tunnel == _VXLAN or tunnel == _GENEVE or tunnel == _NVGRE  # noqa: PLR1714 - numba makes a loop of a set
    network = np.uint64(tunnel_id) if is_network else np.uint64(0)
    return np.uint64(protocol) | np.uint64(vlan + 1) << np.uint64(8) | network << np.uint64(24)


_new_type: Any = types.UniTuple
_ENDS = _new_type(uint64, 2)


@_kernel(uint64(_ENDS, int64, _ENDS, int64, uint64, uint64))
def flow_key(  # noqa: PLR0913, PLR0917 - what a flow is
    one: Number, one_port: int, other: Number, other_port: int, rest: Number, seed: Number
) -> Number:
    """Return the key of a flow between two ends, each with its address as two words."""
    return _flow_key(
        _address_key(one[0], one[1], seed), one_port, _address_key(other[0], other[1], seed), other_port, rest
    )


@_kernel(uint64(_ENDS, uint64))
def address_key(words: Number, seed: Number) -> Number:
    """Return the key of an address."""
    return _address_key(words[0], words[1], seed)


@_kernel(uint64(int64, int64, int64, int64))
def rest(protocol: int, vlan: int, tunnel: int, tunnel_id: int) -> Number:
    """Return what tells flows apart besides their ends."""
    return _rest(protocol, vlan, tunnel, tunnel_id)


@part
def _mark_of(key: Number, keys: Rows, places: Rows) -> Number:
    """Return the mark that a key is entered with, NOBODY when there is none."""
    at = np.int64(key & np.uint64(MARK_SLOTS - 1))
    for _ in range(MAX_PROBES):
        if places[at] == NOBODY:
            return NOBODY
        if keys[at] == key:
            return np.int64(places[at])
        at = (at + 1) & (MARK_SLOTS - 1)
    return NOBODY


def _columns(dtype: "np.dtype[np.void]", *, readonly: bool = False) -> types.Array:
    return types.Array(from_dtype(dtype), 1, "C", readonly=readonly)


_NUMBERS = int64[::1]
_KEYS = uint64[::1]
_RING = uint8[::1]


@_kernel(types.boolean(uint64, int64, _KEYS, _NUMBERS))
def enter(key: Number, mark: int, keys: Rows, places: Rows) -> bool:
    """Enter a key with its mark; one that is there keeps the mark it has. False when its neighbourhood is full."""
    at = np.int64(key & np.uint64(MARK_SLOTS - 1))
    for _ in range(MAX_PROBES):
        if places[at] == NOBODY:
            keys[at] = key
            places[at] = mark
            return True
        if keys[at] == key:
            return True
        at = (at + 1) & (MARK_SLOTS - 1)
    return False


@part
def _is_wanted(mark: Row, frame: Row, limits: Row) -> bool:
    """Whether a packet of a marked flow is to be written now; takes it from what is left."""
    if mark.last_ns > 0 and limits.clock_ns - mark.last_ns > limits.silence_ns:
        return False
    mark.last_ns = limits.clock_ns
    if mark.packets_left <= 0 or mark.bytes_left < frame.captured:
        limits.over_flow += 1
        return False
    second = limits.clock_ns // _SECOND_NS
    if second != limits.second:
        limits.second = second
        limits.second_left = limits.packets_per_second
    if limits.second_left <= 0:
        limits.over_second += 1
        return False
    limits.second_left -= 1
    mark.packets_left -= 1
    mark.bytes_left -= frame.captured
    return True


def _type_copy(_context: Any, target: Any, at: Any, source: Any, start: Any, size: Any) -> Any:  # noqa: ARG001 - numba calls it by these names
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        target, at, source, start, size = args
        to = context.make_array(signature.args[0])(context, builder, target)
        of = context.make_array(signature.args[2])(context, builder, source)
        outside = builder.or_(_is_outside(builder, to, at, size), _is_outside(builder, of, start, size))
        tools: Any = cgutils
        with builder.if_then(outside, likely=False):
            context.call_conv.return_user_exc(builder, IndexError, ("outside of the frame",))
        tools.raw_memcpy(builder, builder.gep(to.data, [at]), builder.gep(of.data, [start]), size, 1)
        return context.get_dummy_value()

    return types.void(target, types.int64, source, types.int64, types.int64), codegen


def _is_outside(builder: Any, array: Any, at: Any, size: Any) -> Any:
    """Whether bytes reach over an end of their array; unsigned, so that a negative number is too large."""
    most = array.nitems
    too_large = builder.icmp_unsigned(">", size, most)
    return builder.or_(too_large, builder.icmp_unsigned(">", at, builder.sub(most, size)))


_copy: Any = intrinsic(_type_copy)
"""Copies bytes, checked against both arrays. A loop of checked bytes takes five times as long."""


@part
def _keep(  # noqa: PLR0913, PLR0917 - a window's memory
    buffer: Rows,
    frame: Row,
    key: Number,
    bucket: Number,
    ring: Rows,
    rows: Rows,
    heads: Rows,
    window: Row,
) -> None:
    size, room = np.int64(frame.captured), np.int64(ring.shape[0])
    if size > room // LARGEST_SHARE:
        window.too_large += 1
        return
    if window.at + size > room:
        window.place += room - window.at
        window.at = 0
    _copy(ring, window.at, buffer, frame.offset, size)
    row = rows[window.serial & (rows.shape[0] - 1)]
    row.place = window.place
    row.ts_ns = frame.ts_ns
    row.number = frame.number
    row.key = key
    row.before = heads[bucket]
    row.captured = size
    row.wire = frame.wire
    row.interface = frame.interface
    row.link_type = frame.link_type
    row.written = 0
    heads[bucket] = window.serial
    window.serial += 1
    window.place += size
    window.at += size


@part
def _is_there(row: Row, serial: Number, ring: Rows, rows: Rows, window: Row) -> Number:
    return serial >= window.serial - rows.shape[0] and row.place >= window.place - ring.shape[0]


@part
def _is_short(ring: Rows, rows: Rows, window: Row, limits: Row) -> bool:
    """Whether the window forgets packets before their time."""
    window.oldest = max(window.oldest, window.serial - rows.shape[0])
    while window.oldest < window.serial:
        row = rows[window.oldest & (rows.shape[0] - 1)]
        if row.place >= window.place - ring.shape[0]:
            break
        window.oldest += 1
    if window.oldest == 0:
        return False
    if window.oldest == window.serial:
        return True
    oldest = rows[window.oldest & (rows.shape[0] - 1)]
    return bool(limits.clock_ns - oldest.ts_ns < limits.look_back_ns)


_WINDOW = (_RING, _columns(ROW), _NUMBERS, _columns(WINDOW))
_SEE = int64(
    types.Array(uint8, 1, "C", readonly=True),
    _columns(FRAME, readonly=True),
    _columns(PACKET, readonly=True),
    *_WINDOW,
    *_WINDOW,
    uint32[::1],
    _KEYS,
    _NUMBERS,
    _columns(MARK),
    _columns(LIMITS),
    _NUMBERS,
    _NUMBERS,
)


@_kernel(_SEE)
def see(  # noqa: PLR0913, PLR0917 - the recorder's memory
    buffer: Rows,
    frames: Rows,
    packets: Rows,
    ring: Rows,
    rows: Rows,
    heads: Rows,
    windows: Rows,
    name_ring: Rows,
    name_rows: Rows,
    name_heads: Rows,
    name_windows: Rows,
    heavy: Rows,
    keys: Rows,
    places: Rows,
    marks: Rows,
    all_limits: Rows,
    chosen: Rows,
    chosen_marks: Rows,
) -> int:
    """Keep packets in the windows; return how many are wanted now, their places in ``chosen``."""
    window, name_window, limits = windows[0], name_windows[0], all_limits[0]
    seed = limits.seed
    wanted = 0
    is_short = _is_short(ring, rows, window, limits)
    for index in range(packets.shape[0]):
        packet, frame = packets[index], frames[index]
        limits.clock_ns = max(limits.clock_ns, frame.ts_ns)
        if packet.outcome != _PACKET and packet.outcome != _FRAGMENT:  # noqa: PLR1714 - as above
            continue
        source = _address_key(packet.src_high, packet.src_low, seed)
        target = _address_key(packet.dst_high, packet.dst_low, seed)
        key = _flow_key(
            source,
            packet.src_port,
            target,
            packet.dst_port,
            _rest(
                np.int64(packet.protocol), np.int64(packet.vlan), np.int64(packet.tunnel), packet.tunnel_id
            ),
        )
        mark = _mark_of(key, keys, places)
        if mark != NOBODY and _is_wanted(marks[mark], frame, limits):
            chosen[wanted] = index
            chosen_marks[wanted] = mark
            wanted += 1
            continue
        if packet.src_port == DNS_PORT or packet.dst_port == DNS_PORT:  # noqa: PLR1714 - as above
            client = source if packet.dst_port == DNS_PORT else target
            bucket = np.int64(client & np.uint64(BUCKETS - 1))
            _keep(buffer, frame, key, bucket, name_ring, name_rows, name_heads, name_window)
            continue
        bucket = np.int64(key & np.uint64(BUCKETS - 1))
        if limits.clock_ns - limits.period_ns > limits.look_back_ns:
            limits.period_ns = limits.clock_ns
            for place in range(BUCKETS):
                heavy[place] = 0
        if is_short and heavy[bucket] > limits.flow_bytes:
            limits.passed_over += 1
            continue
        heavy[bucket] = min(np.int64(heavy[bucket]) + frame.captured, np.int64(0x7FFF_FFFF))
        _keep(buffer, frame, key, bucket, ring, rows, heads, window)
    return wanted


@part
def _lower(octet: Number) -> Number:
    return octet + np.uint8(32) if np.uint8(65) <= octet <= np.uint8(90) else octet


@part
def _holds(ring: Rows, start: Number, end: Number, name: Rows) -> bool:
    """Whether bytes hold a name, whatever its case (RFC 4343 section 3)."""
    size = name.shape[0]
    for first in range(start, end - size + 1):
        at = 0
        while at < size and _lower(ring[first + at]) == name[at]:
            at += 1
        if at == size:
            return True
    return False


@_kernel(int64(*_WINDOW, int64, uint64, int64, int64, _NUMBERS))
def find_flow(  # noqa: PLR0913, PLR0917 - a window's memory, and what is looked for
    ring: Rows,
    rows: Rows,
    heads: Rows,
    windows: Rows,
    bucket: int,
    key: Number,
    oldest_ns: int,
    bytes_left: int,
    found: Rows,
) -> int:
    """Find rows of a flow that are in no file yet, newest first, as far as ``found`` and the bytes reach."""
    window = windows[0]
    count = 0
    serial = heads[bucket]
    for _ in range(MAX_STEPS):
        row = rows[serial & (rows.shape[0] - 1)]
        if serial < 0 or not _is_there(row, serial, ring, rows, window):
            break
        if row.key == key and row.written == 0 and row.ts_ns >= oldest_ns:
            bytes_left -= row.captured
            if count == found.shape[0] or bytes_left < 0:
                break
            found[count] = serial
            count += 1
        serial = row.before
    return count


@_kernel(int64(*_WINDOW, int64, types.Array(uint8, 1, "C", readonly=True), int64, _NUMBERS))
def find_name(  # noqa: PLR0913, PLR0917 - a window's memory, and what is looked for
    ring: Rows,
    rows: Rows,
    heads: Rows,
    windows: Rows,
    bucket: int,
    name: Rows,
    oldest_ns: int,
    found: Rows,
) -> int:
    """Find rows of a bucket that are in no file yet and hold a name in wire form, newest first."""
    window = windows[0]
    count = 0
    serial = heads[bucket]
    for _ in range(MAX_NAME_STEPS):
        row = rows[serial & (rows.shape[0] - 1)]
        if serial < 0 or not _is_there(row, serial, ring, rows, window) or count == found.shape[0]:
            break
        start = row.place % ring.shape[0]
        if row.written == 0 and row.ts_ns >= oldest_ns and _holds(ring, start, start + row.captured, name):
            found[count] = serial
            count += 1
        serial = row.before
    return count
