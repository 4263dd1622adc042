from monitor.model.packet import Outcome, Tunnel
from tests.decode.frames import INNER4, VXLAN, ethernet, ipv4, ipv6, over_udp, row_of, tcp, udp


def nested(times: int) -> bytes:
    content = INNER4
    for _ in range(times):
        content = ipv4(4, content)
    return content


def test_eight_ip_headers_are_followed() -> None:
    row = row_of(101, nested(7))
    assert (Outcome.PACKET, 6, Tunnel.IPIP) == (row["outcome"], row["protocol"], row["tunnel"])


def test_nine_ip_headers_are_too_deep_even_below_a_guessed_tunnel() -> None:
    assert Outcome.TOO_DEEP == row_of(101, nested(8))["outcome"]
    assert Outcome.TOO_DEEP == row_of(1, over_udp(4789, VXLAN + ethernet(0x0800, nested(7))))["outcome"]


def test_tags_without_end_are_too_deep() -> None:
    def tagged(tags: int) -> int:
        return int(
            row_of(1, ethernet(0x8100, b"\0\x05\x81\0" * (tags - 1) + b"\0\x05\x08\0" + INNER4))["outcome"]
        )

    assert (Outcome.PACKET, Outcome.TOO_DEEP) == (tagged(60), tagged(62))


def test_extension_headers_without_end_are_too_deep() -> None:
    def extended(headers: int) -> int:
        chain = b"\x3c\0" + bytes(6)
        last = b"\x06\0" + bytes(6)
        return int(row_of(229, ipv6(60, chain * (headers - 1) + last + tcp()))["outcome"])

    assert (Outcome.PACKET, Outcome.TOO_DEEP) == (extended(16), extended(17))


def test_a_header_cut_by_the_capture_is_snapped_and_one_that_was_never_there_malformed() -> None:
    cut = ethernet(0x0800, INNER4)[:40]
    assert Outcome.SNAPPED == row_of(1, cut, wire=80)["outcome"]
    assert Outcome.MALFORMED == row_of(1, cut)["outcome"]


def test_the_flow_key_holds_vlan_and_virtual_network_but_no_tunnel_id_of_one_direction() -> None:
    vlan = ethernet(0x8100, b"\0\x05\x08\0" + INNER4)
    gtpu = over_udp(2152, b"\x30\xff" + len(INNER4).to_bytes(2, "big") + b"\0\0\x30\x39" + INNER4)
    assert 6 == row_of(1, vlan)["key_id"]
    assert 77 << 16 | 6 == row_of(1, over_udp(4789, VXLAN + vlan))["key_id"]
    assert 0 == row_of(1, gtpu)["key_id"]
    assert 0 == row_of(1, ethernet(0x0800, ipv4(17, udp())))["key_id"]
