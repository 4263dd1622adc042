from typing import Any

import pytest

from monitor.catalog.predicate import MAX_REGEX_INPUT, predicate
from monitor.catalog.records import Test
from monitor.catalog.vocabulary import Operator


def holds(field: str, operator: Operator, wanted: Any, value: Any) -> bool:
    return predicate(Test(field=field, operator=operator, value=wanted))(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("a.example", True), ("x.a.example", True), ("xa.example", False), ("a.example.net", False)],
)
def test_a_domain_holds_for_itself_and_below_by_labels(value: str, expected: bool) -> None:  # noqa: FBT001 - a table
    assert expected is holds("dns.query", Operator.DOMAIN, "a.example", value)


def test_each_operator_says_yes_and_no() -> None:
    assert holds("udp.dst_port", Operator.EQUALS, 53, 53)
    assert not holds("udp.dst_port", Operator.EQUALS, 53, 54)
    assert holds("udp.dst_port", Operator.ONE_OF, (53, 54), 54)
    assert not holds("udp.dst_port", Operator.ONE_OF, (53, 54), 55)
    assert holds("payload.prefix", Operator.HEX, "4143", "414344")
    assert not holds("payload.prefix", Operator.HEX, "4143", "41")
    assert holds("ip.dst", Operator.CIDR, "198.51.100.0/24", "198.51.100.255")
    assert not holds("ip.dst", Operator.CIDR, "198.51.100.0/24", "198.51.101.0")
    assert not holds("ip.dst", Operator.CIDR, "198.51.100.0/24", "2001:db8::1")
    assert holds("mqtt.topic", Operator.REGEX, "^a/[0-9]+$", "a/1")
    assert not holds("mqtt.topic", Operator.REGEX, "^a/[0-9]+$", "xa/1")


def test_one_element_of_a_list_is_enough() -> None:
    assert holds("tls.alpn", Operator.EQUALS, "h2", ["http/1.1", "h2"])
    assert holds("tls.certificate_names", Operator.DOMAIN, "acme.example", ["*.acme.example"])
    assert not holds("tls.alpn", Operator.EQUALS, "h2", [])


def test_a_regular_expression_sees_a_bounded_part_of_the_value() -> None:
    assert not holds("mqtt.topic", Operator.REGEX, "^a*b", "a" * MAX_REGEX_INPUT + "b")
