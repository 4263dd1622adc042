import pytest

from monitor.model.packet import Outcome, Tunnel
from tests.decode.frames import ENCAPSULATIONS, INNER4, ends, ethernet, row_of

V4 = ("172.16.0.1", 40000, "203.0.113.9", 80)
BOTTOM = b"\x00\x02\x01\x40"


@pytest.mark.parametrize("name", ["mpls ip", "pseudowire", "pseudowire bare", "mpls in ip", "mpls in udp"])
def test_what_lies_below_the_labels_is_found(name: str) -> None:
    row = row_of(*ENCAPSULATIONS[name])
    assert (V4, Tunnel.MPLS, 32) == (ends(row), row["tunnel"], row["tunnel_id"])


@pytest.mark.parametrize("first", [0x40, 0x60, 0x00, 0x10])
def test_a_mac_address_that_looks_like_ip_is_not_taken_for_it(first: int) -> None:
    frame = bytes((first,)) + bytes(5) + b"\x02\0\0\0\0\x01\x08\0" + INNER4
    assert ends(row_of(1, ethernet(0x8847, BOTTOM + frame))) == V4


def test_an_associated_channel_is_not_ip() -> None:
    assert Outcome.NOT_IP == row_of(1, ethernet(0x8847, BOTTOM + b"\x10" + bytes(40)))["outcome"]


def test_labels_without_a_bottom_end_at_the_bound() -> None:
    assert (
        Outcome.MALFORMED
        == row_of(1, ethernet(0x8847, b"\x00\x02\x00\x40" * 16 + BOTTOM + INNER4))["outcome"]
    )
    assert (
        Outcome.PACKET == row_of(1, ethernet(0x8847, b"\x00\x02\x00\x40" * 15 + BOTTOM + INNER4))["outcome"]
    )
