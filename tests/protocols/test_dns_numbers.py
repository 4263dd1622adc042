import dpkt
import pytest
from scapy.layers.dns import dnstypes

from monitor.protocols._dns_numbers import RCODES, TYPES, rcode_name, type_name


@pytest.mark.parametrize(("number", "name"), [(1, "A"), (28, "AAAA"), (65, "HTTPS"), (255, "ANY")])
def test_common_types_have_their_iana_name(number: int, name: str) -> None:
    assert name == type_name(number)


def test_unknown_type_is_named_by_its_number() -> None:
    assert type_name(65280) == "TYPE65280"


@pytest.mark.parametrize(
    ("number", "name"), [(0, "NOERROR"), (3, "NXDOMAIN"), (5, "REFUSED"), (16, "BADVERS")]
)
def test_common_response_codes_have_their_iana_name(number: int, name: str) -> None:
    assert name == rcode_name(number)


def test_unknown_response_code_is_named_by_its_number() -> None:
    assert rcode_name(12) == "RCODE12"


def test_no_name_stands_twice() -> None:
    assert len(TYPES) == len(set(TYPES.values()))
    assert len(RCODES) == len(set(RCODES.values()))


def test_types_are_those_of_scapy() -> None:
    other_spellings = {"ANY": "ALL"}
    differing = {
        (number, name, dnstypes[number])
        for number, name in TYPES.items()
        if number in dnstypes and dnstypes[number] not in {name, other_spellings.get(name)}
    }
    assert differing == set()


def test_response_codes_are_those_of_dpkt() -> None:
    assert dpkt.dns.DNS_RCODE_NXDOMAIN == 3
    assert RCODES[dpkt.dns.DNS_RCODE_NXDOMAIN] == "NXDOMAIN"
    assert RCODES[dpkt.dns.DNS_RCODE_NOTAUTH] == "NOTAUTH"
