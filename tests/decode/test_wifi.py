import pytest

from monitor.model.packet import Outcome
from tests.decode.frames import ENCAPSULATIONS, INNER4, MAC_A, MAC_B, ends, row_of

V4 = ("172.16.0.1", 40000, "203.0.113.9", 80)
LLC = b"\xaa\xaa\x03\0\0\0\x08\0"
OTHER = bytes.fromhex("0200000000ff")


def data_frame(flags: int, *addresses: bytes) -> bytes:
    one, two, three = addresses[:3]
    fourth = b"".join(addresses[3:])
    return b"\x08" + bytes((flags, 0, 0)) + one + two + three + b"\0\0" + fourth + LLC + INNER4


@pytest.mark.parametrize(
    ("flags", "addresses"),
    [
        (0, (MAC_B, MAC_A, OTHER)),
        (1, (OTHER, MAC_A, MAC_B)),
        (2, (MAC_B, OTHER, MAC_A)),
        (3, (OTHER, OTHER, MAC_B, MAC_A)),
    ],
)
def test_source_and_destination_stand_where_the_direction_says(
    flags: int, addresses: tuple[bytes, ...]
) -> None:
    row = row_of(105, data_frame(flags, *addresses))
    assert ends(row) == V4
    assert (MAC_A, MAC_B) == (row["src_mac"].to_bytes(6, "big"), row["dst_mac"].to_bytes(6, "big"))


@pytest.mark.parametrize("name", ["wifi qos wds", "wifi aggregate", "radiotap"])
def test_optional_fields_are_stepped_over(name: str) -> None:
    row = row_of(*ENCAPSULATIONS[name])
    assert (V4, 45, MAC_A) == (ends(row), row["ip_bytes"], row["src_mac"].to_bytes(6, "big"))


@pytest.mark.parametrize("flags", [0x40, 0x04])
def test_protected_and_fragmented_frames_are_opaque(flags: int) -> None:
    assert Outcome.OPAQUE == row_of(105, data_frame(flags, MAC_B, MAC_A, OTHER))["outcome"]


@pytest.mark.parametrize("control", [0x80, 0xB4, 0x48, 0xC8])
def test_beacons_controls_and_null_functions_are_not_ip(control: int) -> None:
    assert Outcome.NOT_IP == row_of(105, bytes((control, 0)) + bytes(60))["outcome"]


def test_a_radiotap_header_of_another_version_is_malformed() -> None:
    assert Outcome.MALFORMED == row_of(127, b"\x01\0\x08\0\0\0\0\0" + bytes(60))["outcome"]


def test_radiotap_words_without_end_are_bounded() -> None:
    assert (
        row_of(127, b"\0\0\xc8\0" + b"\xff" * 196 + data_frame(0, MAC_B, MAC_A, OTHER))["outcome"]
        == Outcome.OPAQUE
    )
