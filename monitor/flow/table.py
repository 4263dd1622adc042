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
    LEFT_OPEN,
    LIMITS,
    NOBODY,
    REUSED,
    STARTED,
    STATE,
    TimeoutClass,
)
from monitor.flow.settings import Settings
from monitor.flow.state import conn_state
from monitor.flow.stream import Stream
from monitor.model import address
from monitor.model.flow import Direction, EndReason, Flow, FlowEvent, FlowEventKind, FlowTotals
from monitor.model.instant import duration_ns
from monitor.model.packet import IpProtocol, PacketBatch
from monitor.model.tally import Tally

EVENTS_AT_ONCE = 8192
Row = tuple[Any, ...]
"""A row of FLOW or EVENT as Python numbers, in the order of the columns."""
_TCP = int(IpProtocol.TCP)
_AT = {name: index for index, name in enumerate(FLOW.names or ())}
_DIRECTIONS = (Direction.ORIGINATOR, Direction.RESPONDER)
_CLOSED = int(TimeoutClass.CLOSED)
_REASONS = {REUSED: EndReason.REUSED, EVICTED: EndReason.EVICTED, LEFT_OPEN: EndReason.CAPTURE_END}


class _Live:
    """A flow that somebody still reads."""

    __slots__ = ("flow", "hungry", "row", "streams")

    def __init__(self, flow: Flow, row: int) -> None:
        self.flow = flow
        self.row = row
        self.hungry = [True, True]
        self.streams: list[Stream | None] = [None, None]


class FlowTable:
    """Turns packets into flow events; capacity, time-outs and the hash seed are given, nothing is read from outside."""

    def __init__(self, settings: Settings, *, seed: int, workers: int = 1, worker: int = 0) -> None:
        capacity = settings.capacity
        self._flows = np.zeros(capacity, FLOW)
        self._flows["id"] = NOBODY
        self._flows["next"] = np.arange(1, capacity + 1, dtype=np.int32)
        self._flows["next"][-1] = NOBODY
        self._slots = np.zeros(1 << (2 * capacity - 1).bit_length(), np.int64)
        self._events = np.zeros(EVENTS_AT_ONCE, EVENT)
        self._snapshots = np.zeros(EVENTS_AT_ONCE // 2, FLOW)
        self._state = np.zeros(1, STATE)
        self._state["head"] = self._state["tail"] = NOBODY
        self._state["next_due_ns"] = _kernel.FAR_FUTURE
        self._limits = _limits(settings, seed, workers, worker)
        self._hungry = self._flows["hungry"]
        self._ids = self._flows["id"]
        self._live: dict[int, _Live] = {}

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
        state = self._state[0]
        while at < count:
            at = _kernel.run(
                batch.packets,
                at,
                batch.first_ordinal,
                self._flows,
                self._slots,
                state,
                self._limits[0],
                self._events,
                self._snapshots,
            )
            yield from self._take(batch.buffer.data, batch.pool.data)
        yield from self.advance(batch.clock_ns, batch.first_ordinal + count)

    def advance(self, clock_ns: int, ordinal: int) -> Iterator[FlowEvent]:
        """Yield what is due at or before the clock; ``ordinal`` is that of the next packet."""
        arrays = (self._flows, self._slots, self._state[0], self._limits[0], self._events, self._snapshots)
        done = False
        while not done:
            done = _kernel.advance(*arrays, clock_ns, ordinal)
            yield from self._take(memoryview(b""), memoryview(b""))

    def finish(self, ordinal: int) -> Iterator[FlowEvent]:
        """End every flow: the capture is over."""
        done = False
        while not done:
            done = _kernel.drain(
                self._flows, self._slots, self._state[0], self._events, self._snapshots, ordinal
            )
            yield from self._take(memoryview(b""), memoryview(b""))

    def sated(self, flow: Flow, direction: Direction) -> None:
        """Nobody wants more payload of this direction."""
        live = self._live.get(flow.id)
        if live is None:
            return
        live.hungry[direction] = False
        live.streams[direction] = None
        if self._ids[live.row] == flow.id:  # the kernel may already have given the row to another flow
            self._hungry[live.row, direction] = 0
        if not (live.hungry[0] or live.hungry[1]):
            del self._live[flow.id]

    def _take(self, buffer: memoryview, pool: memoryview) -> Iterator[FlowEvent]:
        events = self._events[: self._state["events"][0]].tolist()
        snapshots = self._snapshots[: self._state["snapshots"][0]].tolist()
        self._state["events"] = self._state["snapshots"] = 0
        for event in events:
            kind = event[0]
            if kind == STARTED:
                _, direction, row, flow_id, ts_ns, ordinal, number, *_, snapshot, _ = event
                flow = _flow(snapshots[snapshot])
                self._live[flow_id] = _Live(flow, row)
                yield FlowEvent(FlowEventKind.STARTED, flow, _DIRECTIONS[direction], ts_ns, ordinal, number)
            elif kind == ENDED:
                yield from self._ended(event, snapshots[event[12]])
            else:
                live = self._live.get(event[3])
                if live is not None and live.hungry[event[1]]:
                    yield from _payload(live, event, pool if event[11] else buffer)

    def _ended(self, event: Row, row: Row) -> Iterator[FlowEvent]:
        live = self._live.pop(event[3], None)
        flow = live.flow if live is not None else _flow(row)
        ts_ns, ordinal, totals = event[4], event[5], _totals(row, event[13])
        if live is not None:
            for direction in _DIRECTIONS:
                stream = live.streams[direction]
                for piece in stream.flush() if stream is not None else ():
                    kind = FlowEventKind.GAP if piece.missing else FlowEventKind.PAYLOAD
                    yield FlowEvent(kind, flow, direction, ts_ns, ordinal, 0, *piece, totals)
        yield FlowEvent(FlowEventKind.ENDED, flow, Direction.ORIGINATOR, ts_ns, ordinal, 0, totals=totals)


def _payload(live: _Live, event: Row, buffer: memoryview) -> Iterator[FlowEvent]:
    _, side, _, _, ts_ns, ordinal, number, offset, captured, wire, position, *_ = event
    flow, direction = live.flow, _DIRECTIONS[side]
    payload = bytes(buffer[offset : offset + captured])
    if flow.protocol != _TCP:
        yield FlowEvent(FlowEventKind.PAYLOAD, flow, direction, ts_ns, ordinal, number, payload)
        return
    stream = live.streams[side]
    if stream is None:
        stream = live.streams[side] = Stream()
    pieces = stream.push(position, payload) if captured else []
    if captured < wire and stream.next == position + captured:
        pieces += stream.skip(wire - captured)
    for piece in pieces:
        if not live.hungry[side]:
            return
        kind = FlowEventKind.GAP if piece.missing else FlowEventKind.PAYLOAD
        yield FlowEvent(kind, flow, direction, ts_ns, ordinal, number, piece.payload, piece.missing)


def _flow(row: Row) -> Flow:
    at = _AT
    low = address.text(row[at["low_high"]], row[at["low_low"]]), row[at["low_port"]]
    high = address.text(row[at["high_high"]], row[at["high_low"]]), row[at["high_port"]]
    orig, resp = (high, low) if row[at["high_is_originator"]] else (low, high)
    return Flow(
        id=row[at["id"]],
        start_ns=row[at["start_ns"]],
        orig_ip=orig[0],
        orig_port=orig[1],
        resp_ip=resp[0],
        resp_port=resp[1],
        protocol=row[at["protocol"]],
        orig_mac=row[at["orig_mac"]],
        resp_mac=row[at["resp_mac"]],
        vlan=row[at["vlan"]],
        tunnel=row[at["tunnel"]],
        tunnel_id=row[at["tunnel_id"]],
        interface=row[at["interface"]],
    )


def _totals(row: Row, why: int) -> FlowTotals:
    packets, size, flags = row[_AT["packets"]], row[_AT["bytes"]], row[_AT["flags"]]
    reason = _REASONS.get(why)
    if reason is None:
        reason = EndReason.CLOSED if row[_AT["timeout_class"]] == _CLOSED else EndReason.TIMEOUT
    state = conn_state(
        protocol=row[_AT["protocol"]],
        orig_flags=flags[0],
        resp_flags=flags[1],
        orig_packets=packets[0],
        resp_packets=packets[1],
        first_reset=row[_AT["first_reset"]],
    )
    return FlowTotals(
        row[_AT["end_ns"]],
        packets[0],
        packets[1],
        size[0],
        size[1],
        row[_AT["duplicates"]],
        state,
        reason,
        row[_AT["last_ordinal"]],
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
