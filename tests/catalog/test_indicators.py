"""Signatures as clauses: what is bound stays bound, and a value is a value."""

import re

import pytest

from monitor.catalog.indicators import (
    Atom,
    Clause,
    Condition,
    Endpoint,
    as_pattern,
    clauses,
    combinations,
    endpoint,
    escaped,
    is_name,
    is_portable,
)
from monitor.catalog.vocabulary import Operator
from tests.catalog._builders import signature

BOUND = "all: [{ ip.dst: { one_of: [192.0.2.7, 192.0.2.8] } }, { tcp.dst_port: { equals: 1883 } }]"
EITHER = "any: [{ dns.query: { one_of: [a.example, b.example] } }, { tls.sni: { domain: c.example } }]"


def test_any_gives_a_clause_for_every_test() -> None:
    first, second = clauses(signature(EITHER))
    assert Condition("dns.query", Operator.EQUALS, ("a.example", "b.example")) == first.only
    assert Condition("tls.sni", Operator.DOMAIN, ("c.example",)) == second.only


def test_all_gives_one_clause_that_holds_together() -> None:
    (only,) = clauses(signature(BOUND))
    assert only.only is None
    assert ("ip.dst", "tcp.dst_port") == only.fields


def test_combinations_bind_each_value_to_each_other() -> None:
    (clause,) = clauses(signature(BOUND))
    spelt = [tuple(atom.value for atom in atoms) for atoms in combinations(clause)]
    assert [("192.0.2.7", 1883), ("192.0.2.8", 1883)] == spelt


def test_too_many_combinations_are_none() -> None:
    many = tuple(map(str, range(1000)))
    clause = Clause("acme.x", (Condition("http.path", Operator.EQUALS, many),) * 2)
    assert [] == list(combinations(clause))


def test_endpoint_keeps_transport_and_port() -> None:
    (clause,) = clauses(signature(BOUND))
    assert Endpoint(("192.0.2.7", "192.0.2.8"), "tcp", (1883,)) == endpoint(clause)


def test_endpoint_of_a_bare_network_has_no_port() -> None:
    clause = Clause("acme.x", (Condition("ip.dst", Operator.CIDR, ("192.0.2.0/24",)),))
    assert Endpoint(("192.0.2.0/24",), None, ()) == endpoint(clause)


@pytest.mark.parametrize(
    "fields",
    [
        ("tcp.dst_port",),
        ("ip.dst", "payload.prefix"),
        ("ip.dst", "ip.dst"),
        ("ip.dst", "tcp.dst_port", "udp.dst_port"),
        ("ip.dst", "tcp.dst_port", "payload.prefix"),
    ],
)
def test_anything_beside_address_and_one_port_is_no_endpoint(fields: tuple[str, ...]) -> None:
    clause = Clause("acme.x", tuple(Condition(field, Operator.EQUALS, ("1",)) for field in fields))
    assert endpoint(clause) is None


def test_too_many_endpoints_are_no_endpoint() -> None:
    addresses = tuple(f"10.{number >> 8}.{number & 255}.1" for number in range(5000))
    ports = tuple(range(1, 101))
    clause = Clause(
        "acme.x",
        (
            Condition("ip.dst", Operator.EQUALS, addresses),
            Condition("tcp.dst_port", Operator.EQUALS, ports),
        ),
    )
    assert endpoint(clause) is None


def test_the_outer_name_of_ech_is_no_name_of_the_remote() -> None:
    assert [True, True, False, False] == [
        is_name(field) for field in ("dns.query", "tls.certificate_names", "tls.outer_sni", "http.path")
    ]


@pytest.mark.parametrize(
    ("operator", "value", "yes", "no"),
    [
        (Operator.EQUALS, "a.example", "a.example", "axexample"),
        (Operator.DOMAIN, "a.example", "x.a.example", "xa.example"),
        (Operator.PREFIX, "/f+(", "/f+(x", "/ff("),
        (Operator.REGEX, "^ab?$", "a", "abb"),
    ],
)
def test_pattern_means_what_the_operator_means(operator: Operator, value: str, yes: str, no: str) -> None:
    pattern = as_pattern(Atom("dns.query", operator, value))
    assert [True, False] == [re.match(pattern, text) is not None for text in (yes, no)]


def test_escaped_text_matches_itself_alone() -> None:
    text = r"a.b^c$d*e+f?g{h}i[j]k\l|m(n)"
    assert re.fullmatch(escaped(text), text)


def test_named_groups_are_not_portable() -> None:
    assert [False, True] == [is_portable(pattern) for pattern in ("^(?P<x>a)", r"(?i)^\d+$")]
