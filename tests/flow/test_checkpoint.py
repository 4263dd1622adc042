"""A table that is restored goes on where the other one stopped: same flows, same order, same totals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.flow.settings import Settings
from tests.flow.test_table import SECOND, batch, new_table, packet, packets, told

if TYPE_CHECKING:
    from monitor.flow.table import FlowTable
    from tests.flow.test_table import Happened

ROOMY = Settings(capacity=64)


def fed(rows: list[dict[str, Any]], table: FlowTable[Happened], first: int = 0) -> list[Happened]:
    return list(table.feed(batch(rows, first)))


def restored(table: FlowTable[Happened], flow: Settings = ROOMY) -> FlowTable[Happened]:
    other = new_table(flow, seed=99)
    other.restore(table.state())
    return other


@settings(max_examples=60, deadline=None)
@given(st.lists(packets, max_size=40), st.integers(0, 40))
def test_a_cut_anywhere_changes_nothing_that_is_told_of_datagrams_and_totals(
    rows: list[dict[str, Any]], cut: int
) -> None:
    clock = 1000 * SECOND
    for row in rows:
        clock += row["step"]
        row["ts_ns"] = clock
    whole = new_table(ROOMY)
    uncut = fed(rows, whole) + list(whole.finish(len(rows)))
    first = new_table(ROOMY)
    parts = fed(rows[:cut], first)
    second = restored(first)
    parts += fed(rows[cut:], second, min(cut, len(rows)))
    assert told(uncut) == told(parts + list(second.finish(len(rows))))
    assert whole.tally.counts == second.tally.counts


def test_a_smaller_table_keeps_the_flows_used_last_and_counts_the_others() -> None:
    table = new_table(ROOMY)
    fed([packet(src_port=40000 + i, ts_ns=SECOND * (i + 1)) for i in range(6)], table)
    small = restored(table, Settings(capacity=4))
    assert [40002, 40003, 40004, 40005] == [one.flow.orig_port for one in small.finish(6)]
    assert (2, 6) == (small.tally["evicted"], small.tally["started"])


def test_a_stream_goes_on_with_its_next_segment() -> None:
    table = new_table(ROOMY)
    fed([packet(tcp_flags=0x02, sequence=9), packet(sequence=10, payload=b"ab")], table)
    happened = fed(
        [packet(sequence=90, payload=b"yz"), packet(sequence=92, payload=b"!")], restored(table), 2
    )
    assert [b"yz", b"!"] == [one.payload for one in happened]


def test_a_direction_that_was_sated_stays_so() -> None:
    table = new_table(ROOMY)
    for one in fed([packet(payload=b"ab")], table):
        if one.what == "payload":
            table.sated(one.flow, one.direction)
    assert [] == fed([packet(sequence=102, payload=b"c", ts_ns=2 * SECOND)], restored(table), 1)


def test_the_listener_is_told_which_directions_have_spoken() -> None:
    table = new_table(ROOMY)
    fed([packet(payload=b"ab"), packet(src_port=7, protocol=17, tcp_flags=0, payload=b"x")], table)
    heard: list[tuple[bool, bool]] = []
    other = new_table(ROOMY)
    opened = other._listener.resumed

    def resumed(flow: Any, spoke: tuple[bool, bool], wanted: tuple[bool, bool]) -> Any:
        heard.append(spoke)
        return opened(flow, spoke, wanted)

    other._listener.resumed = resumed  # type: ignore[method-assign,assignment]  # overheard
    other.restore(table.state())
    assert [(True, False), (True, False)] == heard


def test_what_is_silent_stays_counted() -> None:
    table = new_table(ROOMY, home=["10.0.0.0/8"])
    fed([packet(dst="10.0.0.2")], table)
    other = restored(table)
    assert [] == list(other.finish(1))
    assert (1, 0) == (other.tally["silent"], other.tally["active"])
