"""The flow table against its plain-Python oracle, whatever comes and however it is batched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.flow.settings import Settings
from monitor.flow.table import FlowTable
from monitor.model import address
from monitor.model.flow import Direction, Flow, FlowTotals, Moment
from monitor.model.packet import PACKET, PacketBatch
from tests.kit.oracle_flow import OracleTable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pytest

SECOND = 1_000_000_000
SETTINGS = Settings(capacity=4)
TIMEOUTS = {
    "opening": 120 * SECOND,
    "established": 3600 * SECOND,
    "closed": 10 * SECOND,
    "udp": 180 * SECOND,
    "other": 60 * SECOND,
}
HOSTS = ["10.0.0.1", "10.0.0.2", "198.51.100.9", "fd00::1"]


def packet(**changes: Any) -> dict[str, Any]:
    return {
        "ts_ns": SECOND,
        "src": HOSTS[0],
        "dst": HOSTS[2],
        "src_port": 40000,
        "dst_port": 443,
        "protocol": 6,
        "key_id": 0,
        "tcp_flags": 0x10,
        "sequence": 100,
        "payload_wire": 0,
        "payload": b"",
        "ip_bytes": 60,
        "fingerprint": 0,
        **changes,
    }


def batch(rows: list[dict[str, Any]], first_ordinal: int = 0) -> PacketBatch:
    packets = np.zeros(len(rows), PACKET)
    buffer = bytearray()
    for row, packet_ in zip(packets, rows, strict=True):
        row["src_high"], row["src_low"] = address.words(packet_["src"])
        row["dst_high"], row["dst_low"] = address.words(packet_["dst"])
        for name in (
            "ts_ns",
            "src_port",
            "dst_port",
            "protocol",
            "key_id",
            "tcp_flags",
            "sequence",
            "ip_bytes",
        ):
            row[name] = packet_[name]
        row["fingerprint"] = packet_["fingerprint"]
        row["payload_offset"] = len(buffer)
        row["payload_captured"] = len(packet_["payload"])
        row["payload_wire"] = max(packet_["payload_wire"], len(packet_["payload"]))
        row["number"] = first_ordinal + 1
        buffer += packet_["payload"]
    return PacketBatch(
        packets=packets,
        buffer=np.frombuffer(bytes(buffer) or b"\0", np.uint8),
        pool=np.zeros(1, np.uint8),
        first_ordinal=first_ordinal,
        clock_ns=max((row["ts_ns"] for row in rows), default=0),
    )


class Happened(NamedTuple):
    """One thing that a reader was told."""

    what: str
    flow: Flow
    direction: Direction
    moment: Moment
    payload: bytes = b""
    missing: int = 0
    totals: FlowTotals | None = None


class Reader:
    """Writes down what it is told of one flow."""

    swallow: Callable[[Direction, memoryview], bool] | None = None

    def __init__(self, flow: Flow) -> None:
        self.flow = flow

    def wants(self, direction: Direction) -> bool:
        return True

    def payload(self, direction: Direction, payload: bytes, moment: Moment) -> list[Happened]:
        return [Happened("payload", self.flow, direction, moment, payload)]

    def gap(self, direction: Direction, missing: int, moment: Moment) -> list[Happened]:
        return [Happened("gap", self.flow, direction, moment, missing=missing)]

    def ended(self, totals: FlowTotals, moment: Moment) -> list[Happened]:
        return [Happened("ended", self.flow, Direction.ORIGINATOR, moment, totals=totals)]


class Listener:
    """Opens such a reader for every flow."""

    def started(self, flow: Flow, direction: Direction, moment: Moment) -> tuple[Reader, list[Happened]]:
        return Reader(flow), [Happened("started", flow, direction, moment)]


def new_table(
    settings: Settings = SETTINGS,
    *,
    seed: int = 7,
    workers: int = 1,
    worker: int = 0,
    home: Sequence[str] = (),
) -> FlowTable[Happened]:
    table: FlowTable[Happened] = FlowTable(settings, seed=seed, workers=workers, worker=worker, home=home)
    table.listen(Listener())
    return table


def replay(
    rows: list[dict[str, Any]], sizes: list[int], table: FlowTable[Happened] | None = None
) -> list[Happened]:
    table = table or new_table()
    events: list[Happened] = []
    at = 0
    while at < len(rows):
        size = sizes[at % len(sizes)]
        events += table.feed(batch(rows[at : at + size], at))
        at += size
    return events + list(table.finish(len(rows)))


def told(events: list[Happened]) -> list[tuple[Any, ...]]:
    log: list[tuple[Any, ...]] = []
    for event in events:
        flow, totals = event.flow, event.totals
        if event.what == "started":
            log.append(("started", flow.id, (flow.orig_ip, flow.orig_port), (flow.resp_ip, flow.resp_port)))
        elif totals is not None:
            packets = (totals.orig_packets, totals.resp_packets)
            size = (totals.orig_bytes, totals.resp_bytes)
            end = (str(totals.reason), totals.end_ns, packets, size, totals.duplicates)
            log.append(("ended", flow.id, event.moment[0], *end))
        elif flow.protocol != 6:
            log.append(("payload", flow.id, int(event.direction), event.moment[1], len(event.payload)))
    return log


packets = st.builds(
    lambda step, ends, ports, protocol, flags, sequence, size, mark: {
        "step": step,
        **packet(
            src=HOSTS[ends[0]],
            dst=HOSTS[ends[1]],
            src_port=ports[0],
            dst_port=ports[1],
            protocol=protocol,
            tcp_flags=flags if protocol == 6 else 0,
            sequence=sequence,
            payload=b"x" * size,
            payload_wire=size,
            ip_bytes=40 + size,
            fingerprint=mark,
        ),
    },
    st.sampled_from(
        [0, 1, 5_000_000, SECOND, 11 * SECOND, 70 * SECOND, 200 * SECOND, 4000 * SECOND, -SECOND]
    ),
    st.tuples(st.integers(0, 3), st.integers(0, 3)),
    st.sampled_from([(40000, 443), (443, 40000), (40001, 443), (5353, 5353)]),
    st.sampled_from([6, 6, 6, 17, 1, 50]),
    st.sampled_from([0x02, 0x12, 0x10, 0x18, 0x11, 0x04, 0x14, 0x00]),
    st.sampled_from([100, 200, 2**32 - 1]),
    st.sampled_from([0, 0, 3]),
    st.sampled_from([0, 1, 2, 2**40 + 5]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(packets, max_size=60), st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_the_table_tells_what_the_oracle_tells(rows: list[dict[str, Any]], sizes: list[int]) -> None:
    clock = 1000 * SECOND
    for row in rows:
        clock += row["step"]
        row["ts_ns"] = clock
    oracle = OracleTable(TIMEOUTS, 10_000_000, capacity=4)
    for ordinal, row in enumerate(rows):
        oracle.take(row, ordinal)
    oracle.finish()
    protocol_of = {entry[1]: rows[entry[1]]["protocol"] for entry in oracle.log if entry[0] == "started"}
    expected = [e for e in oracle.log if e[0] != "payload" or protocol_of[e[1]] != 6]
    assert expected == told(replay(rows, sizes))


@settings(max_examples=40, deadline=None)
@given(st.lists(packets, max_size=50))
def test_workers_share_the_flows_and_lose_none(rows: list[dict[str, Any]]) -> None:
    clock = 1000 * SECOND
    for row in rows:
        clock += row["step"]
        row["ts_ns"] = clock
    roomy = Settings(capacity=64)
    alone = told(replay(rows, [7], new_table(roomy, seed=3)))
    shared: list[tuple[Any, ...]] = []
    for worker in range(2):
        shared += told(replay(rows, [5], new_table(roomy, seed=3, workers=2, worker=worker)))
    assert sorted(map(repr, alone)) == sorted(map(repr, shared))


def payload_of(events: list[Happened], direction: Direction) -> list[bytes | int]:
    return [
        event.payload or event.missing
        for event in events
        if event.direction == direction and event.what in {"payload", "gap"}
    ]


def test_payload_comes_in_order_whatever_the_order_of_segments() -> None:
    rows = [
        packet(tcp_flags=0x02, sequence=2**32 - 2),
        packet(sequence=2, payload=b"cd"),
        packet(sequence=2**32 - 1, payload=b"abX"),
        packet(sequence=4, payload=b"ef"),
    ]
    assert [b"abX", b"cd", b"ef"] == payload_of(replay(rows, [1]), Direction.ORIGINATOR)


def test_a_segment_cut_by_the_snap_length_leaves_a_gap() -> None:
    rows = [
        packet(sequence=10, payload=b"ab", payload_wire=5),
        packet(sequence=15, payload=b"fg"),
    ]
    assert [b"ab", 3, b"fg"] == payload_of(replay(rows, [8]), Direction.ORIGINATOR)


def test_a_lost_segment_is_declared_when_the_flow_ends() -> None:
    rows = [packet(sequence=10, payload=b"ab"), packet(sequence=20, payload=b"kl")]
    assert [b"ab", 8, b"kl"] == payload_of(replay(rows, [8]), Direction.ORIGINATOR)


def test_a_sated_direction_brings_no_more_payload() -> None:
    table = new_table()
    rows = [packet(sequence=100 + i, payload=b"x", ts_ns=SECOND + i) for i in range(5)]
    seen = []
    for event in table.feed(batch(rows)):
        if event.what == "payload":
            seen.append(event.moment[1])
            table.sated(event.flow, event.direction)
    assert [0] == seen


def test_a_full_table_evicts_the_flow_longest_silent_and_counts_it() -> None:
    table = new_table()
    rows = [packet(src_port=40000 + i, ts_ns=SECOND * (i + 1)) for i in range(6)]
    ended = [event.flow.orig_port for event in table.feed(batch(rows)) if event.totals]
    assert [40000, 40001] == ended
    assert (2, 4) == (table.tally["evicted"], table.tally["active"])


def test_an_idle_batch_carries_only_the_time() -> None:
    table = new_table()
    list(table.feed(batch([packet(protocol=17, tcp_flags=0)])))
    ended = list(table.advance(SECOND * 1000, 1))
    assert [SECOND * 181] == [event.moment[0] for event in ended]


def test_what_stays_inside_the_site_is_counted_and_not_told() -> None:
    table = new_table(home=["10.0.0.0/8", "fd00::/8"])
    inside = packet(dst=HOSTS[1], payload=b"x")
    group = packet(dst="239.255.255.250", protocol=17, tcp_flags=0, dst_port=1900, payload=b"x")
    look_up = packet(dst=HOSTS[1], protocol=17, tcp_flags=0, dst_port=53, payload=b"x")
    outside = packet(payload=b"x")
    happened = replay([inside, group, look_up, outside], [4], table)
    assert [53, 443] == [one.flow.resp_port for one in happened if one.what == "started"]
    assert 2 == table.tally["silent"]
    assert 0 == table.tally["active"]


def test_what_waits_beyond_holes_is_bounded_over_all_flows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.flow.table.MAX_WAITING_BYTES", 3)
    table = new_table()
    rows = [packet(src_port=40000 + i, sequence=10, payload=b"a") for i in range(3)]
    rows += [packet(src_port=40000 + i, sequence=15, payload=b"zz") for i in range(3)]
    happened = [one for one in table.feed(batch(rows)) if one.what == "gap"]
    assert [40001, 40002] == [one.flow.orig_port for one in happened]
    assert 2 == table.tally["impatient"]
    assert 1 == sum(one.missing == 4 for one in table.finish(6))
