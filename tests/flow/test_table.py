"""The flow table against its plain-Python oracle, whatever comes and however it is batched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.flow._kernel import MAX_UNREAD
from monitor.flow.settings import Settings
from monitor.flow.table import FlowTable
from monitor.model import address
from monitor.model.flow import BySide, Direction, EndReason, Flow, FlowTotals, Moment
from monitor.model.packet import PACKET, PacketBatch
from tests.kit.oracle_flow import OracleTable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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

    def span(self, direction: Direction) -> int:
        return 0

    def absorbed(self, direction: Direction, count: int) -> None:
        raise AssertionError

    def payload(self, direction: Direction, payload: bytes, moment: Moment) -> list[Happened]:
        return [Happened("payload", self.flow, direction, moment, payload)]

    def gap(self, direction: Direction, missing: int, moment: Moment) -> list[Happened]:
        return [Happened("gap", self.flow, direction, moment, missing=missing)]

    def active(self, totals: FlowTotals, direction: Direction, moment: Moment) -> list[Happened]:
        return [Happened("active", self.flow, direction, moment, totals=totals)]

    def ended(self, totals: FlowTotals, moment: Moment) -> list[Happened]:
        return [Happened("ended", self.flow, Direction.ORIGINATOR, moment, totals=totals)]


class Listener:
    """Opens such a reader for every flow."""

    def started(self, flow: Flow, direction: Direction, moment: Moment) -> tuple[Reader, list[Happened]]:
        return Reader(flow), [Happened("started", flow, direction, moment)]

    def resumed(self, flow: Flow, heard: BySide, wanted: BySide) -> Reader:
        return Reader(flow)


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
            earlier = (totals.told_orig_bytes, totals.told_resp_bytes)
            if event.what == "active":
                assert totals.reason is EndReason.ACTIVE
                log.append(("active", flow.id, int(event.direction), event.moment[1], size, earlier))
                continue
            end = (str(totals.reason), totals.end_ns, packets, size, totals.duplicates, earlier)
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
        [
            0,
            1,
            5_000_000,
            SECOND,
            11 * SECOND,
            70 * SECOND,
            200 * SECOND,
            310 * SECOND,
            4000 * SECOND,
            -SECOND,
        ]
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
    oracle = OracleTable(TIMEOUTS, 10_000_000, capacity=4, active_ns=300 * SECOND)
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


@settings(max_examples=100, deadline=None)
@given(st.lists(packets, max_size=60), st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_an_attempt_from_outside_is_told_when_it_is_taken_up(
    rows: list[dict[str, Any]], sizes: list[int]
) -> None:
    clock = 1000 * SECOND
    for row in rows:
        clock += row["step"]
        row["ts_ns"] = clock
    oracle = OracleTable(TIMEOUTS, 10_000_000, capacity=64, active_ns=10**18)
    for ordinal, row in enumerate(rows):
        oracle.take(row, ordinal)
    oracle.finish()
    shown = {
        flow
        for row, (flow, side, again) in zip(rows, oracle.whose, strict=True)
        if not is_internal(rows[flow]) and (not is_attempt(rows[flow]) or (not again and takes_up(row, side)))
    }
    roomy = Settings(capacity=64, active_timeout="10000d")
    table = new_table(roomy, home=["10.0.0.0/8", "fd00::/8"])
    happened = told(replay(rows, sizes, table))
    ended = [one for one in oracle.log if one[0] == "ended"]
    assert [one for one in ended if one[1] in shown] == [one for one in happened if one[0] == "ended"]
    assert shown == {one[1] for one in happened if one[0] == "started"}
    attempts = sum(is_attempt(rows[one[1]]) and one[1] not in shown for one in ended)
    assert attempts == table.tally["attempts"]


def is_home(host: str) -> bool:
    return host.startswith(("10.", "fd00:"))


def is_internal(row: dict[str, Any]) -> bool:
    return is_home(row["src"]) and is_home(row["dst"])


def is_attempt(row: dict[str, Any]) -> bool:
    from_outside = not is_home(row["src"]) and is_home(row["dst"])
    return from_outside and row["protocol"] == 6 and row["tcp_flags"] == 0x02 and not row["payload"]


def takes_up(row: dict[str, Any], side: int) -> bool:
    if row["payload"]:
        return True
    return not row["tcp_flags"] & 0x04 and (side == 1 or bool(row["tcp_flags"] & 0x10))


def test_a_flood_of_attempts_is_counted_and_not_told() -> None:
    table = new_table(Settings(capacity=8), home=["10.0.0.0/8"])
    knock = {"src": HOSTS[2], "dst": HOSTS[0], "dst_port": 80, "tcp_flags": 0x02}
    rows = [packet(src_port=1024 + i, ts_ns=SECOND + i, **knock) for i in range(100)]
    assert [] == replay(rows, [7], table)
    assert (100, 100) == (table.tally["started"], table.tally["attempts"])


def test_an_answered_attempt_is_told_with_its_own_beginning() -> None:
    ends = {"src": HOSTS[2], "dst": HOSTS[0], "src_port": 50000, "dst_port": 80}
    back = {"src": HOSTS[0], "dst": HOSTS[2], "src_port": 80, "dst_port": 50000}
    rows = [
        packet(ts_ns=SECOND, tcp_flags=0x02, **ends),
        packet(ts_ns=2 * SECOND, tcp_flags=0x12, **back),
        packet(ts_ns=3 * SECOND, tcp_flags=0x18, payload=b"GET", **ends),
    ]
    happened = replay(rows, [3], new_table(home=["10.0.0.0/8"]))
    assert ["started", "payload", "ended"] == [one.what for one in happened]
    begun = happened[0]
    assert (SECOND, HOSTS[2], 0) == (begun.flow.start_ns, begun.flow.orig_ip, begun.flow.id)
    assert (2 * SECOND, 1, Direction.RESPONDER) == (*begun.moment[:2], begun.direction)
    assert happened[2].totals is not None
    assert (2, 1) == (happened[2].totals.orig_packets, happened[2].totals.resp_packets)


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


def test_a_flow_that_lives_long_is_told_of_at_its_first_packet_after_each_active_timeout() -> None:
    seconds = [0, 299, 301, 600, 700]
    rows = [packet(ts_ns=SECOND * (1 + at), payload=b"x", tcp_flags=0x10) for at in seconds]
    happened = [one for one in replay(rows, [3]) if one.totals is not None]
    assert [("active", 3), ("active", 5), ("ended", 5)] == [
        (one.what, one.totals.orig_packets) for one in happened if one.totals is not None
    ]
    assert [0, 180, 300] == [one.totals.told_orig_bytes for one in happened if one.totals is not None]


def test_what_stays_inside_the_site_is_not_told_of_while_it_lives() -> None:
    rows = [packet(dst=HOSTS[1], dst_port=53, ts_ns=SECOND * at, payload=b"x") for at in (1, 900)]
    happened = replay(rows, [2], new_table(home=["10.0.0.0/8"]))
    assert ["started", "ended"] == [one.what for one in happened if one.what != "payload"]


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


class Bulk(Reader):
    """Swallows whatever comes after the first payload, up to a length that it was told."""

    def __init__(self, flow: Flow, length: int) -> None:
        super().__init__(flow)
        self.left = length
        self.counted = 0
        self.swallow = self._swallow

    def _swallow(self, direction: Direction, payload: memoryview) -> bool:
        if len(payload) >= self.left:
            return False
        self.left -= len(payload)
        return True

    def span(self, direction: Direction) -> int:
        return self.left

    def absorbed(self, direction: Direction, count: int) -> None:
        self.left -= count
        self.counted += count


def bulk(rows: list[dict[str, Any]], sizes: list[int], length: int) -> tuple[list[Happened], Bulk]:
    readers: list[Bulk] = []

    class Opens(Listener):
        def started(self, flow: Flow, direction: Direction, moment: Moment) -> tuple[Reader, list[Happened]]:
            readers.append(Bulk(flow, length))
            return readers[0], []

    table = new_table()
    table.listen(Opens())
    return replay(rows, sizes, table), readers[0]


@pytest.mark.parametrize("size", [1, 3, 100])
def test_the_kernel_keeps_the_middle_of_a_transfer_to_itself_and_tells_how_much_it_was(size: int) -> None:
    rows = [packet(sequence=1000 + 1000 * at, payload=b"x" * 1000) for at in range(30)]
    happened, reader = bulk(rows, [size], 29_500)
    assert [1000] == [len(one.payload) for one in happened if one.what == "payload"]
    assert reader.left == 500
    assert reader.counted >= 28_000 - 1000 * MAX_UNREAD


@pytest.mark.parametrize("size", [1, 3, 100])
def test_a_transfer_with_holes_is_told_in_order_and_whole(size: int) -> None:
    rows = [packet(sequence=1000 + 1000 * at, payload=b"x" * 1000) for at in range(30)]
    rows[10], rows[11], rows[20] = rows[11], rows[10], rows[19]
    happened, reader = bulk(rows, [size], 1 << 40)
    told = sum(len(one.payload) for one in happened if one.what == "payload")
    assert (1 << 40) - reader.left + told + sum(one.missing for one in happened) == 30_000
    assert [1000] == [one.missing for one in happened if one.what == "gap"]


def test_what_was_absorbed_is_known_when_the_flow_ends() -> None:
    rows = [packet(sequence=1000 + 1000 * at, payload=b"x" * 1000) for at in range(30)]
    _, reader = bulk(rows, [1], 1 << 40)
    assert (1 << 40) - reader.left == 30_000
    assert reader.counted > 20_000
