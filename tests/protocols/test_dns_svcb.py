import struct

import pytest

from monitor.model.errors import Malformed
from monitor.protocols._dns_svcb import MAX_PARAMETER_BYTES, MAX_PARAMETERS, svcb_text
from tests.kit.dns_wire import wire_name


def service(*parameters: tuple[int, bytes], priority: int = 1, target: str = "") -> bytes:
    pairs = (struct.pack("!HH", key, len(value)) + value for key, value in parameters)
    return struct.pack("!H", priority) + wire_name(target) + b"".join(pairs)


def text(data: bytes) -> str:
    return svcb_text(data, 0, len(data), {})


def test_alias_has_a_target_only() -> None:
    assert text(service(priority=0, target="Foo.example.com")) == "0 foo.example.com"


def test_service_reads_as_dig_prints_it() -> None:
    data = service(
        (1, b"\x02h3\x02h2"),
        (4, bytes([192, 0, 2, 1, 192, 0, 2, 2])),
        (5, b"\x00\x04abcd"),
        (6, bytes.fromhex("20010db8000000000000000000000001")),
    )
    expected = '1 . alpn="h3,h2" ipv4hint=192.0.2.1,192.0.2.2 ech=AARhYmNk ipv6hint=2001:db8::1'
    assert expected == text(data)


# RFC 9460 appendix D.2 gives these in wire and in presentation form.
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (service((3, b"\x00\x35"), priority=16, target="foo.example.com"), "16 foo.example.com port=53"),
        (service((667, b"hello"), target="foo.example.com"), '1 foo.example.com key667="hello"'),
        (
            service((667, b"hello\xd2qoo"), target="foo.example.com"),
            '1 foo.example.com key667="hello\\210qoo"',
        ),
        (
            service((0, b"\0\x01\0\x04"), (1, b"\x02h2\x05h3-19"), (4, b"\xc0\0\2\1"), priority=16),
            '16 . mandatory=alpn,ipv4hint alpn="h2,h3-19" ipv4hint=192.0.2.1',
        ),
        (service((1, b"\x08f\\oo,bar\x02h2"), priority=16), '16 . alpn="f\\\\\\\\oo\\\\,bar,h2"'),
    ],
)
def test_the_examples_of_rfc_9460(data: bytes, expected: str) -> None:
    assert expected == text(data)


def test_flags_have_no_value() -> None:
    assert text(service((2, b""), (8, b""), (700, b""))) == "1 . no-default-alpn ohttp key700"


def test_dohpath_and_mandatory_unknown_key() -> None:
    data = service((0, b"\x02\x9b"), (7, b"/dns-query{?dns}"))
    assert text(data) == '1 . mandatory=key667 dohpath="/dns-query{?dns}"'


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\x01",
        service() + b"\0",
        service() + b"\0\x01\0\x05\x02h2",
        service((0, b"\0")),
        service((1, b"\x09h2")),
        service((2, b"x")),
        service((3, b"\x35")),
        service((4, b"\x01\x02\x03")),
        service((4, b"")),
        service((6, bytes(15))),
    ],
)
def test_parameters_that_contradict_themselves_are_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        text(data)


def test_target_must_not_read_on_in_the_next_record() -> None:
    with pytest.raises(Malformed):
        svcb_text(service(target="example.com"), 0, 8, {})


def test_number_of_parameters_is_bounded() -> None:
    data = service(*((1000 + at, b"") for at in range(MAX_PARAMETERS + 5)))
    assert len(text(data).split()) == 2 + MAX_PARAMETERS


@pytest.mark.parametrize("key", [5, 7, 700])
def test_long_value_is_cut(key: int) -> None:
    shown = text(service((key, b"a" * 5000)))
    assert shown.endswith("...")
    assert len(shown) < 2 * MAX_PARAMETER_BYTES
