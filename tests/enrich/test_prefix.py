from ipaddress import IPv4Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.enrich.prefix import (
    ADDRESS_BITS,
    AddressTable,
    Prefix,
    PrefixTable,
    address_number,
    is_address,
    network_prefix,
)


def test_the_longest_prefix_decides() -> None:
    table: PrefixTable[str] = PrefixTable(8)
    table.add(Prefix(0b1000_0000, 1), "short")
    table.add(Prefix(0b1010_0000, 3), "long")
    assert ("long", "short", None) == (table.find(0b1011_1111), table.find(0b1100_0000), table.find(1))


def test_the_first_item_of_a_prefix_stays() -> None:
    table: PrefixTable[str] = PrefixTable(8)
    table.add(Prefix(0, 8), "first")
    table.add(Prefix(0, 8), "second")
    assert table.find(0) == "first"


def test_ipv4_stands_in_the_mapped_range() -> None:
    assert address_number("1.2.3.4") == 0xFFFF_0102_0304
    assert address_number("::ffff:1.2.3.4") == 0xFFFF_0102_0304
    assert network_prefix("10.0.0.0/8") == Prefix(0xFFFF_0A00_0000, 104)
    assert network_prefix("2001:db8::1") == Prefix(0x20010DB8 << 96 | 1, 128)


@pytest.mark.parametrize("text", ["", "example.org", "1.2.3", "1.2.3.4/33", "10.1.0.0/8"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        network_prefix(text)


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(ValueError, match="not an IP address"):
        address_number("nonsense")


@given(st.lists(st.ip_addresses(v=4), min_size=1, max_size=8), st.integers(0, 32), st.ip_addresses(v=4))
def test_it_agrees_with_the_standard_library(bases: list[object], bits: int, probe: object) -> None:
    networks = [ip_network(f"{base}/{bits}", strict=False) for base in bases]
    table: PrefixTable[bool] = PrefixTable(ADDRESS_BITS)
    for network in networks:
        table.add(network_prefix(str(network)), item=True)
    address = ip_address(str(probe))
    assert any(address in network for network in networks) == bool(table.find(address_number(str(probe))))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1.2.3.4", True), ("2001:db8::1", True), ("[2001:db8::1]", True), ("example.org", False), ("", False)],
)
def test_a_host_may_be_an_address(text: str, expected: bool) -> None:  # noqa: FBT001 - a table
    assert expected == is_address(text)


@pytest.mark.parametrize(
    ("network", "ip", "found"),
    [
        ("::/0", "1.2.3.4", True),
        ("::ffff:0:0/96", "1.2.3.4", True),
        ("0.0.0.0/0", "1.2.3.4", True),
        ("::/80", "1.2.3.4", True),
        ("::/96", "1.2.3.4", False),
        ("2001:db8::/32", "1.2.3.4", False),
        ("1.2.3.0/24", "2001:db8::1", False),
        ("::/0", "2001:db8::1", True),
    ],
)
def test_a_prefix_of_ipv6_holds_for_ipv4_where_it_covers_the_mapped_range(
    network: str, ip: str, *, found: bool
) -> None:
    table: AddressTable[str] = AddressTable()
    table.add("2001:db8:1::/48", "another")
    table.add(network, "this")
    assert (table.find(ip) == "this") is found


@given(st.lists(st.tuples(st.ip_addresses(v=4), st.integers(0, 32)), max_size=5), st.ip_addresses(v=4))
def test_an_address_that_begins_like_no_network_is_in_none(
    networks: list[tuple[IPv4Address, int]], address: IPv4Address
) -> None:
    known = [ip_network((network, bits), strict=False) for network, bits in networks]
    table: AddressTable[bool] = AddressTable()
    for network in known:
        table.add(str(network), item=True)
    assert bool(table.find(str(address))) == any(address in network for network in known)


@given(st.ip_addresses())
def test_an_address_is_found_by_its_number_as_by_its_text(probe: object) -> None:
    table: AddressTable[str] = AddressTable()
    for network in ("128.0.0.0/1", "8000::/1", "::/8"):
        table.add(network, network)
    assert table.find_number(address_number(str(probe))) == table.find(str(probe))
