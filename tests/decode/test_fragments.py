import itertools
from typing import Any

import pytest

from monitor.decode import fragments
from monitor.decode.decoder import Decoder
from monitor.model.packet import Outcome, Tunnel
from tests.decode.frames import (
    INNER_ETHERNET,
    VXLAN,
    Frame,
    ends,
    ethernet,
    fragments_of,
    frame,
    ipv4,
    ipv6,
    row_of,
    rows_of,
    udp,
)

SECOND_NS = 1_000_000_000
PAYLOAD = bytes(range(92))
DATAGRAM = udp(PAYLOAD)


def outcomes(rows: list[dict[str, Any]]) -> list[Outcome]:
    return [Outcome(row["outcome"]) for row in rows]


def in_order(parts: list[bytes], ts_ns: int = 0) -> list[Frame]:
    return [frame(1, part, ts_ns=ts_ns) for part in parts]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_fragments_make_a_datagram_in_any_order(order: tuple[int, ...]) -> None:
    parts = fragments_of(DATAGRAM, [40, 40, 20])
    rows = rows_of(in_order([parts[index] for index in order]))
    assert [Outcome.FRAGMENT, Outcome.FRAGMENT, Outcome.PACKET] == outcomes(rows)
    last = rows[-1]
    assert (1, PAYLOAD, 40000, 53) == tuple(
        last[name] for name in ("pooled", "payload", "src_port", "dst_port")
    )
    assert sum(20 + size for size in (40, 40, 20)) == last["ip_bytes"]


def test_ipv6_fragments_make_a_datagram() -> None:
    def part(offset: int, more: int, content: bytes) -> bytes:
        return ipv6(44, bytes((17, 0)) + (offset | more).to_bytes(2, "big") + bytes(4) + content)

    rows = rows_of([frame(229, part(40, 0, DATAGRAM[40:])), frame(229, part(0, 1, DATAGRAM[:40]))])
    assert (Outcome.PACKET, PAYLOAD) == (rows[1]["outcome"], rows[1]["payload"])


def test_a_tunnel_inside_a_reassembled_datagram_is_followed() -> None:
    whole = udp(VXLAN + INNER_ETHERNET, dst=4789)
    rows = rows_of(in_order(fragments_of(whole, [40, len(whole) - 40])))
    assert (Tunnel.VXLAN, b"GET /", 1) == tuple(rows[1][name] for name in ("tunnel", "payload", "pooled"))
    assert 45 == rows[1]["ip_bytes"]


def test_fragments_inside_a_reassembled_datagram_are_reassembled() -> None:
    inner = [VXLAN + part for part in fragments_of(DATAGRAM, [40, 60], ident=5)]
    outer = [
        fragments_of(udp(part, dst=4789), [32, len(part) + 8 - 32], ident=index)
        for index, part in enumerate(inner, 7)
    ]
    rows = rows_of(in_order(outer[0] + outer[1]))
    assert (Outcome.PACKET, PAYLOAD) == (rows[-1]["outcome"], rows[-1]["payload"])


def test_the_first_bytes_stay_where_fragments_overlap() -> None:
    parts = fragments_of(DATAGRAM, [40, 60])
    other = ethernet(0x0800, ipv4(17, b"X" * 48, ident=99, fragment=0x2000))
    decoder = Decoder()
    rows = rows_of(in_order([parts[0], other, parts[1]]), decoder)
    assert PAYLOAD[:32] + b"X" * 8 + PAYLOAD[40:] == rows[2]["payload"]
    assert 2 == decoder.tally["fragments_overlapping"]


def test_a_fragment_beyond_the_end_is_cut_there() -> None:
    """As in the teardrop attack: the middle one does not end on a unit and the last to come contradicts the end."""
    decoder = Decoder()
    parts = [
        ipv4(17, DATAGRAM[:18], ident=99, fragment=0x2000),
        ipv4(17, DATAGRAM[48:], ident=99, fragment=6),
        ipv4(17, DATAGRAM + bytes(100), ident=99, fragment=0x2000),
    ]
    rows = rows_of([frame(228, part) for part in parts], decoder)
    assert (Outcome.PACKET, PAYLOAD) == (rows[2]["outcome"], rows[2]["payload"])
    assert 2 == decoder.tally["fragments_overlapping"]


def test_an_end_before_what_came_is_believed() -> None:
    parts = [
        ipv4(17, udp(bytes(92)), ident=9, fragment=0x2000 | 5),
        ipv4(17, DATAGRAM[:40], ident=9, fragment=0x2000),
    ]
    last = ipv4(17, b"", ident=9, fragment=6)
    rows = rows_of([frame(228, part) for part in (*parts, ipv4(17, b"12345678", ident=9, fragment=6))])
    assert Outcome.MALFORMED == rows[2]["outcome"]  # 56 bytes, though the UDP length says 100
    assert Outcome.MALFORMED == row_of(228, last)["outcome"]


def test_a_second_end_does_not_uncover_what_the_pool_held_before() -> None:
    secret = fragments_of(udp(b"S" * 92), [40, 60], ident=1)
    parts = [
        ipv4(17, DATAGRAM[:32], ident=2, fragment=0x2000),
        ipv4(17, DATAGRAM[40:], ident=2, fragment=5),
        ipv4(17, DATAGRAM[32:33], ident=2, fragment=4),
    ]
    decoder = Decoder()
    for _ in range(fragments.SLOTS):
        rows_of(in_order(secret), decoder)
    rows = [rows_of([frame(228, part)], decoder)[0] for part in parts]
    assert [Outcome.FRAGMENT] * 3 == outcomes(rows)


def test_a_datagram_too_long_is_refused() -> None:
    decoder = Decoder()
    rows = rows_of([frame(228, ipv4(17, bytes(64), fragment=0x1FFF))], decoder)
    assert ([Outcome.MALFORMED], 1) == (outcomes(rows), decoder.tally["fragments_refused"])


def test_fragments_that_stay_away_time_out_in_event_time() -> None:
    parts = fragments_of(DATAGRAM, [40, 60])
    for wait_ns, expected, timed_out in (
        (30 * SECOND_NS, Outcome.PACKET, 0),
        (30 * SECOND_NS + 1, Outcome.FRAGMENT, 1),
    ):
        decoder = Decoder()
        rows = rows_of([frame(1, parts[0]), frame(1, parts[1], ts_ns=wait_ns)], decoder)
        assert (expected, timed_out) == (rows[1]["outcome"], decoder.tally["fragments_timed_out"])


def test_a_full_pool_evicts_the_oldest_and_counts_it() -> None:
    heads, tails = zip(
        *(fragments_of(DATAGRAM, [40, 60], ident=index) for index in range(fragments.CAPACITY + 1)),
        strict=True,
    )
    decoder = Decoder()
    rows_of(in_order(list(heads)), decoder)
    assert 1 == decoder.tally["fragments_evicted"]
    rows = rows_of(in_order([tails[1], tails[-1]]), decoder)
    assert [Outcome.PACKET, Outcome.PACKET] == outcomes(rows)


def test_snapped_fragments_still_name_their_flow() -> None:
    first, last = fragments_of(DATAGRAM, [40, 60])
    rows = rows_of([(1, first[:50], len(first), 0), frame(1, last)])
    assert (Outcome.PACKET, 8, 92, PAYLOAD[:8]) == tuple(
        rows[1][name] for name in ("outcome", "payload_captured", "payload_wire", "payload")
    )
    assert 53 == ends(rows[1])[3]


def test_many_completed_datagrams_are_handed_over_in_parts() -> None:
    pairs = [fragments_of(udp(bytes((index,)) * 92), [40, 60], ident=index) for index in range(100)]
    rows = rows_of(in_order(list(itertools.chain(*pairs))))
    payloads = [row["payload"] for row in rows if row["outcome"] == Outcome.PACKET]
    assert [bytes((index,)) * 92 for index in range(100)] == payloads
