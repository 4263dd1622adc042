"""Every parser that the registry finds takes any bytes, in any order, and says what its contract allows or ``Malformed``."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cache
from ipaddress import ip_address
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.export._line import line
from monitor.model.errors import Malformed
from monitor.model.flow import Direction
from monitor.model.observation import FIELDS, OBSERVATIONS, FieldKind
from monitor.model.packet import IpProtocol
from monitor.model.parser import FOREVER, Parser, Verdict
from monitor.registry import discover
from tests.kit.fuzz import budget, damaged, payloads
from tests.kit.playbook import make_flow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.model.observation import Seen

PARSERS: dict[str, type[Parser]] = discover("monitor.protocols", "PARSER")
STEPS = 12
GAP_SHARE = 0.1
ROOT = "."
_HEX = re.compile(r"(?:[0-9a-f]{2})*")
each_parser = pytest.mark.parametrize("name", PARSERS)
Step = tuple[Direction, bytes | int]
"""Payload, or so many bytes that are missing."""

directions = st.sampled_from(Direction)
any_steps = st.lists(
    st.tuples(directions, st.binary(max_size=200) | st.integers(1, 1 << 33)), min_size=1, max_size=STEPS
)


@each_parser
@given(steps=any_steps, port=st.integers(0, 65535))
@budget()
def test_parser_is_total_for_any_bytes(name: str, steps: list[Step], port: int) -> None:
    lead_through(PARSERS[name], steps, port)


@each_parser
@given(seed=st.integers(0, 1 << 64))
@budget(4)
def test_parser_is_total_for_mutated_payloads(name: str, seed: int) -> None:
    random, parser = Random(seed), PARSERS[name]
    known = own_payloads(name) if random.random() < 0.8 else payloads()
    steps: list[Step] = []
    for _ in range(random.randint(1, STEPS)):
        direction = random.choice(tuple(Direction))
        if random.random() < GAP_SHARE:
            steps.append((direction, random.choice((1, 1460, 1 << 33))))
            continue
        payload = random.choice(known)
        if random.random() < 0.7:
            payload = damaged(payload, random, known)
        steps += [(direction, piece) for piece in cut(payload, random)]
    lead_through(parser, steps, random.choice((*parser.PORTS, 40_001)))


@each_parser
def test_parser_is_total_for_its_own_payloads_in_single_bytes(name: str) -> None:
    for payload in own_payloads(name)[:8]:
        steps: list[Step] = [
            (Direction.ORIGINATOR, payload[at : at + 1]) for at in range(min(len(payload), 600))
        ]
        lead_through(PARSERS[name], steps, min(PARSERS[name].PORTS))


@each_parser
def test_every_parser_meets_its_own_protocol_in_a_case(name: str) -> None:
    assert own_payloads(name) != payloads(), "no payload in pcaps/ is certain to be this parser's"


def lead_through(kind: type[Parser], steps: Iterable[Step], port: int) -> None:
    """Ask and feed a parser as the corridor would, and go on where the corridor would not."""
    protocol = max(kind.PROTOCOL) if port % 2 else min(kind.PROTOCOL)
    flow = make_flow(protocol, port)
    parser = kind(flow, kind.YIELDS)
    for direction, step in steps:
        if isinstance(step, bytes):
            assert isinstance(kind.probe(step, flow, direction), Verdict)
        try:
            seen = parser.gap(direction, step) if isinstance(step, int) else parser.feed(direction, step)
            check_all(kind, seen)
        except Malformed:
            if protocol == IpProtocol.TCP:
                break
        for side in Direction:
            assert 0 <= parser.appetite(side) <= FOREVER
    with suppress(Malformed):
        check_all(kind, parser.end())


def check_all(kind: type[Parser], said: Iterable[Seen]) -> None:
    for seen in said:
        assert seen.type in kind.YIELDS
        assert seen.fields.keys() <= set(OBSERVATIONS[seen.type])
        line(dict(seen.fields))
        for name, value in seen.fields.items():
            assert has_kind(FIELDS[name].kind, value), f"{name} = {value!r}"


def has_kind(kind: FieldKind, value: Any) -> bool:  # noqa: PLR0911 - a table of what each kind holds
    match kind:
        case FieldKind.NAME:
            return (
                isinstance(value, str)
                and value == value.lower()
                and (value == ROOT or not value.endswith("."))
            )
        case FieldKind.TEXT:
            return isinstance(value, str)
        case FieldKind.NUMBER:
            return isinstance(value, int) and not isinstance(value, bool) and value >= 0
        case FieldKind.FLAG:
            return isinstance(value, bool)
        case FieldKind.ADDRESS:
            return isinstance(value, str) and bool(ip_address(value))
        case FieldKind.BYTES:
            return isinstance(value, str) and _HEX.fullmatch(value) is not None
        case FieldKind.NAMES | FieldKind.TEXTS:
            return isinstance(value, list) and all(isinstance(one, str) for one in value)
        case FieldKind.RECORDS:
            return isinstance(value, list) and all(isinstance(one, dict) for one in value)


@cache
def own_payloads(name: str) -> tuple[bytes, ...]:
    """Return the payloads of the cases of which a parser is certain; all of them if there is none."""
    kind = PARSERS[name]
    flows = [make_flow(protocol, port) for protocol in kind.PROTOCOL for port in (*kind.PORTS, 40_001)]
    own = tuple(
        payload
        for payload in payloads()
        if any(
            kind.probe(payload, flow, direction) is Verdict.CERTAIN
            for flow in flows
            for direction in Direction
        )
    )
    return own or payloads()


def cut(payload: bytes, random: Random) -> list[bytes]:
    """Return the payload in one piece or a few."""
    places = sorted(random.randint(0, len(payload)) for _ in range(random.choice((0, 0, 1, 3))))
    return [payload[start:end] for start, end in zip([0, *places], [*places, len(payload)], strict=True)]
