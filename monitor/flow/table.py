"""The flow table as the corridor sees it: packets in, what the readers of flows say of them out, in packet order.

The kernel runs ahead of Python within a batch; an event may therefore bring payload that nobody wants any more. It is
dropped here, so that what comes out does not depend on the size of a batch.
"""

from collections.abc import Iterator, Sequence
from ipaddress import ip_network
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from monitor.flow import _kernel
from monitor.flow._layout import (
    EVENT,
    EVICTED,
    FLOW,
    INSATIABLE,
    LEFT_OPEN,
    LIMITS,
    NETWORK,
    NOBODY,
    PAYLOAD,
    REUSED,
    SATED,
    STARTED,
    STATE,
    TOLD,
    TOTALS_AT,
    TimeoutClass,
)
from monitor.flow.settings import Settings
from monitor.flow.state import conn_state
from monitor.flow.stream import Piece, Stream
from monitor.model import address
from monitor.model.flow import (
    Direction,
    EndReason,
    Flow,
    FlowListener,
    FlowReader,
    FlowTotals,
    Moment,
)
from monitor.model.instant import duration_ns
from monitor.model.packet import IpProtocol, PacketBatch
from monitor.model.tally import Tally

T = TypeVar("T")

EVENTS_AT_ONCE = 8192
MAX_WAITING_BYTES = 1 << 26
"""Out-of-order payload of all flows together; beyond, a hole is declared lost as soon as it is met."""
Row = list[int]
"""A row of TOLD or EVENT as Python numbers, in the order of the columns."""
_TCP = int(IpProtocol.TCP)
_WORD = 0xFFFF_FFFF_FFFF_FFFF
NO_BYTES = memoryview(b"")
_DIRECTIONS = (Direction.ORIGINATOR, Direction.RESPONDER)
_BITS = (1, 2)
_BOTH = 3
_V4 = 4
_CLOSED = int(TimeoutClass.CLOSED)
_REASONS = {
    int(REUSED): EndReason.REUSED,
    int(EVICTED): EndReason.EVICTED,
    int(LEFT_OPEN): EndReason.CAPTURE_END,
}


class _Live(Generic[T]):
    """A flow in the table, with who reads it."""

    __slots__ = ("flow", "is_datagrams", "reader", "row", "streams", "wanted")

    def __init__(self, flow: Flow, row: int, reader: FlowReader[T]) -> None:
        self.flow = flow
        self.row = row
        self.reader = reader
        self.is_datagrams = flow.protocol != _TCP
        self.wanted = _BOTH
        self.streams: tuple[Stream, Stream] | None = None


class FlowTable(Generic[T]):
    """Turns packets into what the flows' readers say of them, in packet order.

    Capacity, time-outs and the hash seed are given; nothing is read from outside.
    """

    def __init__(
        self, settings: Settings, *, seed: int, workers: int = 1, worker: int = 0, home: Sequence[str] = ()
    ) -> None:
        """``home``: networks between which flows are counted and not told, but for those that name devices."""
        self._listener: FlowListener[T]
        self._home = _networks(home)
        capacity = settings.capacity
        self._flows = np.zeros(capacity, FLOW)
        self._slots = np.zeros(1 << (2 * capacity - 1).bit_length(), np.int64)
        self._events = np.zeros(EVENTS_AT_ONCE, EVENT)
        self._snapshots = np.zeros(EVENTS_AT_ONCE // 2, TOLD)
        self._event_numbers = self._events.view(np.int64).reshape(len(self._events), -1)
        self._told_numbers = self._snapshots.view(np.int64).reshape(len(self._snapshots), -1)
        self._state = np.zeros(1, STATE)
        self._state["head"] = self._state["tail"] = self._state["free"] = NOBODY
        self._state["next_due_ns"] = _kernel.FAR_FUTURE
        self._limits = _limits(settings, seed, workers, worker)
        self._hunger = self._flows["hungry"]
        self._ids = self._flows["id"]
        self._waiting_bytes = 0
        self._impatient = 0
        self._live: dict[int, _Live[T]] = {}
        self._arrays = (
            self._flows,
            self._slots,
            self._state[0],
            self._limits[0],
            self._events,
            self._snapshots,
        )

    @property
    def clock_ns(self) -> int:
        """The newest time seen."""
        return int(self._state["clock_ns"][0])

    @property
    def tally(self) -> Tally:
        """Packets, flows, duplicates and evictions so far."""
        tally = Tally()
        for name in ("packets", "started", "silent", "duplicates", "evicted", "crowded"):
            tally.add(name, int(self._state[name][0]))
        tally.add("impatient", self._impatient)
        tally.add("active", int(self._state["flows"][0]))
        return tally

    def listen(self, listener: FlowListener[T]) -> None:
        """Say who opens readers; before the first packet."""
        self._listener = listener

    def feed(self, batch: PacketBatch) -> Iterator[T]:
        """Yield what the batch's packets bring, and before each packet what is due at its time."""
        at, count = 0, len(batch.packets)
        first, buffer, pool = batch.first_ordinal, batch.buffer.data, batch.pool.data
        flows, slots, state, limits, events, snapshots = self._arrays
        while at < count:
            at = _kernel.run(
                batch.packets, at, first, flows, slots, state, limits, events, snapshots, self._home
            )
            yield from self._take(buffer, pool)
        yield from self.advance(batch.clock_ns, first + count)

    def advance(self, clock_ns: int, ordinal: int) -> Iterator[T]:
        """Yield what is due at or before the clock; ``ordinal`` is that of the next packet."""
        done = False
        while not done:
            done = _kernel.advance(*self._arrays, clock_ns, ordinal)
            yield from self._take()

    def finish(self, ordinal: int) -> Iterator[T]:
        """End every flow: the capture is over."""
        flows, slots, state, _, events, snapshots = self._arrays
        done = False
        while not done:
            done = _kernel.drain(flows, slots, state, events, snapshots, ordinal)
            yield from self._take()

    def sated(self, flow: Flow, direction: Direction) -> None:
        """Nobody wants more payload of this direction."""
        live = self._live.get(flow.id)
        if live is None:
            return
        live.wanted &= ~_BITS[direction]
        self._tell(live, direction, SATED)
        if not live.wanted and live.streams is not None:
            self._waiting_bytes -= sum(stream.waiting_bytes for stream in live.streams)
            live.streams = None

    def insatiable(self, flow: Flow, direction: Direction) -> None:
        """Somebody wants every byte of this direction; the kernel need not stop to ask."""
        live = self._live.get(flow.id)
        if live is not None:
            self._tell(live, direction, INSATIABLE)

    def _tell(self, live: _Live[T], direction: Direction, hunger: int) -> None:
        if self._ids[live.row] == live.flow.id:  # the kernel may already have given the row to another flow
            self._hunger[live.row, direction] = hunger

    def _take(self, buffer: memoryview = NO_BYTES, pool: memoryview = NO_BYTES) -> Iterator[T]:
        """Tell the readers what the kernel found; one flat loop, because it runs for every payload that is wanted."""
        events = self._event_numbers[: self._state["events"][0]].tolist()
        told = self._told_numbers[: self._state["snapshots"][0]].tolist()
        self._state["events"] = self._state["snapshots"] = 0
        find = self._live.get
        for kind, side, flow_id, ts_ns, ordinal, number, place, captured, wire, position, pooled in events:
            if kind == PAYLOAD:
                live = find(flow_id)
                if live is None or not live.wanted & _BITS[side]:
                    continue
                view = (pool if pooled else buffer)[place : place + captured]
                reader, direction = live.reader, _DIRECTIONS[side]
                if not live.is_datagrams:
                    if live.streams is None:
                        live.streams = (Stream(), Stream())
                    stream = live.streams[side]
                    if captured != wire or not stream.follows(position, captured):
                        pieces = self._in_order(stream, position, bytes(view), wire)
                        yield from _read(live, direction, pieces, (ts_ns, ordinal, number))
                        continue
                    if reader.swallow is not None and reader.swallow(direction, view):
                        continue
                said = reader.payload(direction, bytes(view), (ts_ns, ordinal, number))
                if said:
                    yield from said
            elif kind == STARTED:
                yield from self._started(told[place], captured, _DIRECTIONS[side], (ts_ns, ordinal, number))
            else:
                yield from self._ended(flow_id, told[place], (ts_ns, ordinal, 0), why=wire)

    def _in_order(self, stream: Stream, position: int, payload: bytes, wire: int) -> list[Piece]:
        """Return what a segment sets free that is out of order, seen before, or cut by the snap length."""
        captured, before = len(payload), stream.waiting_bytes
        pieces = stream.push(position, payload) if captured else []
        if captured < wire and stream.next == position + captured:
            pieces += stream.skip(wire - captured)
        self._waiting_bytes += stream.waiting_bytes - before
        if self._waiting_bytes > MAX_WAITING_BYTES and stream.waiting_bytes:
            pieces += self._flushed(stream)
            self._impatient += 1
        return pieces

    def _flushed(self, stream: Stream) -> list[Piece]:
        self._waiting_bytes -= stream.waiting_bytes
        return stream.flush()

    def _started(self, row: Row, place: int, direction: Direction, moment: Moment) -> Sequence[T]:
        flow = _flow(row)
        reader, said = self._listener.started(flow, direction, moment)
        self._live[flow.id] = _Live(flow, place, reader)
        for side in _DIRECTIONS:
            if not reader.wants(side):
                self.sated(flow, side)
        return said

    def _ended(self, flow_id: int, row: Row, moment: Moment, *, why: int) -> Iterator[T]:
        live = self._live.pop(flow_id)
        totals = _totals(live.flow, row, why)
        if live.streams is not None:
            for direction in _DIRECTIONS:
                yield from _read(live, direction, self._flushed(live.streams[direction]), moment)
        yield from live.reader.ended(totals, moment)


def _read(
    live: _Live[T],
    direction: Direction,
    pieces: list[Piece],
    moment: Moment,
) -> Iterator[T]:
    """Give a reader what is in order now, as long as it wants it."""
    for payload, missing in pieces:
        if live.wanted & _BITS[direction]:
            if missing:
                yield from live.reader.gap(direction, missing, moment)
            else:
                yield from live.reader.payload(direction, payload, moment)


def _flow(row: Row) -> Flow:
    flow_id, start_ns, low_high, low_low, high_high, high_low, low_port, high_port, high_began, *rest = row[
        :TOTALS_AT
    ]
    protocol, tunnel, tunnel_id, vlan, interface, orig_mac, resp_mac, internal = rest
    orig = address.text(low_high & _WORD, low_low & _WORD), low_port
    resp = address.text(high_high & _WORD, high_low & _WORD), high_port
    if high_began:
        orig, resp = resp, orig
    return Flow(
        flow_id,
        start_ns,
        *orig,
        *resp,
        protocol,
        orig_mac,
        resp_mac,
        vlan,
        tunnel,
        tunnel_id,
        interface,
        internal == 1,
    )


def _totals(flow: Flow, row: Row, why: int) -> FlowTotals:
    end_ns, last_ordinal, *counts, orig_flags, resp_flags, duplicates, first_reset, last = row[TOTALS_AT:]
    orig_packets, resp_packets, orig_bytes, resp_bytes = counts
    reason = _REASONS.get(why)
    if reason is None:
        reason = EndReason.CLOSED if last == _CLOSED else EndReason.TIMEOUT
    state = conn_state(
        protocol=flow.protocol,
        orig_flags=orig_flags,
        resp_flags=resp_flags,
        orig_packets=orig_packets,
        resp_packets=resp_packets,
        first_reset=first_reset,
    )
    return FlowTotals(
        end_ns, orig_packets, resp_packets, orig_bytes, resp_bytes, duplicates, state, reason, last_ordinal
    )


def _networks(home: Sequence[str]) -> NDArray[np.void]:
    networks = np.zeros(len(home), NETWORK)
    for row, text in zip(networks, home, strict=True):
        network = ip_network(text)
        bits = network.prefixlen + (96 if network.version == _V4 else 0)
        mask = (1 << 128) - (1 << (128 - bits))
        row["high"], row["low"] = address.words(str(network.network_address))
        row["high_mask"], row["low_mask"] = mask >> 64, mask & _WORD
    return networks


def _limits(settings: Settings, seed: int, workers: int, worker: int) -> NDArray[np.void]:
    limits = np.zeros(1, LIMITS)
    limits["timeout_ns"][0] = [
        duration_ns(settings.tcp_opening_timeout),
        duration_ns(settings.tcp_established_timeout),
        duration_ns(settings.tcp_closed_timeout),
        duration_ns(settings.udp_timeout),
        duration_ns(settings.other_timeout),
    ]
    limits["duplicate_window_ns"] = duration_ns(settings.duplicate_window)
    limits["seed"] = seed
    limits["workers"] = workers
    limits["worker"] = worker
    return limits
