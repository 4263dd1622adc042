from contextlib import suppress

import dpkt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.dhcp import BOOTP, DHCP

from monitor.model.errors import Malformed
from monitor.protocols._dhcp_v4 import HEADER_BYTES, MAX_OPTIONS, is_v4, read_v4

MAC = bytes.fromhex("b0c5541c7185")
COOKIE = b"\x63\x82\x53\x63"
NONE = bytes(4)


def option(code: int, value: bytes) -> bytes:
    return bytes((code, len(value))) + value


def message(
    *options: bytes,
    operation: int = 1,
    ciaddr: bytes = NONE,
    yiaddr: bytes = NONE,
    chaddr: bytes = MAC,
    sname: bytes = b"",
    file: bytes = b"",
    hardware_type: int = 1,
) -> bytes:
    head = bytes((operation, hardware_type, len(chaddr), 0)) + bytes(8) + ciaddr + yiaddr + bytes(8)
    head += chaddr.ljust(16, b"\0") + sname.ljust(64, b"\0") + file.ljust(128, b"\0")
    return head + COOKIE + b"".join(options)


def test_request_tells_who_asks_for_what() -> None:
    seen = read_v4(
        message(
            option(53, b"\x03"),
            option(50, bytes((10, 0, 0, 7))),
            option(12, b"meter-17\0"),
            option(60, b"udhcp 1.12.1"),
            option(55, b"\x01\x03\x06"),
            b"\xff",
        )
    )
    assert seen == {
        "dhcp.message_type": "request",
        "dhcp.hostname": "meter-17",
        "dhcp.vendor_class": "udhcp 1.12.1",
        "dhcp.client_mac": "b0:c5:54:1c:71:85",
        "dhcp.address": "10.0.0.7",
    }


@pytest.mark.parametrize(
    ("number", "name"),
    [(1, "discover"), (2, "offer"), (5, "ack"), (6, "nak"), (7, "release"), (8, "inform"), (18, "tls")],
)
def test_message_types_have_their_names(number: int, name: str) -> None:
    assert name == read_v4(message(option(53, bytes((number,)))))["dhcp.message_type"]


@pytest.mark.parametrize("number", [0, 19, 255])
def test_unknown_message_type_is_named_by_its_number(number: int) -> None:
    assert f"type{number}" == read_v4(message(option(53, bytes((number,)))))["dhcp.message_type"]


def test_plain_bootp_has_no_message_type() -> None:
    assert read_v4(message(b"\xff")) == {"dhcp.client_mac": "b0:c5:54:1c:71:85"}


def test_address_is_the_one_given_else_asked_for_else_in_use() -> None:
    given_, asked, used = bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2)), bytes((10, 0, 0, 3))
    wanted = option(50, asked)
    assert read_v4(message(wanted, yiaddr=given_, ciaddr=used))["dhcp.address"] == "10.0.0.1"
    assert read_v4(message(wanted, ciaddr=used))["dhcp.address"] == "10.0.0.2"
    assert read_v4(message(ciaddr=used))["dhcp.address"] == "10.0.0.3"
    assert "dhcp.address" not in read_v4(message(option(50, b"\x0a")))


def test_host_name_stands_before_fqdn() -> None:
    fqdn = option(81, b"\x00\0\0Meter.example.com.")
    assert read_v4(message(fqdn))["dhcp.hostname"] == "Meter.example.com"
    assert read_v4(message(fqdn, option(12, b"m")))["dhcp.hostname"] == "m"
    assert "dhcp.hostname" not in read_v4(message(option(81, b"\x00\0\0")))


def test_fqdn_may_be_in_wire_form() -> None:
    assert read_v4(message(option(81, b"\x05\0\0\x05Meter\x03lan\0")))["dhcp.hostname"] == "Meter.lan"


def test_vendor_class_may_come_with_its_enterprise() -> None:
    vivco = option(124, b"\0\0\x0d\xe9\x05ACME1" + b"\0\0\0\x01\x02\x00\xff" + b"\0\0\0\x02\x02v2")
    assert read_v4(message(vivco))["dhcp.vendor_class"] == "ACME1 v2"
    assert read_v4(message(vivco, option(60, b"MSFT 5.0")))["dhcp.vendor_class"] == "MSFT 5.0"


def test_mac_may_be_in_the_client_identifier_only() -> None:
    duid = b"\xff\0\0\0\x01\0\x03\0\x01" + MAC
    for value in (b"\x01" + MAC, duid):
        seen = read_v4(message(option(61, value), chaddr=b"", hardware_type=32))
        assert seen["dhcp.client_mac"] == "b0:c5:54:1c:71:85"
    assert "dhcp.client_mac" not in read_v4(message(option(61, b"\0opaque"), chaddr=b""))


def test_option_in_parts_is_joined() -> None:
    assert (
        read_v4(message(option(60, b"very "), option(12, b"m"), option(60, b"long")))["dhcp.vendor_class"]
        == "very long"
    )


@pytest.mark.parametrize(
    ("overload", "hostname", "vendor_class"), [(1, "f", None), (2, None, "s"), (3, "f", "s"), (9, None, None)]
)
def test_options_go_on_in_the_fields_that_are_overloaded(
    overload: int, hostname: str | None, vendor_class: str | None
) -> None:
    seen = read_v4(
        message(
            option(52, bytes((overload,))),
            b"\xff",
            file=option(12, b"f") + b"\xff",
            sname=option(60, b"s") + b"\xff",
        )
    )
    assert (hostname, vendor_class) == (seen.get("dhcp.hostname"), seen.get("dhcp.vendor_class"))


def test_cut_message_keeps_what_was_read() -> None:
    whole = message(option(53, b"\x01"), b"\0", option(12, b"meter"), option(60, b"acme"))
    names = []
    for length in range(len(whole) + 1):
        if length < HEADER_BYTES:
            with pytest.raises(Malformed):
                read_v4(whole[:length])
        else:
            names.append(len(read_v4(whole[:length])))
    assert names == [1] * 3 + [2] * 8 + [3] * 6 + [4]


def test_options_are_bounded() -> None:
    many = option(77, b"") * MAX_OPTIONS
    assert "dhcp.hostname" not in read_v4(message(many, option(12, b"m")))
    assert read_v4(message(option(12, b"m"), many, option(53, b"\x01")))["dhcp.hostname"] == "m"


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        message()[:-1],
        message().replace(COOKIE, b"abcd"),
        message(operation=3),
        message()[:2] + b"\x11" + message()[3:],
    ],
)
def test_other_headers_are_malformed(payload: bytes) -> None:
    assert not is_v4(payload)
    with pytest.raises(Malformed):
        read_v4(payload)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=80), st.binary(max_size=64), st.binary(max_size=128))
def test_any_options_are_seen(options: bytes, sname: bytes, file: bytes) -> None:
    assert read_v4(message(options, sname=sname, file=file))["dhcp.client_mac"] == "b0:c5:54:1c:71:85"


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_seen_or_malformed(payload: bytes) -> None:
    with suppress(Malformed):
        read_v4(payload)


def test_message_that_scapy_built_is_read_as_dpkt_reads_it() -> None:
    built = bytes(
        BOOTP(op=2, yiaddr="192.0.2.9", chaddr=MAC)
        / DHCP(
            options=[("message-type", "offer"), ("hostname", b"meter"), ("vendor_class_id", b"acme"), "end"]
        )
    )
    oracle = dpkt.dhcp.DHCP(built)
    options = dict(oracle.opts)
    seen = read_v4(built)
    assert options[53] == b"\x02"
    assert seen["dhcp.message_type"] == "offer"
    assert options[12].decode() == seen["dhcp.hostname"]
    assert options[60].decode() == seen["dhcp.vendor_class"]
    assert oracle.chaddr[:6].hex(":") == seen["dhcp.client_mac"]
    assert seen["dhcp.address"] == "192.0.2.9"
