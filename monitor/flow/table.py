"""The flow table as the corridor sees it: packets in, what the readers of flows say of them out, in packet order.

The kernel runs ahead of Python within a batch; an event may therefore bring payload that nobody wants any more. It is
dropped here, so that what comes out does not depend on the size of a batch.
"""

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_network
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from monitor.flow import _checkpoint, _kernel
from monitor.flow._layout import (
    ACTIVE,
    EVENT,
    FLOW,
    INSATIABLE,
    LIMITS,
    NETWORK,
    NOBODY,
    NOT_ENDED,
    PAYLOAD,
    SATED,
    STARTED,
    STATE,
    TOLD,
)
from monitor.flow._told import Row, absorbed_of, flow_of, totals_of
from monitor.flow.settings import Settings
from monitor.flow.stream import Piece, Stream
from monitor.model import address
from monitor.model.flow import (
    Direction,
    Flow,
    FlowListener,
    FlowReader,
    Moment,
)
from monitor.model.instant import duration_ns
from monitor.model.packet import IpProtocol, PacketBatch
from monitor.model.tally import Tally

T = TypeVar("T")

EVENTS_AT_ONCE = 8192
MAX_WAITING_BYTES = 1 << 26
"""Out-of-order payload of all flows together; beyond, a hole is declared lost as soon as it is met."""
_TCP = int(IpProtocol.TCP)
_WORD = 0xFFFF_FFFF_FFFF_FFFF
NO_BYTES = memoryview(b"")
_DIRECTIONS = (Direction.ORIGINATOR, Direction.RESPONDER)
_BITS = (1, 2)
_BOTH = 3
_V4 = 4
_COUNTERS = ("packets", "started", "silent", "attempts", "duplicates", "evicted", "crowded")
MIN_SPAN_BYTES = 4096
"""Payload in a row that nobody needs, from which on the kernel keeps it to itself."""
_BYTES_AT = {name: int(FLOW.fields[name][1]) for name in FLOW.names or ()}  # type: ignore[index]  # it has fields
"""Where the columns of a row begin."""
_ROW_BYTES, _HUNGER_AT = FLOW.itemsize, _BYTES_AT["hungry"]
_EVENTS_AT, _SNAPSHOTS_AT = (
    int(STATE.fields[name][1]) // 8  # type: ignore[index]  # it has fields
    for name in ("events", "snapshots")
)
_ROW_WORDS, _ID_AT = FLOW.itemsize // 8, _BYTES_AT["id"] // 8


class _Live(Generic[T]):
    """A flow in the table, with who reads it."""

    __slots__ = ("flow", "is_datagrams", "may_absorb", "reader", "row", "streams", "wanted")

    def __init__(self, flow: Flow, row: int, reader: FlowReader[T]) -> None:
        self.flow = flow
        self.row = row
        self.reader = reader
        self.is_datagrams = flow.protocol != _TCP
        self.wanted = _BOTH
        self.streams: tuple[Stream, Stream] | None = None
        self.may_absorb = True
        """False when somebody looks at every byte."""


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
        # Single numbers of a row, without the detour of an array's field.
        self._hunger = self._flows.view(np.uint8).data
        self._ids = self._flows.view(np.int64).data
        self._filled = self._state.view(np.int64).data
        self._waiting_bytes = 0
        self.most_waiting_bytes = MAX_WAITING_BYTES
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
        for name in _COUNTERS:
            tally.add(name, int(self._state[name][0]))
        tally.add("impatient", self._impatient)
        tally.add("active", int(self._state["flows"][0]))
        return tally

    def fills(self) -> dict[str, tuple[int, int]]:
        """Return entries and capacity of flows, and bytes that wait beyond a hole with their limit, by table."""
        return {
            "flow": (int(self._state["flows"][0]), len(self._flows)),
            "reassembly": (self._waiting_bytes, self.most_waiting_bytes),
        }

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
            live.may_absorb = False
            self._tell(live, direction, INSATIABLE)

    def retell(self, settings: Settings, home: Sequence[str]) -> None:
        """Go on under other time-outs and for other networks; the capacity stays, and flows stay what they are."""
        limits = _limits(settings, 0, 0, 0)
        for name in ("timeout_ns", "duplicate_window_ns", "active_ns"):
            self._limits[name] = limits[name]
        self._home = _networks(home)
        self._state["next_due_ns"] = 0  # to be found anew

    def state(self) -> dict[str, Any]:
        """Return what is to be known after a restart: plain data and arrays."""
        state = self._state[0]
        return {
            "clock_ns": self.clock_ns,
            "counters": {name: int(state[name]) for name in _COUNTERS} | {"impatient": self._impatient},
            "flows": _checkpoint.columns_of(self._flows, int(state["fresh"])),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where another table stopped; before the first packet. Flows beyond the capacity count as evicted."""
        rows = _checkpoint.rows_of(state["flows"], len(self._flows))
        counters = state["counters"]
        for name in _COUNTERS:
            self._state[name] = counters[name]
        self._state["evicted"] += len(state["flows"]["id"]) - len(rows)
        self._impatient = counters["impatient"]
        self._state["clock_ns"] = state["clock_ns"]
        _checkpoint.settle(rows, self._flows, self._slots, self._state[0], self._limits[0])
        numbers = _checkpoint.ends_of(rows)
        hungry, heard = (
            (rows["hungry"] != SATED).tolist(),
            _checkpoint.heard(state["flows"], len(rows)).tolist(),
        )
        for place in np.flatnonzero(rows["silent"] == 0).tolist():
            self._resume(place, numbers[place], heard[place], hungry[place])

    def _resume(self, place: int, row: Row, heard: list[bool], hungry: list[bool]) -> None:
        flow = flow_of(row)
        reader = self._listener.resumed(flow, (heard[0], heard[1]), (hungry[0], hungry[1]))
        self._live[flow.id] = _Live(flow, place, reader)
        for side in _DIRECTIONS:
            if not (hungry[side] and reader.wants(side)):
                self.sated(flow, side)

    def _tell(self, live: _Live[T], direction: Direction, hunger: int) -> None:
        if self._is_at_its_row(live):
            self._hunger[live.row * _ROW_BYTES + _HUNGER_AT + direction] = hunger

    def _is_at_its_row(self, live: _Live[T]) -> bool:
        """Whether the kernel has not given its row to another flow already."""
        return self._ids[live.row * _ROW_WORDS + _ID_AT] == live.flow.id

    def _take(  # noqa: C901, PLR0912 - flat
        self, buffer: memoryview = NO_BYTES, pool: memoryview = NO_BYTES
    ) -> Iterator[T]:
        """Tell the readers what the kernel found; one flat loop, because it runs for every payload that is wanted."""
        filled = self._filled
        events = self._event_numbers[: filled[_EVENTS_AT]].tolist()
        told = self._told_numbers[: filled[_SNAPSHOTS_AT]].tolist()
        filled[_EVENTS_AT] = filled[_SNAPSHOTS_AT] = 0
        find = self._live.get
        bulky: dict[Stream, tuple[_Live[T], Direction]] = {}
        for row in events:
            kind, side, flow_id, ts_ns, ordinal, number, place, captured, wire, position, absorbed, pooled = (
                row
            )
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
                    if absorbed:
                        _catch_up(live, direction, absorbed)
                    if captured == wire and position == stream.next and not stream.waiting_bytes:
                        stream.next = position + captured
                    else:
                        pieces = self._in_order(stream, position, bytes(view), wire)
                        yield from _read(live, direction, pieces, (ts_ns, ordinal, number))
                        continue
                    if reader.swallow is not None and reader.swallow(direction, view):
                        if live.may_absorb:
                            bulky[stream] = live, direction
                        continue
                said = reader.payload(direction, bytes(view), (ts_ns, ordinal, number))
                if said:
                    yield from said
            elif kind == STARTED:
                yield from self._started(told[place], captured, _DIRECTIONS[side], (ts_ns, ordinal, number))
            elif kind == ACTIVE:
                live = self._live[flow_id]
                totals = totals_of(live.flow.protocol, told[place], NOT_ENDED)
                yield from live.reader.active(totals, _DIRECTIONS[side], (ts_ns, ordinal, number))
            else:
                yield from self._ended(flow_id, told[place], (ts_ns, ordinal, 0), why=wire)
        for stream, (live, direction) in bulky.items():
            self._let_absorb(stream, live, direction)

    def _let_absorb(self, stream: Stream, live: _Live[T], direction: Direction) -> None:
        """Let the kernel keep the middle of a transfer to itself, when Python has seen all that it said."""
        if live.streams is None or stream.waiting_bytes or not self._is_at_its_row(live):
            return
        span = live.reader.span(direction)
        row = self._flows[live.row]
        if span >= MIN_SPAN_BYTES and row["reached"][direction] == stream.next:
            row["expected"][direction] = stream.next
            row["absorb"][direction] = stream.next + span

    def _in_order(self, stream: Stream, position: int, payload: bytes, wire: int) -> list[Piece]:
        """Return what a segment sets free that is out of order, seen before, or cut by the snap length."""
        captured, before = len(payload), stream.waiting_bytes
        pieces = stream.push(position, payload) if captured else []
        if captured < wire and stream.next == position + captured:
            pieces += stream.skip(wire - captured)
        self._waiting_bytes += stream.waiting_bytes - before
        if self._waiting_bytes > self.most_waiting_bytes and stream.waiting_bytes:
            pieces += self._flushed(stream)
            self._impatient += 1
        return pieces

    def _flushed(self, stream: Stream) -> list[Piece]:
        self._waiting_bytes -= stream.waiting_bytes
        return stream.flush()

    def _started(self, row: Row, place: int, direction: Direction, moment: Moment) -> Sequence[T]:
        flow = flow_of(row)
        reader, said = self._listener.started(flow, direction, moment)
        self._live[flow.id] = _Live(flow, place, reader)
        for side in _DIRECTIONS:
            if not reader.wants(side):
                self.sated(flow, side)
        return said

    def _ended(self, flow_id: int, row: Row, moment: Moment, *, why: int) -> Iterator[T]:
        live = self._live.pop(flow_id)
        totals = totals_of(live.flow.protocol, row, why)
        if live.streams is not None:
            for direction, absorbed in zip(_DIRECTIONS, absorbed_of(row), strict=True):
                if absorbed:
                    _catch_up(live, direction, absorbed)
                yield from _read(live, direction, self._flushed(live.streams[direction]), moment)
        yield from live.reader.ended(totals, moment)


def _catch_up(live: _Live[T], direction: Direction, absorbed: int) -> None:
    """Tell a reader how much of its stream the kernel has kept to itself."""
    if live.streams is not None:
        stream = live.streams[direction]
        live.reader.absorbed(direction, absorbed - stream.next)
        stream.next = absorbed


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
    limits["active_ns"] = duration_ns(settings.active_timeout)
    limits["seed"] = seed
    limits["workers"] = workers
    limits["worker"] = worker
    return limits
