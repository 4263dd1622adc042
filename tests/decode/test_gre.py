import pytest

from monitor.model.packet import Outcome, Tunnel
from tests.decode.frames import ENCAPSULATIONS, INNER4, INNER_ETHERNET, ends, ethernet, over_ip, row_of

V4 = ("172.16.0.1", 40000, "203.0.113.9", 80)


@pytest.mark.parametrize(
    ("name", "tunnel", "tunnel_id"),
    [
        ("gre", Tunnel.GRE, 11),
        ("nvgre", Tunnel.NVGRE, 77),
        ("erspan 1", Tunnel.ERSPAN, 0),
        ("erspan 2", Tunnel.ERSPAN, 33),
        ("erspan 3", Tunnel.ERSPAN, 33),
        ("erspan 3 ip", Tunnel.ERSPAN, 33),
        ("pptp", Tunnel.PPTP, 99),
        ("eoip", Tunnel.GRE, 42),
        ("etherip", Tunnel.ETHERIP, 0),
    ],
)
def test_every_tunnel_leads_to_its_packet(name: str, tunnel: Tunnel, tunnel_id: int) -> None:
    row = row_of(*ENCAPSULATIONS[name])
    assert (V4, tunnel, tunnel_id) == (ends(row), row["tunnel"], row["tunnel_id"])


def test_a_mirror_that_truncates_says_so_and_headers_it_cut_are_snapped() -> None:
    cut = b"\x10\0\x88\xbe" + bytes(4) + b"\x10\x00\x04\x21" + bytes(4) + INNER_ETHERNET[:40]
    told = row_of(1, over_ip(47, cut))
    untold = row_of(1, over_ip(47, cut.replace(b"\x04\x21", b"\x00\x21")))
    assert (Outcome.SNAPPED, Outcome.MALFORMED) == (told["outcome"], untold["outcome"])


@pytest.mark.parametrize(
    "inside",
    [
        b"\0\0\x65\x58" + ethernet(0x0806, bytes(28)),
        b"\x40\0\x08\0" + bytes(8) + INNER4,
        b"\0\x02\x08\0" + INNER4,
        b"\0\0\x12\x34" + INNER4,
        b"\x30\x01\x88\x0b\0\x10\0\x63" + bytes(4) + b"\0\xfd" + bytes(14),
        b"\x20\x81\x88\x0b\0\0\0\x63" + bytes(4),
        b"\x10\0\x88\xbe" + bytes(4) + b"\x70" + bytes(40),
    ],
    ids=["arp", "source routing", "version 2", "unknown type", "encrypted", "acknowledgement", "erspan 7"],
)
def test_a_tunnel_with_nothing_readable_inside_is_itself_the_packet(inside: bytes) -> None:
    row = row_of(1, over_ip(47, inside))
    assert (Outcome.PACKET, 47, Tunnel.NONE) == (row["outcome"], row["protocol"], row["tunnel"])
    assert row["payload"] == inside


def test_a_broken_packet_inside_is_malformed() -> None:
    assert Outcome.MALFORMED == row_of(1, over_ip(47, b"\0\0\x08\0\x4f" + INNER4[1:20]))["outcome"]
    assert Outcome.MALFORMED == row_of(1, over_ip(47, b"\0"))["outcome"]
