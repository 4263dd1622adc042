import pytest

from monitor.catalog.operand import normalise
from monitor.catalog.records import Operand
from monitor.catalog.vocabulary import Operator


@pytest.mark.parametrize(
    ("field", "operator", "value", "expected"),
    [
        ("dns.query", Operator.DOMAIN, "fota.acme.example", "fota.acme.example"),
        ("dns.query", Operator.ONE_OF, ["a.example", "_b.example"], ("a.example", "_b.example")),
        ("ip.dst", Operator.CIDR, "198.51.100.0/24", "198.51.100.0/24"),
        ("ip.dst", Operator.CIDR, "2001:DB8::/32", "2001:db8::/32"),
        ("ip.dst", Operator.EQUALS, "2001:DB8::1", "2001:db8::1"),
        ("udp.dst_port", Operator.EQUALS, 5683, 5683),
        ("udp.dst_port", Operator.ONE_OF, [5683, 5684], (5683, 5684)),
        ("payload.prefix", Operator.HEX, "41 43 4D 45", "41434d45"),
        ("tls.ech", Operator.EQUALS, True, True),
        ("mqtt.topic", Operator.PREFIX, "device/", "device/"),
        ("mqtt.topic", Operator.REGEX, "^q/[0-9]+$", "^q/[0-9]+$"),
    ],
)
def test_a_value_takes_the_form_of_the_wire(
    field: str, operator: Operator, value: object, expected: Operand
) -> None:
    assert expected == normalise(field, operator, value)


@pytest.mark.parametrize(
    ("field", "operator", "value", "problem"),
    [
        ("dns.query", Operator.DOMAIN, "FOTA.acme.example", "lower case"),
        ("dns.query", Operator.DOMAIN, "acme.example.", "final dot"),
        ("dns.query", Operator.DOMAIN, "example", "top-level domain"),
        ("dns.query", Operator.DOMAIN, "b\u00fccher.example", "wire form"),
        ("dns.query", Operator.DOMAIN, "a b.example", "wire form"),
        ("dns.query", Operator.DOMAIN, "-a.example", "wire form"),
        ("dns.query", Operator.DOMAIN, "a..example", "wire form"),
        ("dns.query", Operator.DOMAIN, ".".join(["abcdefgh"] * 30), "wire form"),
        ("dns.query", Operator.CIDR, "198.51.100.0/24", "does not take 'cidr'"),
        ("dns.answers", Operator.EQUALS, "x", "takes: none"),
        ("ip.dst", Operator.CIDR, "198.51.100.7/24", "no network"),
        ("ip.dst", Operator.EQUALS, "198.51.100", "no address"),
        ("udp.dst_port", Operator.EQUALS, "5683", "whole number"),
        ("udp.dst_port", Operator.EQUALS, True, "whole number"),
        ("tls.ech", Operator.EQUALS, "true", "true or false"),
        ("payload.prefix", Operator.HEX, "414", "whole bytes"),
        ("payload.prefix", Operator.HEX, "zz", "whole bytes"),
        ("mqtt.topic", Operator.EQUALS, 7, "in quotes"),
        ("mqtt.topic", Operator.EQUALS, "", "not empty"),
        ("mqtt.topic", Operator.ONE_OF, [], "a list"),
        ("mqtt.topic", Operator.ONE_OF, ["a", "a"], "stands twice"),
        ("mqtt.topic", Operator.REGEX, "q/[0-9]+", "anchored"),
        ("mqtt.topic", Operator.REGEX, "^(a+)+$", "repeated groups"),
        ("mqtt.topic", Operator.REGEX, "^(a|aa)*$", "repeated groups"),
        ("mqtt.topic", Operator.REGEX, "^(?=a)b", "look-around"),
        ("mqtt.topic", Operator.REGEX, "^[a", "no regular expression"),
        ("mqtt.topic", Operator.REGEX, "^" + "a" * 400, "more than 300"),
    ],
)
def test_a_wrong_value_is_told_in_words(field: str, operator: Operator, value: object, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        normalise(field, operator, value)
