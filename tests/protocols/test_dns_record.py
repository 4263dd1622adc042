import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.protocols._dns_record import MAX_SHOWN_BYTES, opaque_text, value_text
from tests.kit.dns_wire import wire_name


def text(rtype: int, data: bytes, before: bytes = b"") -> str:
    return value_text(before + data, rtype, len(before), len(before + data), {})


@pytest.mark.parametrize(
    ("rtype", "data", "expected"),
    [
        (1, b"\xc6\x33\x64\x07", "198.51.100.7"),
        (28, bytes.fromhex("20010db8000000000000000000000001"), "2001:db8::1"),
        (2, wire_name("ns.Example.com"), "ns.example.com"),
        (5, wire_name("cdn.example.net"), "cdn.example.net"),
        (12, wire_name("host.example.com"), "host.example.com"),
        (39, wire_name("new.example.com"), "new.example.com"),
        (15, b"\x00\x0a" + wire_name("mx.example.com"), "10 mx.example.com"),
        (16, b"\x0bv=spf1 -all\x00\x01x", '"v=spf1 -all" "" "x"'),
        (99, b"\x01x", '"x"'),
        (33, b"\0\x01\0\x02\x14\xe9" + wire_name("sip.example.com"), "1 2 5353 sip.example.com"),
        (33, b"\0\0\0\0\0\0" + wire_name(""), "0 0 0 ."),
        (
            6,
            wire_name("ns.example.com") + wire_name("root.example.com") + struct.pack("!5I", 1, 2, 3, 4, 5),
            "ns.example.com root.example.com 1 2 3 4 5",
        ),
        (65, b"\0\x01\0\0\x01\0\x03\x02h2", '1 . alpn="h2"'),
        (64, b"\0\0" + wire_name("svc.example.com"), "0 svc.example.com"),
    ],
)
def test_record_reads_as_dig_prints_it(rtype: int, data: bytes, expected: str) -> None:
    assert expected == text(rtype, data)


def test_name_in_a_record_may_be_compressed() -> None:
    assert text(5, b"\x03cdn\xc0\x00", wire_name("example.com")) == "cdn.example.com"


def test_unknown_type_reads_as_rfc_3597_says() -> None:
    assert text(65280, b"\xab\xcd") == "\\# 2 abcd"


def test_empty_record_reads_as_rfc_3597_says() -> None:
    assert text(10, b"") == "\\# 0"


@pytest.mark.parametrize(
    ("rtype", "data"),
    [
        (1, b"\x01\x02\x03"),
        (28, b"\x01\x02\x03\x04"),
        (5, b"\x03www"),
        (5, wire_name("a") + b"\0"),
        (15, b"\x00"),
        (15, b"\x00\x0a"),
        (16, b"\x05ab"),
        (33, b"\0\0\0\0\0"),
        (6, wire_name("a") + wire_name("b") + bytes(19)),
        (65, b"\0\x01"),
    ],
)
def test_record_that_does_not_follow_its_type_is_shown_raw(rtype: int, data: bytes) -> None:
    assert f"\\# {len(data)} {data.hex()}" == text(rtype, data)


def test_name_must_not_read_on_in_the_next_record() -> None:
    assert value_text(b"\x03www\x00", 5, 0, 4, {}) == "\\# 4 03777777"


def test_long_unknown_record_is_cut() -> None:
    shown = opaque_text(bytes(MAX_SHOWN_BYTES + 1), 0, MAX_SHOWN_BYTES + 1)
    assert f"\\# {MAX_SHOWN_BYTES + 1} {'00' * MAX_SHOWN_BYTES}..." == shown


def test_long_text_is_cut() -> None:
    shown = text(16, (b"\xff" + b"a" * 255) * 100)
    assert shown.endswith('aaa" ...')
    assert len(shown) < 2 * MAX_SHOWN_BYTES


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([1, 2, 5, 6, 15, 16, 28, 33, 64, 65, 99, 250]), st.binary(max_size=60))
def test_any_data_have_a_printable_text(rtype: int, data: bytes) -> None:
    shown = text(rtype, data, wire_name("example.com"))
    assert shown.isascii()
    assert shown.isprintable()
