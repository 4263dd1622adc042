from monitor.catalog.checks.addresses_carry_their_port import CHECK
from tests.catalog._builders import file_text, signature_text
from tests.catalog.checks._subject import said, subject


def of(match: str) -> list[str]:
    return said(CHECK, subject(file_text(signature_text(match=match))))


def test_a_bare_address_is_told_and_a_bound_one_is_not() -> None:
    bare = ["acme.fota: an address needs 'all' with its tcp.dst_port or udp.dst_port"]
    assert bare == of("any: [{ ip.dst: { equals: 198.51.100.7 } }]")
    assert bare == of("any: [{ ip.dst: { equals: 198.51.100.7 } }, { udp.dst_port: { equals: 53 } }]")
    assert [] == of("all: [{ ip.dst: { equals: 198.51.100.7 } }, { udp.dst_port: { equals: 53 } }]")
