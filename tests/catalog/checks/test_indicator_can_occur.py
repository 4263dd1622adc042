import pytest

from monitor.catalog.checks.indicator_can_occur import CHECK
from tests.catalog._builders import file_text, signature_text
from tests.catalog.checks._subject import said, subject


def of(match: str) -> list[str]:
    return said(CHECK, subject(file_text(signature_text(match=match))))


@pytest.mark.parametrize(
    "match",
    [
        "any: [{ dns.query: { domain: fota.acme-wireless.com } }]",
        "all: [{ ip.dst: { cidr: 106.14.246.0/24 } }, { udp.dst_port: { equals: 9000 } }]",
        "any: [{ http.host: { equals: 106.14.246.239 } }]",
    ],
)
def test_a_live_indicator_passes(match: str) -> None:
    assert [] == of(match)


@pytest.mark.parametrize(
    ("match", "problem"),
    [
        ("any: [{ dns.query: { domain: fota.acme.lan } }]", "no known public suffix"),
        ("any: [{ dns.query: { domain: co.uk } }]", "itself a public suffix"),
        ("any: [{ dns.query: { equals: 106.14.246.239 } }]", "test ip.dst"),
        ("any: [{ ip.dst: { cidr: 10.0.0.0/24 } }]", "not routed"),
        ("any: [{ ip.dst: { cidr: 106.0.0.0/8 } }]", "wider than /16"),
        ("any: [{ udp.dst_port: { equals: 70000 } }]", "no port"),
        (
            "all: [{ dns.query: { domain: acme.com } }, { udp.dst_port: { equals: 53 } }]",
            "no observation carries all",
        ),
    ],
)
def test_a_dead_indicator_is_told(match: str, problem: str) -> None:
    assert any(problem in one for one in of(match)), of(match)
