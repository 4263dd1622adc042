import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model.errors import Malformed
from monitor.protocols._mqtt_packet import (
    FILTERS,
    PROPERTIES,
    TEXT_CHARACTERS,
    Connect,
    find_alias,
    is_chain,
    read_connect,
    read_number,
    read_properties,
    read_subscribe,
    shown,
)


def text(value: bytes) -> bytes:
    return len(value).to_bytes(2, "big") + value


def connect(name: bytes, level: int, flags: int, *rest: bytes) -> bytes:
    return text(name) + bytes((level, flags)) + b"\x00\x3c" + b"".join(rest)


@pytest.mark.parametrize(
    ("coded", "expected"),
    [
        ("00", 0),
        ("7f", 127),
        ("8001", 128),
        ("ff7f", 16383),
        ("80808001", 2_097_152),
        ("ffffff7f", 268_435_455),
    ],
)
def test_variable_byte_integers_are_those_of_table_1_1(coded: str, expected: int) -> None:
    assert (expected, 1 + len(coded) // 2) == read_number(b"x" + bytes.fromhex(coded) + b"rest", 1)


@pytest.mark.parametrize("coded", ["", "80", "ffff", "808080"])
def test_a_cut_integer_is_not_known_yet(coded: str) -> None:
    assert read_number(bytes.fromhex(coded), 0) is None


def test_an_integer_of_five_bytes_is_malformed() -> None:
    with pytest.raises(Malformed):
        read_number(b"\x80\x80\x80\x80\x01", 0)


def test_connect_of_each_version_is_read() -> None:
    old = connect(b"MQIsdp", 3, 0x02, text(b"dev-1"))
    assert read_connect(old) == Connect("3.1", 3, 60, "dev-1", None)
    common = connect(b"MQTT", 4, 0xC2, text(b"dev-1"), text(b"user"), text(b"secret"))
    assert read_connect(common) == Connect("3.1.1", 4, 60, "dev-1", "user")
    properties = b"\x05\x11\x00\x00\x00\x78"
    new = connect(b"MQTT", 5, 0x82, properties, text(b""), text(b"user"))
    assert read_connect(new) == Connect("5", 5, 60, "", "user")


def test_a_will_is_stepped_over() -> None:
    will = text(b"will/topic") + text(b"\x00payload")
    assert read_connect(connect(b"MQTT", 4, 0x86, text(b"c"), will, text(b"u"))) == Connect(
        "3.1.1", 4, 60, "c", "u"
    )
    new = connect(b"MQTT", 5, 0x86, b"\x00", text(b"c"), b"\x02\x01\x01", will, text(b"u"))
    assert read_connect(new) == Connect("5", 5, 60, "c", "u")


def test_a_bridge_connects_like_others() -> None:
    assert read_connect(connect(b"MQTT", 0x84, 0, text(b"b"))) == Connect("3.1.1", 4, 60, "b", None)


def test_an_announced_name_may_be_missing_in_3_1() -> None:
    assert read_connect(connect(b"MQIsdp", 3, 0xC2, text(b"c"))) == Connect("3.1", 3, 60, "c", None)


def test_an_unknown_version_is_not_malformed() -> None:
    assert read_connect(connect(b"MQTT", 9, 0, text(b"c"))) is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        text(b"MQTT"),
        connect(b"MQTT", 4, 0),
        connect(b"MQTT", 4, 0, b"\x00\x09abc"),
        connect(b"MQTT", 5, 0, b"\x7f", text(b"c")),
        connect(b"MQTT", 4, 0x06, text(b"c"), text(b"topic")),
    ],
)
def test_strings_beyond_a_connect_are_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_connect(body)


@pytest.mark.parametrize(
    ("body", "level", "expected"),
    [
        (b"\x00\x01" + text(b"a/+") + b"\x00" + text(b"b/#") + b"\x01", 4, ["a/+", "b/#"]),
        (b"\x00\x01\x02\x0b\x05" + text(b"a") + b"\x00", 5, ["a"]),
        (b"\x00\x01" + text(b"a") + b"\x00", 0, ["a"]),
        (b"\x00\x01\x00" + text(b"a") + b"\x00", 0, ["a"]),
    ],
)
def test_each_filter_of_a_subscribe_is_read(body: bytes, level: int, expected: list[str]) -> None:
    assert expected == read_subscribe(body, level)


def test_only_so_many_filters_are_read() -> None:
    assert len(read_subscribe(b"\x00\x01" + (text(b"a") + b"\x00") * 1000, 4)) == FILTERS


@pytest.mark.parametrize("rest", [b"\x00\x00\x00", b"\x00\x01a", b"\x00\x09a\x00"])
def test_filters_without_name_or_options_are_malformed(rest: bytes) -> None:
    with pytest.raises(Malformed):
        read_subscribe(b"\x00\x01" + rest, 4)


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        (b"", None),
        (b"\x23\x00\x07", 7),
        (b"\x01\x01\x02\x00\x00\x00\x09\x03" + text(b"json") + b"\x23\x01\x00", 256),
        (b"\x26" + text(b"key") + text(b"value") + b"\x0b\x80\x01\x23\x00\x01", 1),
        (b"\x7f\x23\x00\x07", None),
        (b"\x01\x00" * PROPERTIES + b"\x23\x00\x07", None),
    ],
)
def test_the_alias_is_found_among_other_properties(properties: bytes, expected: int | None) -> None:
    assert expected == find_alias(properties)


def test_properties_are_waited_for_and_bounded() -> None:
    data = b"\x03\x23\x00\x01payload"
    assert read_properties(data, 0, 100, 100) == b"\x23\x00\x01"
    assert read_properties(data[:2], 0, 100, 100) is None
    assert read_properties(data, 0, 100, 2) == b""
    with pytest.raises(Malformed):
        read_properties(data, 0, 3, 100)
    with pytest.raises(Malformed):
        read_properties(data, 3, 3, 100)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ("c000", True),
        ("d000c000", True),
        ("20020000", True),
        ("30050003612f62", True),
        ("30ff7f0003612f6200000000", True),
        ("30ff7f0003612f", True),
        ("c00030ff7f0003612f62", False),
        ("c001ff", False),
        ("36050003612f62", False),
        ("3005000361002b", False),
        ("30050003612b62", False),
        ("30040003612f", False),
        ("3005000361ff62", False),
        ("8003000161", False),
        ("160301020001", False),
        ("0000", False),
        ("30", False),
        ("30ffffffffff", False),
    ],
)
def test_only_consistent_packets_make_a_chain(payload: str, expected: bool) -> None:  # noqa: FBT001 - a table
    assert expected is is_chain(bytes.fromhex(payload))


@given(st.binary(max_size=80), st.sampled_from([0, 3, 4, 5]))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read_or_malformed(body: bytes, level: int) -> None:
    is_chain(body)
    for read in (
        lambda: read_connect(body),
        lambda: read_connect(b"\0\4MQTT\5" + body),
        lambda: read_subscribe(body, level),
        lambda: find_alias(body),
    ):
        try:
            read()
        except Malformed:
            continue


def test_names_are_cut() -> None:
    assert shown(b"a" * 70000) == "a" * TEXT_CHARACTERS
