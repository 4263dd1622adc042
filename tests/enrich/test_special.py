from ipaddress import IPv4Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.enrich.special import SPECIAL

_CHANGED_IN_THE_STANDARD_LIBRARY = ("192.0.0.", "192.88.99.")


@pytest.mark.parametrize(
    "ip",
    ["10.1.1.1", "203.0.113.1", "224.0.0.1", "255.255.255.255", "2001:db8::1", "fe80::1", "ff02::1", "::1"],
)
def test_special_addresses_are_in_no_place(ip: str) -> None:
    assert SPECIAL.find(ip)


@pytest.mark.parametrize(
    "ip", ["8.8.8.8", "192.0.1.1", "198.17.255.255", "2001:4860::1", "2002::1", "2606:4700::1"]
)
def test_others_are_somewhere(ip: str) -> None:
    assert SPECIAL.find(ip) is None


@settings(max_examples=200, deadline=None)
@given(st.ip_addresses(v=4))
def test_it_agrees_with_the_standard_library_on_ipv4(address: IPv4Address) -> None:
    expected = not address.is_global or address.is_multicast
    if not str(address).startswith(_CHANGED_IN_THE_STANDARD_LIBRARY):
        assert expected == bool(SPECIAL.find(str(address)))
