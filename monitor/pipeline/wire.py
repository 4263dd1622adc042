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

Place = tuple[int, tuple[int, ...]]
"""Where an observation stands among those of all workers: twice its ordinal, and one more when it stands with the
packet of that ordinal; before the packet, when it was due and the ordinal of the flow's last packet."""
_Row = tuple[Any, ...]
"""An observation between the two parts of its place."""

_RESPONDER, _DIRECTIONS = Direction.RESPONDER, tuple(Direction)
_STATES, _REASONS = tuple(ConnState), tuple(EndReason)
_STATE_NUMBERS = {state: number for number, state in enumerate(_STATES)}
_REASON_NUMBERS = {reason: number for number, reason in enumerate(_REASONS)}
_STATE_AT, _REASON_AT = FlowTotals._fields.index("state"), FlowTotals._fields.index("reason")
_BY_PACKET = {EndReason.REUSED, EndReason.EVICTED, EndReason.ACTIVE}
_AT_THE_END = EndReason.CAPTURE_END
_tuple = tuple.__new__
"""Makes a named tuple of all its values in half the time."""


def packed(observations: Iterable[Observation]) -> bytes:
    """Return the observations of one worker with their places as bytes.

    What is due at a packet's time stands before the packet, in order of due time; what a flow's end sets free stands
    before its ``flow_end`` and shares its place.
    """
    flows: dict[int, tuple[Any, ...]] = {}
    by_packet: list[_Row] = []
    due: list[_Row] = []
    held: list[_Row] = []
    for observation in observations:
        kind, fields, flow, direction, ts_ns, ordinal, number, _, _, totals = observation
        flow_id, is_back, amounts = flow.id, direction is _RESPONDER, None
        if flow_id not in flows:
            flows[flow_id] = tuple(flow)
        if totals is not None:
            first, then = place_of(observation)
            amounts = _plain(totals)
        elif number:
            first, then = 2 * ordinal + 1, ()
        else:
            held.append((kind, fields, flow_id, is_back, ts_ns, 0, None))
            continue
        rows = due if then else by_packet
        if held:
            rows += [(first, *one, then) for one in held]
            held.clear()
        rows.append((first, kind, fields, flow_id, is_back, ts_ns, number, amounts, then))
    return marshal.dumps((list(flows.values()), by_packet, due))


def place_of(observation: Observation) -> Place:
    """Return the place of an observation that is not held."""
    totals: FlowTotals | None = observation.totals
    before_packet = 2 * observation.ordinal
    if totals is None or totals.reason in _BY_PACKET:
        return before_packet + 1, ()
    # What the capture's end leaves open is ended in order of last use, whatever its time stamps say.
    due_ns = 0 if totals.reason is _AT_THE_END else observation.ts_ns
    return before_packet, (due_ns, totals.last_ordinal)


def merged(parts: Sequence[bytes]) -> list[Observation]:
    """Return what all workers packed of one batch, in the order in which one alone would have said it."""
    flows: dict[int, Flow] = {}
    by_packet: list[list[_Row]] = []
    due: list[_Row] = []
    for part in parts:
        plain_flows, rows, due_rows = marshal.loads(part)  # noqa: S302 - from our own worker
        for one in plain_flows:
            flows[one[0]] = _tuple(Flow, one)
        by_packet.append(rows)
        due += due_rows
    # Each list is in order already, which the sorts make use of; they keep the order of equal places.
    if len(parts) > 1:
        due.sort(key=itemgetter(0, -1))
    in_order = sorted(chain(due, *by_packet), key=itemgetter(0))
    return [
        _tuple(
            Observation,
            (
                kind,
                fields,
                flows[flow_id],
                _DIRECTIONS[is_back],
                ts_ns,
                first >> 1,
                number,
                None,
                None,
                amounts and _record(amounts),
            ),
        )
        for first, kind, fields, flow_id, is_back, ts_ns, number, amounts, _ in in_order
    ]


def _plain(totals: FlowTotals) -> list[Any]:
    row: list[Any] = [*totals]
    row[_STATE_AT], row[_REASON_AT] = _STATE_NUMBERS[totals.state], _REASON_NUMBERS[totals.reason]
    return row


def _record(row: list[Any]) -> FlowTotals:
    row[_STATE_AT], row[_REASON_AT] = _STATES[row[_STATE_AT]], _REASONS[row[_REASON_AT]]
    return _tuple(FlowTotals, row)
