"""Addresses as two words and as people read them."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import address


@given(st.ip_addresses())
def test_words_and_text_are_each_others_reverse(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if ip.version == 6 and ip.ipv4_mapped is not None:
        return  # such an address is shown as the IPv4 address it maps
    high, low = address.words(str(ip))
    assert ipaddress.ip_address(address.text(high, low)) == ip
    assert (ip.version == 4) == address.is_v4(high, low)


def test_packed_is_network_order() -> None:
    assert b"\x0a\0\0\x01" == address.packed("10.0.0.1")
    assert 16 == len(address.packed("::1"))


def test_text_that_is_no_address_is_refused() -> None:
    with pytest.raises(OSError, match="illegal"):
        address.words("300.1.1.1")


def test_a_link_without_mac_addresses_has_none() -> None:
    assert address.mac_text(0) is None
    assert "02:00:00:00:00:0a" == address.mac_text(0x02000000000A)
