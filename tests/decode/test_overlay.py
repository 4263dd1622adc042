import pytest

from monitor.model.packet import Outcome, Tunnel
from tests.decode.frames import ENCAPSULATIONS, INNER4, ends, ethernet, row_of

V4 = ("172.16.0.1", 40000, "203.0.113.9", 80)
V6 = ("2001:db8:1::1", 40000, "2001:db8:1::2", 53)


@pytest.mark.parametrize(
    ("name", "expected", "tunnel", "tunnel_id", "vni"),
    [
        ("vxlan", V4, Tunnel.VXLAN, 77, 77),
        ("vxlan linux", V6, Tunnel.VXLAN, 77, 77),
        ("vxlan-gpe", V4, Tunnel.VXLAN, 77, 77),
        ("vxlan-gpe nsh", V6, Tunnel.NSH, 5, 77),
        ("nsh", V4, Tunnel.NSH, 5, 0),
        ("geneve", V4, Tunnel.GENEVE, 77, 77),
    ],
)
def test_every_overlay_leads_to_its_packet_and_its_network_to_the_flow_key(
    name: str, expected: tuple[str, int, str, int], tunnel: Tunnel, tunnel_id: int, vni: int
) -> None:
    row = row_of(*ENCAPSULATIONS[name])
    assert (expected, tunnel, tunnel_id) == (ends(row), row["tunnel"], row["tunnel_id"])
    assert vni == row["key_id"] >> 16


@pytest.mark.parametrize("base", [b"\0\x01", b"\x40\x02"], ids=["too short", "version"])
def test_a_service_header_that_contradicts_itself_is_malformed(base: bytes) -> None:
    row = row_of(1, ethernet(0x894F, base + b"\x01\x01\0\0\x05\xff" + INNER4))
    assert row["outcome"] == Outcome.MALFORMED


def test_an_unknown_next_protocol_is_not_ip() -> None:
    row = row_of(1, ethernet(0x894F, b"\0\x02\x01\x09\0\0\x05\xff" + INNER4))
    assert row["outcome"] == Outcome.NOT_IP
