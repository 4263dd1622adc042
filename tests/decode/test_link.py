import pytest

from monitor.model.packet import Outcome
from tests.decode.frames import ENCAPSULATIONS, INNER4, INNER6, MAC_A, ends, row_of

V4 = ("172.16.0.1", 40000, "203.0.113.9", 80)
V6 = ("2001:db8:1::1", 40000, "2001:db8:1::2", 53)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("null", V4), ("loop", V6), ("raw", V6), ("raw bsd", V4), ("ipv4", V4), ("ipv6", V6), ("sll", V4), ("sll2", V6),
        ("ppp", V4), ("ppp short", V4), ("ppp hdlc cisco", V4), ("ppp direction", V6), ("pppd", V4), ("ppp ether", V4),
        ("cisco", V6), ("wifi", V4), ("radiotap", V4), ("plain4", V4),
    ],
)  # fmt: skip
def test_every_link_type_leads_to_its_packet(name: str, expected: tuple[str, int, str, int]) -> None:
    assert expected == ends(row_of(*ENCAPSULATIONS[name]))


@pytest.mark.parametrize("family", [10, 23, 24, 28, 30])
@pytest.mark.parametrize("order", ["little", "big"])
def test_loopback_families_of_every_system_in_either_byte_order(family: int, order: str) -> None:
    head = family.to_bytes(4, order)  # type: ignore[arg-type]  # a literal
    assert ends(row_of(0, head + INNER6)) == V6


def test_an_unknown_family_is_not_ip() -> None:
    assert Outcome.NOT_IP == row_of(0, b"\x63\0\0\0" + INNER4)["outcome"]
    assert Outcome.NOT_IP == row_of(0, b"\x01\x02\x03\x04" + INNER4)["outcome"]


def test_a_cooked_capture_has_the_source_address_only() -> None:
    row = row_of(*ENCAPSULATIONS["sll"])
    assert (int.from_bytes(MAC_A, "big"), 0) == (row["src_mac"], row["dst_mac"])


def test_cooked_frames_that_are_not_ethernet_are_not_ip() -> None:
    assert Outcome.NOT_IP == row_of(113, b"\0\0\x03\x38\0\0" + bytes(8) + b"\0\x0c" + bytes(20))["outcome"]


def test_raw_bytes_of_no_ip_version_are_not_ip() -> None:
    assert Outcome.NOT_IP == row_of(101, b"\x50" + bytes(30))["outcome"]


def test_an_unknown_link_type_is_said_so() -> None:
    assert Outcome.UNKNOWN_LINK_TYPE == row_of(147, INNER4)["outcome"]


def test_an_empty_frame_of_any_link_type_is_harmless() -> None:
    for link_type in {link_type for link_type, _ in ENCAPSULATIONS.values()}:
        assert row_of(link_type, b"")["outcome"] in {Outcome.MALFORMED, Outcome.UNKNOWN_LINK_TYPE}
