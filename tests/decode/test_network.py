import pytest

from monitor.model.packet import Outcome
from tests.decode.frames import ENCAPSULATIONS, INNER4, INNER6, ends, ethernet, ipv4, ipv6, row_of, tcp, udp


@pytest.mark.parametrize(
    ("at", "value"), [(0, 0x55), (0, 0x44), (0, 0x4F), (3, 19)], ids=["version", "short", "long", "total"]
)
def test_an_ipv4_header_that_contradicts_itself_is_malformed(at: int, value: int) -> None:
    broken = bytearray(INNER4)
    broken[at] = value
    assert Outcome.MALFORMED == row_of(228, bytes(broken))["outcome"]


def test_an_ipv6_header_of_another_version_is_malformed() -> None:
    assert Outcome.MALFORMED == row_of(229, b"\x40" + INNER6[1:])["outcome"]


def test_a_length_of_zero_means_what_the_frame_holds() -> None:
    row = row_of(*ENCAPSULATIONS["off-load"])
    assert (45, b"GET /") == (row["ip_bytes"], row["payload"])
    big = ipv6(6, tcp(b"x" * 70))
    row = row_of(229, big[:4] + b"\0\0" + big[6:])
    assert (130, 70) == (row["ip_bytes"], row["payload_wire"])


def test_a_datagram_longer_than_its_frame_keeps_what_its_header_says() -> None:
    row = row_of(1, ethernet(0x0800, ipv4(6, tcp(b"x" * 100)))[:-60])
    assert (Outcome.PACKET, 140, 40, 100) == tuple(
        row[name] for name in ("outcome", "ip_bytes", "payload_captured", "payload_wire")
    )


def test_extension_headers_are_stepped_over() -> None:
    row = row_of(*ENCAPSULATIONS["extensions"])
    assert ("2001:db8::7", 40000, "2001:db8::9", 80) == ends(row)


def test_an_authentication_header_is_stepped_over_in_both_versions() -> None:
    assert 53 == row_of(*ENCAPSULATIONS["authentication"])["dst_port"]
    assert 53 == row_of(229, ipv6(51, b"\x11\x04" + bytes(22) + udp()))["dst_port"]


def test_authentication_headers_without_end_are_too_deep() -> None:
    assert Outcome.TOO_DEEP == row_of(228, ipv4(51, (b"\x33\x04" + bytes(22)) * 17 + udp()))["outcome"]


def test_an_atomic_fragment_is_a_whole_datagram() -> None:
    assert Outcome.PACKET == row_of(*ENCAPSULATIONS["atomic fragment"])["outcome"]


def test_nothing_may_follow_the_header() -> None:
    row = row_of(*ENCAPSULATIONS["no next header"])
    assert (Outcome.PACKET, 59, 40, 0) == tuple(
        row[name] for name in ("outcome", "protocol", "ip_bytes", "payload_wire")
    )
