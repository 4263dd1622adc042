"""Observations on their way from one process to another: plain tuples, because records cost more to pack than to make.

What shares a flow shares it again on the other side. Only what the front says can be sent, before it is enriched.
"""

import marshal
from collections.abc import Iterable, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

from monitor.model.flow import ConnState, Direction, EndReason, Flow, FlowTotals
from monitor.model.observation import Observation

Place = tuple[int, ...]
"""Where an observation stands among those of all workers; see ``packed``."""

_DIRECTIONS = tuple(Direction)
_STATES = {str(state.value): state for state in ConnState}
_REASONS = {str(reason.value): reason for reason in EndReason}
_STATE_AT, _REASON_AT = FlowTotals._fields.index("state"), FlowTotals._fields.index("reason")
_BY_PACKET = {EndReason.REUSED, EndReason.EVICTED, EndReason.ACTIVE}
_AT_THE_END = EndReason.CAPTURE_END
_BEFORE_PACKET, _WITH_PACKET = 0, 1
_observation, _flow, _totals = Observation._make, Flow._make, FlowTotals._make


def packed(observations: Iterable[Observation]) -> bytes:
    """Return the observations of one worker with their places as bytes.

    What is due at a packet's time stands before the packet, in order of due time; what a flow's end sets free stands
    before its ``flow_end`` and shares its place.
    """
    flows: dict[int, tuple[Any, ...]] = {}
    rows: list[tuple[Any, ...]] = []
    held: list[Observation] = []
    for observation in observations:
        kind, fields, flow, direction, ts_ns, ordinal, number, _, _, totals = observation
        flow_id = flow.id
        if flow_id not in flows:
            flows[flow_id] = tuple(flow)
        if totals is None:
            if not number:
                held.append(observation)
                continue
            place: Place = (ordinal, _WITH_PACKET)
            amounts = None
        else:
            place, amounts = place_of(observation), _plain(totals)
        if held:
            rows += [
                (place, one.type, one.fields, one.flow.id, int(one.direction), one.ts_ns, 0, None)
                for one in held
            ]
            held.clear()
        rows.append((place, kind, fields, flow_id, int(direction), ts_ns, number, amounts))
    return marshal.dumps((list(flows.values()), rows))


def place_of(observation: Observation) -> Place:
    """Return the place of an observation that is not held."""
    totals: FlowTotals | None = observation.totals
    if totals is None or totals.reason in _BY_PACKET:
        return (observation.ordinal, _WITH_PACKET)
    # What the capture's end leaves open is ended in order of last use, whatever its time stamps say.
    due_ns = 0 if totals.reason is _AT_THE_END else observation.ts_ns
    return (observation.ordinal, _BEFORE_PACKET, due_ns, totals.last_ordinal)


def merged(parts: Sequence[bytes]) -> list[Observation]:
    """Return what all workers packed of one batch, in the order in which one alone would have said it."""
    flows: dict[int, Flow] = {}
    rows: list[list[tuple[Any, ...]]] = []
    for part in parts:
        ends, said = marshal.loads(part)  # noqa: S302 - from our own worker
        for one in ends:
            flows[one[0]] = _flow(one)
        rows.append(said)
    # Each part is in order already, which the sort makes use of; it keeps the order of equal places.
    in_order = sorted(chain.from_iterable(rows), key=itemgetter(0)) if len(rows) > 1 else rows[0]
    return [
        _observation(
            (
                kind,
                fields,
                flows[flow_id],
                _DIRECTIONS[direction],
                ts_ns,
                place[0],
                number,
                None,
                None,
                amounts and _record(amounts),
            )
        )
        for place, kind, fields, flow_id, direction, ts_ns, number, amounts in in_order
    ]


def _plain(totals: FlowTotals) -> list[Any]:
    row: list[Any] = list(totals)
    row[_STATE_AT], row[_REASON_AT] = totals.state.value, totals.reason.value
    return row


def _record(row: list[Any]) -> FlowTotals:
    row[_STATE_AT], row[_REASON_AT] = _STATES[row[_STATE_AT]], _REASONS[row[_REASON_AT]]
    return _totals(row)
