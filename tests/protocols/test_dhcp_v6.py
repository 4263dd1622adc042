import struct
from contextlib import suppress
from socket import AF_INET6, inet_pton

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.dhcp6 import (
    DUID_LL,
    DHCP6_RelayForward,
    DHCP6_Solicit,
    DHCP6OptClientFQDN,
    DHCP6OptClientId,
    DHCP6OptIA_NA,
    DHCP6OptIAAddress,
    DHCP6OptRelayMsg,
)

from monitor.model.errors import Malformed
from monitor.protocols._dhcp_v6 import MAX_OPTIONS, MAX_RELAYS, is_v6, read_v6

MAC = bytes.fromhex("00505682 08d1")
ADDRESS = inet_pton(AF_INET6, "2001:db8::7")
PREFIX = inet_pton(AF_INET6, "2001:db8:1::")
DUID = b"\0\x01\0\x01\x2a\x2b\x2c\x2d" + MAC


def option(code: int, value: bytes) -> bytes:
    return struct.pack("!HH", code, len(value)) + value


def message(message_type: int, *options: bytes) -> bytes:
    return bytes((message_type, 1, 2, 3)) + b"".join(options)


def relayed(inner: bytes, *options: bytes, message_type: int = 12) -> bytes:
    return bytes((message_type, 0)) + bytes(32) + b"".join(options) + option(9, inner)


def address(raw: bytes = ADDRESS) -> bytes:
    return option(5, raw + bytes(8))


def association(*options: bytes) -> bytes:
    return option(3, bytes(12) + b"".join(options))


def test_solicit_tells_who_asks() -> None:
    seen = read_v6(
        message(
            1,
            option(8, b"\0\0"),
            option(1, DUID),
            association(),
            option(39, b"\0\x05TFDSP\x02sp\x05local\0"),
            option(16, b"\0\0\x01\x37\0\x08MSFT 5.0"),
        )
    )
    assert seen == {
        "dhcp.message_type": "solicit",
        "dhcp.hostname": "TFDSP.sp.local",
        "dhcp.vendor_class": "MSFT 5.0",
        "dhcp.client_mac": "00:50:56:82:08:d1",
    }


@pytest.mark.parametrize(
    ("number", "name"),
    [(1, "solicit"), (2, "advertise"), (7, "reply"), (11, "information-request"), (200, "type200")],
)
def test_message_types_have_their_names(number: int, name: str) -> None:
    assert read_v6(message(number)) == {"dhcp.message_type": name}


def test_reply_tells_the_address() -> None:
    assert read_v6(message(7, association(address())))["dhcp.address"] == "2001:db8::7"


def test_temporary_address_is_an_address() -> None:
    assert read_v6(message(7, option(4, bytes(4) + address())))["dhcp.address"] == "2001:db8::7"


def test_prefix_is_told_when_there_is_no_address() -> None:
    delegation = option(25, bytes(12) + option(26, bytes(8) + b"\x38" + PREFIX))
    assert read_v6(message(7, delegation))["dhcp.address"] == "2001:db8:1::"
    assert read_v6(message(7, delegation, association(address())))["dhcp.address"] == "2001:db8::7"


@pytest.mark.parametrize("inner", [b"", address(bytes(16)), option(5, ADDRESS[:15]), option(13, b"\0\x02")])
def test_association_without_an_address_is_left_out(inner: bytes) -> None:
    assert read_v6(message(7, association(inner))) == {"dhcp.message_type": "reply"}


def test_relayed_message_is_the_client_s() -> None:
    solicit = message(1, option(1, DUID))
    assert read_v6(solicit) == read_v6(relayed(relayed(solicit)))


def test_relay_knows_the_hardware_address_better() -> None:
    told = relayed(message(1, option(1, DUID)), option(79, b"\0\x01" + b"\x02" * 6))
    assert read_v6(relayed(told))["dhcp.client_mac"] == "02:02:02:02:02:02"


def test_relay_message_without_a_message_is_told_as_such() -> None:
    assert read_v6(bytes((13, 0)) + bytes(32)) == {"dhcp.message_type": "relay-repl"}


def test_nesting_of_relays_is_bounded() -> None:
    nested = message(1)
    for _ in range(MAX_RELAYS - 1):
        nested = relayed(nested)
    assert read_v6(nested) == {"dhcp.message_type": "solicit"}
    with pytest.raises(Malformed):
        read_v6(relayed(nested))


def test_options_are_bounded() -> None:
    many = option(77, b"") * MAX_OPTIONS
    assert read_v6(message(1, many, option(1, DUID))) == {"dhcp.message_type": "solicit"}


def test_cut_message_keeps_what_was_read() -> None:
    whole = message(1, option(1, DUID), association(address()))
    names = []
    for length in range(len(whole) + 1):
        if length < 4:
            with pytest.raises(Malformed):
                read_v6(whole[:length])
        else:
            names.append(len(read_v6(whole[:length])))
    assert names == [1] * 18 + [2] * 44 + [3]


def test_vendor_classes_are_joined() -> None:
    assert (
        read_v6(message(1, option(16, b"\0\0\0\x09\0\x02v1\0\x00\0\x02v2")))["dhcp.vendor_class"] == "v1 v2"
    )


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (message(1), True),
        (message(1, option(1, DUID)), True),
        (relayed(message(1)), True),
        (message(200), False),
        (message(1)[:3], False),
        (relayed(b"")[:33], False),
        (message(1) + bytes(4), False),
        (b"", False),
    ],
)
def test_header_is_recognized(payload: bytes, *, expected: bool) -> None:
    assert expected == is_v6(payload)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([b"", message(1), relayed(b"")[:34], message(7, b"\0\x03\0\x40")]), st.binary(max_size=80)
)
def test_any_bytes_are_seen_or_malformed(start: bytes, rest: bytes) -> None:
    is_v6(start + rest)
    with suppress(Malformed):
        assert "dhcp.message_type" in read_v6(start + rest)


def test_message_that_scapy_built_is_read() -> None:
    solicit = (
        DHCP6_Solicit(trid=5)
        / DHCP6OptClientId(duid=DUID_LL(lladdr="02:00:00:00:00:07"))
        / DHCP6OptIA_NA(iaid=1, ianaopts=[DHCP6OptIAAddress(addr="2001:db8::9")])
        / DHCP6OptClientFQDN(fqdn="meter.example.com.")
    )
    built = bytes(DHCP6_RelayForward(linkaddr="::", peeraddr="fe80::7") / DHCP6OptRelayMsg(message=solicit))
    assert read_v6(built) == {
        "dhcp.message_type": "solicit",
        "dhcp.hostname": "meter.example.com",
        "dhcp.client_mac": "02:00:00:00:00:07",
        "dhcp.address": "2001:db8::9",
    }
