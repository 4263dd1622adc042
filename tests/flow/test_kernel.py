"""What the kernels promise besides what the table shows: bounded look-ups, and nothing learnt of whose traffic it is."""

from __future__ import annotations

from monitor.flow._kernel import MAX_PROBES, MAX_UNREAD
from monitor.flow.settings import Settings
from tests.flow.test_table import SECOND, batch, new_table, packet, replay


def test_a_crowded_table_still_finds_every_flow() -> None:
    capacity = 4 * MAX_PROBES
    rows = [packet(src_port=1024 + i, protocol=17, tcp_flags=0) for i in range(capacity)] * 2
    table = new_table(Settings(capacity=capacity))
    happened = replay(rows, [capacity], table)
    assert [(2, 0)] * capacity == [
        (one.totals.orig_packets, one.totals.resp_packets) for one in happened if one.totals is not None
    ]
    assert (capacity, 0, 0) == (table.tally["started"], table.tally["evicted"], table.tally["crowded"])


def test_rows_are_used_again_after_flows_ended() -> None:
    table = new_table(Settings(capacity=2))
    for turn in range(5):
        rows = [packet(src_port=40000 + 2 * turn + i, ts_ns=(turn + 1) * 9000 * SECOND) for i in range(2)]
        list(table.feed(batch(rows, 2 * turn)))
    assert (10, 0, 2) == (table.tally["started"], table.tally["evicted"], table.tally["active"])


def test_a_stop_to_ask_counts_no_packet_twice() -> None:
    amount = 3 * MAX_UNREAD
    rows = [packet(sequence=100 + i, payload=b"x") for i in range(amount)]
    table = new_table()
    happened = replay(rows, [amount], table)
    assert amount == sum(one.what == "payload" for one in happened)
    assert amount == table.tally["packets"]


def test_the_seed_changes_nothing_that_is_told() -> None:
    rows = [packet(src_port=40000 + i % 7, ts_ns=SECOND + i) for i in range(40)]
    assert replay(rows, [40], new_table(seed=1)) == replay(rows, [40], new_table(seed=2**61))
