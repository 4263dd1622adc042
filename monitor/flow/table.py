"""The flow table as the corridor sees it: packets in, flow events out, in packet order.

The kernel runs ahead of Python within a batch; an event may therefore bring payload that nobody wants any more. It is
dropped here, so that what comes out does not depend on the size of a batch.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.flow import _kernel
from monitor.flow._layout import (
    ENDED,
    EVENT,
    EVICTED,
    FLOW,
    INSATIABLE,
    LEFT_OPEN,
    LIMITS,
    NOBODY,
    REUSED,
    SATED,
    STARTED,
    STATE,
    TOLD,
    TimeoutClass,
)
from monitor.flow.settings import Settings
from monitor.flow.state import conn_state
from monitor.flow.stream import Piece, Stream
from monitor.model import address
from monitor.model.flow import Direction, EndReason, Flow, FlowEvent, FlowEventKind, FlowTotals
from monitor.model.instant import duration_ns
from monitor.model.packet import IpProtocol, PacketBatch
from monitor.model.tally import Tally

EVENTS_AT_ONCE = 8192
Row = tuple[Any, ...]
"""A row of TOLD or EVENT as Python numbers, in the order of the columns."""
_TCP = int(IpProtocol.TCP)
NO_BYTES = memoryview(b"")
_STARTED, _PAYLOAD, _GAP, _ENDED = (
    FlowEventKind.STARTED,
    FlowEventKind.PAYLOAD,
    FlowEventKind.GAP,
    FlowEventKind.ENDED,
)
_NO_STREAMS: tuple[Stream, ...] = ()
_DIRECTIONS = (Direction.ORIGINATOR, Direction.RESPONDER)
_CLOSED = int(TimeoutClass.CLOSED)
_REASONS = {REUSED: EndReason.REUSED, EVICTED: EndReason.EVICTED, LEFT_OPEN: EndReason.CAPTURE_END}


class _Live:
    """A flow that somebody still reads."""

    __slots__ = ("flow", "hungry", "is_datagrams", "row", "streams")

    def __init__(self, flow: Flow, row: int) -> None:
        self.flow = flow
        self.row = row
        self.hungry = [True, True]
        self.is_datagrams = flow.protocol != _TCP
        self.streams = _NO_STREAMS if self.is_datagrams else (Stream(), Stream())


class FlowTable:
    """Turns packets into flow events; capacity, time-outs and the hash seed are given, nothing is read from outside."""

    def __init__(self, settings: Settings, *, seed: int, workers: int = 1, worker: int = 0) -> None:
        capacity = settings.capacity
        self._flows = np.zeros(capacity, FLOW)
        self._slots = np.zeros(1 << (2 * capacity - 1).bit_length(), np.int64)
        self._events = np.zeros(EVENTS_AT_ONCE, EVENT)
        self._snapshots = np.zeros(EVENTS_AT_ONCE // 2, FLOW)
        self._state = np.zeros(1, STATE)
        self._state["head"] = self._state["tail"] = self._state["free"] = NOBODY
        self._state["next_due_ns"] = _kernel.FAR_FUTURE
        self._limits = _limits(settings, seed, workers, worker)
        self._hunger = self._flows["hungry"]
        self._ids = self._flows["id"]
        self._live: dict[int, _Live] = {}
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
        for name in ("packets", "started", "duplicates", "evicted", "crowded"):
            tally.add(name, int(self._state[name][0]))
        tally.add("active", int(self._state["flows"][0]))
        return tally

    def feed(self, batch: PacketBatch) -> Iterator[FlowEvent]:
        """Yield what the batch's packets bring, and before each packet what is due at its time."""
        at, count = 0, len(batch.packets)
        first, buffer, pool = batch.first_ordinal, batch.buffer.data, batch.pool.data
        flows, slots, state, limits, events, snapshots = self._arrays
        while at < count:
            at = _kernel.run(batch.packets, at, first, flows, slots, state, limits, events, snapshots)
            yield from self._take(buffer, pool)
        yield from self.advance(batch.clock_ns, first + count)

    def advance(self, clock_ns: int, ordinal: int) -> Iterator[FlowEvent]:
        """Yield what is due at or before the clock; ``ordinal`` is that of the next packet."""
        done = False
        while not done:
            done = _kernel.advance(*self._arrays, clock_ns, ordinal)
            yield from self._take()

    def finish(self, ordinal: int) -> Iterator[FlowEvent]:
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
        live.hungry[direction] = False
        self._tell(live, direction, SATED)
        if not (live.hungry[0] or live.hungry[1]):
            del self._live[flow.id]

    def insatiable(self, flow: Flow, direction: Direction) -> None:
        """Somebody wants every byte of this direction; the kernel need not stop to ask."""
        live = self._live.get(flow.id)
        if live is not None:
            self._tell(live, direction, INSATIABLE)

    def _tell(self, live: _Live, direction: Direction, hunger: int) -> None:
        if self._ids[live.row] == live.flow.id:  # the kernel may already have given the row to another flow
            self._hunger[live.row, direction] = hunger

    def _take(self, buffer: memoryview = NO_BYTES, pool: memoryview = NO_BYTES) -> Iterator[FlowEvent]:
        """Yield the kernel's events; one flat loop, because it runs for every payload that somebody wants."""
        events = self._events[: self._state["events"][0]].tolist()
        snapshots = self._snapshots[: self._state["snapshots"][0]].view(TOLD).tolist()
        self._state["events"] = self._state["snapshots"] = 0
        find = self._live.get
        for kind, side, flow_id, ts_ns, ordinal, number, place, captured, wire, position, pooled in events:
            if kind == STARTED:
                flow = _flow(snapshots[place])
                self._live[flow_id] = _Live(flow, captured)
                yield FlowEvent(_STARTED, flow, _DIRECTIONS[side], ts_ns, ordinal, number)
                continue
            if kind == ENDED:
                yield from self._ended(flow_id, snapshots[place], ts_ns, ordinal, why=wire)
                continue
            live = find(flow_id)
            if live is None or not live.hungry[side]:
                continue
            flow, direction = live.flow, _DIRECTIONS[side]
            payload = bytes((pool if pooled else buffer)[place : place + captured])
            if live.is_datagrams or (captured == wire and live.streams[side].follows(position, captured)):
                yield FlowEvent(_PAYLOAD, flow, direction, ts_ns, ordinal, number, payload)
                continue
            for piece in _in_order(live.streams[side], position, payload, wire):
                if live.hungry[side]:
                    kind_ = _GAP if piece.missing else _PAYLOAD
                    yield FlowEvent(kind_, flow, direction, ts_ns, ordinal, number, *piece)

    def _ended(self, flow_id: int, row: Row, ts_ns: int, ordinal: int, *, why: int) -> Iterator[FlowEvent]:
        live = self._live.pop(flow_id, None)
        flow = live.flow if live is not None else _flow(row)
        totals = _totals(row, why)
        if live is not None and not live.is_datagrams:
            for direction in _DIRECTIONS:
                if live.hungry[direction]:
                    for piece in live.streams[direction].flush():
                        kind = _GAP if piece.missing else _PAYLOAD
                        yield FlowEvent(kind, flow, direction, ts_ns, ordinal, 0, *piece, totals)
        yield FlowEvent(_ENDED, flow, Direction.ORIGINATOR, ts_ns, ordinal, 0, totals=totals)


def _in_order(stream: Stream, position: int, payload: bytes, wire: int) -> list[Piece]:
    """Return what a segment sets free that is out of order, seen before, or cut by the snap length."""
    captured = len(payload)
    pieces = stream.push(position, payload) if captured else []
    if captured < wire and stream.next == position + captured:
        pieces += stream.skip(wire - captured)
    return pieces


def _flow(row: Row) -> Flow:
    (
        flow_id,
        start_ns,
        _,
        _,
        low_high,
        low_low,
        high_high,
        high_low,
        low_port,
        high_port,
        high_began,
        *rest,
    ) = row
    protocol, tunnel, tunnel_id, vlan, interface, orig_mac, resp_mac, *_ = rest
    low, high = address.text(low_high, low_low), address.text(high_high, high_low)
    return Flow(
        id=flow_id,
        start_ns=start_ns,
        orig_ip=high if high_began else low,
        orig_port=high_port if high_began else low_port,
        resp_ip=low if high_began else high,
        resp_port=low_port if high_began else high_port,
        protocol=protocol,
        orig_mac=orig_mac,
        resp_mac=resp_mac,
        vlan=vlan,
        tunnel=tunnel,
        tunnel_id=tunnel_id,
        interface=interface,
    )


def _totals(row: Row, why: int) -> FlowTotals:
    end_ns, last_ordinal, protocol = row[2], row[3], row[11]
    (
        orig_packets,
        resp_packets,
        orig_bytes,
        resp_bytes,
        orig_flags,
        resp_flags,
        duplicates,
        first_reset,
        last,
    ) = row[18:]
    reason = _REASONS.get(why)
    if reason is None:
        reason = EndReason.CLOSED if last == _CLOSED else EndReason.TIMEOUT
    state = conn_state(
        protocol=protocol,
        orig_flags=orig_flags,
        resp_flags=resp_flags,
        orig_packets=orig_packets,
        resp_packets=resp_packets,
        first_reset=first_reset,
    )
    return FlowTotals(
        end_ns, orig_packets, resp_packets, orig_bytes, resp_bytes, duplicates, state, reason, last_ordinal
    )


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
