import pytest

from monitor.model.packet import NO_VLAN, Outcome, Tunnel
from tests.decode.frames import ENCAPSULATIONS, INNER4, INNER_ETHERNET, ends, ethernet, ipv4, row_of, tcp

V4 = ("172.16.0.1", 40000, "203.0.113.9", 80)


@pytest.mark.parametrize(
    ("name", "vlan"),
    [("plain4", NO_VLAN), ("vlan", 5), ("qinq", 6), ("old qinq", 6), ("vn-tag", NO_VLAN), ("e-tag", NO_VLAN)],
)
def test_the_innermost_vlan_is_the_packets(name: str, vlan: int) -> None:
    row = row_of(*ENCAPSULATIONS[name])
    assert (Outcome.PACKET, vlan) == (row["outcome"], row["vlan"])


def test_a_priority_tag_names_no_vlan() -> None:
    assert NO_VLAN == row_of(1, ethernet(0x8100, b"\xe0\0\x08\0" + INNER4))["vlan"]
    assert 5 == row_of(1, ethernet(0x88A8, b"\0\x05\x81\0\xe0\0\x08\0" + INNER4))["vlan"]


def test_an_inner_ethernet_header_begins_without_a_vlan() -> None:
    row = row_of(1, ethernet(0x8100, b"\0\x05\x88\xe7\0\0\0\x09" + INNER_ETHERNET))
    assert (NO_VLAN, Tunnel.PBB, 9) == (row["vlan"], row["tunnel"], row["tunnel_id"])


@pytest.mark.parametrize("name", ["snap", "llc ip", "fabric path", "macsec clear", "pbb"])
def test_what_is_readable_is_read(name: str) -> None:
    assert ends(row_of(*ENCAPSULATIONS[name])) == V4


def test_encrypted_macsec_is_opaque() -> None:
    assert Outcome.OPAQUE == row_of(*ENCAPSULATIONS["macsec"])["outcome"]


@pytest.mark.parametrize("kind", [0x0806, 0x88CC, 0x888E, 0x8863, 0x05FF, 0xFFFF])
def test_leaves_are_not_ip(kind: int) -> None:
    assert Outcome.NOT_IP == row_of(1, ethernet(kind, bytes(46)))["outcome"]


def test_spanning_tree_is_not_ip() -> None:
    assert Outcome.NOT_IP == row_of(1, ethernet(38, b"\x42\x42\x03" + bytes(43)))["outcome"]


def test_padding_is_no_payload() -> None:
    row = row_of(1, ethernet(0x0800, ipv4(6, tcp(b""))) + bytes(6))
    assert (0, 0, 40) == (row["payload_captured"], row["payload_wire"], row["ip_bytes"])
