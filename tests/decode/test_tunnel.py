import pytest

from monitor.model.packet import NO_VLAN, Outcome, Tunnel
from tests.decode.frames import (
    A4,
    B4,
    ENCAPSULATIONS,
    INNER4,
    INNER_ETHERNET,
    TEREDO6,
    VXLAN,
    ends,
    ethernet,
    over_udp,
    row_of,
)

V4 = ("172.16.0.1", 40000, "203.0.113.9", 80)
V6 = ("2001:db8:1::1", 40000, "2001:db8:1::2", 53)


@pytest.mark.parametrize(
    ("name", "expected", "tunnel", "tunnel_id"),
    [
        ("gtpu", V4, Tunnel.GTPU, 12345),
        ("gtpu 5g", V6, Tunnel.GTPU, 12345),
        ("gtpu ethernet", V4, Tunnel.GTPU, 12345),
        ("l2tp", V4, Tunnel.L2TP, 0x10002),
        ("teredo", ("2001:0:1:2::3", 40000, "2001:db8:1::2", 53), Tunnel.TEREDO, 0),
        ("tzsp", V4, Tunnel.TZSP, 0),
    ],
)
def test_every_tunnel_leads_to_its_packet(
    name: str, expected: tuple[str, int, str, int], tunnel: Tunnel, tunnel_id: int
) -> None:
    row = row_of(*ENCAPSULATIONS[name])
    assert (expected, tunnel, tunnel_id) == (ends(row), row["tunnel"], row["tunnel_id"])


@pytest.mark.parametrize(
    ("port", "payload"),
    [
        (4789, b"\x08no such thing"),
        (4789, VXLAN),
        (4789, b"\0" + VXLAN[1:] + INNER_ETHERNET),
        (4789, VXLAN + ethernet(0x0806, bytes(28))),
        (4789, VXLAN + ethernet(0x0800, b"\x4f" + INNER4[1:])),
        (6081, b"\x80\0\x65\x58\0\0\x4d\0" + INNER_ETHERNET),
        (2152, b"\x32\x01\0\x04" + bytes(8)),
        (2152, b"\x30\xff\xff\xff\0\0\0\x01" + INNER4),
        (2152, b"\x30\xff\0\x05\0\0\0\x01" + INNER4),
        (2152, b"\x34\xff\0\x40" + bytes(7) + b"\x85\0" + bytes(60)),
        (1701, b"\xc8\x02\0\x0c" + bytes(8)),
        (1701, b"\0\x03\0\0" + bytes(8)),
        (3544, TEREDO6[:-1]),
        (6635, b"\0\0\0\0" * 20),
        (37008, b"\x01\x04\0\x01\x01"),
        (37008, b"\x01\0\0\x01" + bytes(70)),
        (4790, b"\x0c\0\0\x09" + bytes(40)),
    ],
)
def test_something_else_on_the_port_of_a_tunnel_stays_a_datagram(port: int, payload: bytes) -> None:
    row = row_of(1, over_udp(port, payload))
    assert (Outcome.PACKET, (A4, 50000, B4, port), Tunnel.NONE, 0, NO_VLAN) == (
        row["outcome"],
        ends(row),
        row["tunnel"],
        row["key_id"],
        row["vlan"],
    )
    assert payload == row["payload"]


def test_a_tunnel_cut_within_the_inner_headers_stays_a_datagram() -> None:
    whole = ENCAPSULATIONS["vxlan"][1]
    row = row_of(1, whole[:70], wire=len(whole))
    assert (Outcome.PACKET, 4789) == (row["outcome"], row["dst_port"])


@pytest.mark.parametrize(("port", "payload"), [(2152, "gtpu"), (1701, "l2tp"), (3544, "teredo")])
def test_answers_from_the_port_of_a_tunnel_are_followed(port: int, payload: str) -> None:
    tunnelled = ENCAPSULATIONS[payload][1][42:]
    assert Tunnel.NONE != row_of(1, over_udp(1024, tunnelled, src=port))["tunnel"]


def test_an_entropy_source_port_is_no_tunnel() -> None:
    assert Tunnel.NONE == row_of(1, over_udp(1024, VXLAN + INNER_ETHERNET, src=4789))["tunnel"]
