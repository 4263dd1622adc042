from monitor.catalog.checks.networks_do_not_overlap import CHECK
from monitor.catalog.identity_block import mac_prefix
from tests.catalog._builders import file_text, signature_text
from tests.catalog.checks._subject import said, subject


def pair(first: str, second: str) -> list[str]:
    texts = [
        signature_text(
            name,
            match=f"all: [{{ ip.dst: {{ cidr: {network} }} }}, {{ udp.dst_port: {{ equals: {port} }} }}]",
        )
        for name, (network, port) in {"one": first.split(), "two": second.split()}.items()
    ]
    return said(CHECK, subject(file_text(*texts)))


def test_the_same_place_and_port_is_told() -> None:
    expected = ["acme.two: its addresses and ports overlap those of acme.one; say why in 'note'"]
    assert expected == pair("198.51.100.0/24 53", "198.51.100.7/32 53")


def test_another_port_or_network_is_fine() -> None:
    assert [] == pair("198.51.100.0/24 53", "198.51.100.7/32 54")
    assert [] == pair("198.51.100.0/24 53", "203.0.113.0/24 53")
    assert [] == pair("198.51.100.0/24 53", "2001:db8::/32 53")


def test_a_mac_block_has_one_vendor() -> None:
    macs = [mac_prefix("009B08", "acme", "Acme"), mac_prefix("009B08", "beta", "Beta")]
    assert ["MAC block 009B08 stands twice: acme, beta"] == said(CHECK, subject(file_text(), macs=macs))
