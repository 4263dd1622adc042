import pytest

from monitor.model.packet import Outcome, Tunnel
from tests.decode.frames import ENCAPSULATIONS, INNER4, INNER6, ends, ethernet, row_of

V4 = ("172.16.0.1", 40000, "203.0.113.9", 80)


def test_a_pppoe_session_is_followed_with_its_id() -> None:
    row = row_of(*ENCAPSULATIONS["pppoe"])
    assert (V4, Tunnel.PPPOE, 42) == (ends(row), row["tunnel"], row["tunnel_id"])


def test_pppoe_of_another_version_is_malformed_and_another_code_not_ip() -> None:
    assert Outcome.MALFORMED == row_of(1, ethernet(0x8864, b"\x12\0\0\x2a\0\x2f\0\x21" + INNER4))["outcome"]
    assert Outcome.NOT_IP == row_of(1, ethernet(0x8864, b"\x11\xa7\0\x2a\0\0"))["outcome"]


@pytest.mark.parametrize("head", [b"\xff\x03\0\x21", b"\xff\x03\x21", b"\0\x21", b"\x21"])
def test_fields_that_may_be_left_out_may_be_left_out(head: bytes) -> None:
    assert ends(row_of(9, head + INNER4)) == V4


@pytest.mark.parametrize("protocol", [0x002D, 0x002F, 0x003D, 0x0053, 0x0055, 0x00FB, 0x00FD])
def test_compressed_and_encrypted_packets_are_opaque(protocol: int) -> None:
    assert Outcome.OPAQUE == row_of(9, b"\xff\x03" + protocol.to_bytes(2, "big") + INNER4)["outcome"]


def test_link_control_is_not_ip() -> None:
    assert Outcome.NOT_IP == row_of(9, b"\xff\x03\xc0\x21\x01\x01\0\x04")["outcome"]


def test_mpls_over_ppp() -> None:
    row = row_of(9, b"\xff\x03\x02\x81\x00\x02\x01\x40" + INNER6)
    assert (Outcome.PACKET, Tunnel.MPLS) == (row["outcome"], row["tunnel"])
