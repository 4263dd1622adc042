from monitor.model.packet import NO_VLAN, Outcome, Tunnel
from tests.decode.frames import (
    A4,
    B4,
    ENCAPSULATIONS,
    INNER4,
    ends,
    ethernet,
    fragments_of,
    frame,
    rows_of,
    tcp,
    udp,
)
from tests.kit.oracle_decode import NOTHING


def test_a_packet_has_every_column() -> None:
    (row,) = rows_of([frame(1, ethernet(0x8100, b"\0\x05\x08\0" + INNER4), ts_ns=12)])
    expected = {
        "ts_ns": 12,
        "number": 1,
        "ip_bytes": 45,
        "payload_offset": 58,
        "payload_captured": 5,
        "payload_wire": 5,
        "src_mac": 0x020000000001,
        "dst_mac": 0x020000000002,
        "tunnel": Tunnel.NONE,
        "sequence": 1000,
        "acknowledgement": 2000,
        "vlan": 5,
        "protocol": 6,
        "tcp_flags": 0x18,
        "outcome": Outcome.PACKET,
        "pooled": 0,
        "payload": b"GET /",
    }
    assert expected == {name: row[name] for name in expected}
    assert ("172.16.0.1", 40000, "203.0.113.9", 80) == ends(row)


def test_a_frame_without_a_packet_leaves_nothing_of_the_row_before() -> None:
    full = [frame(*ENCAPSULATIONS["vxlan linux"])] * 2
    empty = [frame(*ENCAPSULATIONS["arp"]), frame(*ENCAPSULATIONS["unknown"])]
    from monitor.decode.decoder import Decoder

    decoder = Decoder()
    rows_of(full, decoder)
    for row in rows_of(empty, decoder):
        assert NOTHING == {name: row[name] for name in NOTHING}
        assert 0 == row["fingerprint"]


def test_a_fragment_says_whose_it_is_and_has_no_payload() -> None:
    part = fragments_of(udp(bytes(100)), [56, 52])[0]
    (row,) = rows_of([frame(1, part)])
    assert (Outcome.FRAGMENT, 76, 17, 0, NO_VLAN) == tuple(
        row[name] for name in ("outcome", "ip_bytes", "protocol", "payload_wire", "vlan")
    )
    assert (A4, 0, B4, 0) == ends(row)


def test_tcp_columns_of_an_outer_packet_do_not_stay_in_an_inner_one() -> None:
    rows = rows_of([frame(*ENCAPSULATIONS["plain4"]), frame(*ENCAPSULATIONS["6in4"])])
    assert (0, 0, 0) == tuple(rows[1][name] for name in ("sequence", "acknowledgement", "tcp_flags"))
    assert len(tcp()) == 25
