import pytest

from monitor.protocols._dhcp_text import MAX_TEXT_CHARACTERS, duid_mac, mac_text, option_text, wire_name_text

MAC = bytes.fromhex("b0c5541c7185")


def test_text_loses_its_padding() -> None:
    assert option_text(b"meter-17\0\0") == "meter-17"


def test_text_is_utf8_without_control_characters() -> None:
    assert option_text(b"caf\xc3\xa9\x07\xff") == "caf\u00e9\\x07\ufffd"


def test_text_is_bounded() -> None:
    assert option_text(b"a" * 1000) == "a" * MAX_TEXT_CHARACTERS


@pytest.mark.parametrize(
    ("hardware_type", "raw", "expected"),
    [(1, MAC, "b0:c5:54:1c:71:85"), (1, MAC[:5], None), (1, bytes(6), None), (32, MAC, None), (1, b"", None)],
)
def test_mac_is_of_ethernet_only(hardware_type: int, raw: bytes, expected: str | None) -> None:
    assert expected == mac_text(hardware_type, raw)


@pytest.mark.parametrize(
    ("duid", "expected"),
    [
        (b"\0\x01\0\x01\x2a\x2b\x2c\x2d" + MAC, "b0:c5:54:1c:71:85"),
        (b"\0\x03\0\x01" + MAC, "b0:c5:54:1c:71:85"),
        (b"\0\x03\0\x06" + MAC, None),
        (b"\0\x02\0\0\x01\x02" + MAC, None),
        (b"\0\x04" + bytes(range(16)), None),
        (b"\0\x01\0\x01", None),
        (b"\0", None),
        (b"", None),
    ],
)
def test_mac_is_inside_a_duid_of_link_layer_types(duid: bytes, expected: str | None) -> None:
    assert expected == duid_mac(duid)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"\x08Meter-17\x07example\x03com\0", "Meter-17.example.com"),
        (b"\x08Meter-17", "Meter-17"),
        (b"\x08Met", "Met"),
        (b"\0", ""),
        (b"", ""),
        (b"\xc0\x00", ""),
    ],
)
def test_name_in_wire_form_may_be_partial(raw: bytes, expected: str) -> None:
    assert expected == wire_name_text(raw)
