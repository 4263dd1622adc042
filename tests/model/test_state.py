from __future__ import annotations

from typing import Any

import pytest

from monitor.model import state as room
from monitor.model.state import (
    checked,
    count,
    maybe,
    one_of,
    part,
    rows,
    value,
    without_counts,
    without_flows,
)

STATE: dict[str, Any] = {
    "clock_ns": 5,
    "by_flow": [[1, "a"]],
    "counters": {"evicted": 7, "inner": {"frames": 3}, "findings": [["a", 2]]},
    "rooms": {"detect": {"by_flow": [[2, "b"]], "counters": {"evicted": 1}}},
    "front": [{"counters": {"packets": 4}, "flow": [1, 2]}],
    "table": [["counters", 9]],
}


def test_without_counts_every_counter_is_0_and_all_else_stays() -> None:
    left = without_counts(STATE)
    assert left["counters"] == {"evicted": 0, "inner": {"frames": 0}, "findings": []}
    assert left["rooms"]["detect"] == {"by_flow": [[2, "b"]], "counters": {"evicted": 0}}
    assert left["front"] == [{"counters": {"packets": 0}, "flow": [1, 2]}]
    assert {name: left[name] for name in ("clock_ns", "by_flow", "table")} == {
        name: STATE[name] for name in ("clock_ns", "by_flow", "table")
    }


def test_without_flows_nothing_is_remembered_by_flow_and_all_else_stays() -> None:
    left = without_flows(STATE)
    assert (left["by_flow"], left["rooms"]["detect"]["by_flow"]) == ([], [])
    assert (left["counters"], left["front"]) == (STATE["counters"], STATE["front"])


def test_the_state_itself_is_left_as_it_was() -> None:
    before = repr(STATE)
    without_counts(STATE)
    without_flows(STATE)
    assert before == repr(STATE)


@pytest.mark.parametrize("mend", [without_counts, without_flows])
def test_a_state_nested_without_end_is_not_followed(mend: Any) -> None:
    deep: dict[str, Any] = {}
    deep["again"] = deep
    mend(deep)
    mend({"counters": deep})


def test_rows_come_as_they_are_when_each_value_passes() -> None:
    table = {"names": [["a", 1], ("b", 2)]}
    assert rows(table, "names", room.is_text, room.is_count) == [["a", 1], ("b", 2)]


@pytest.mark.parametrize(
    "table",
    [None, 7, "ab", {}, [None], [["a"]], [["a", 1, 1]], [["a", -1]], [["a", True]], [[b"a", 1]], ["ab"]],
)
def test_a_table_of_another_shape_is_refused(table: Any) -> None:
    with pytest.raises(ValueError, match=r"^names: "):
        checked(table, "names", room.is_text, room.is_count)


@pytest.mark.parametrize("state", [None, [], "x", {}, {"inner": 1}])
def test_what_is_not_there_is_refused(state: Any) -> None:
    for ask in (
        lambda: part(state, "inner"),
        lambda: rows(state, "inner", room.is_text),
        lambda: value(state, "inner", room.is_text),
        lambda: count(state, "inner"),
    ):
        with pytest.raises(ValueError, match=r"inner|counters"):
            ask()


def test_a_counter_that_is_not_there_is_0() -> None:
    assert (count(STATE, "evicted"), count(STATE, "new")) == (7, 0)
    with pytest.raises(ValueError, match="no count"):
        count({"counters": {"evicted": -1}}, "evicted")


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (room.is_text, ["", "a"], [None, b"a", 1]),
        (room.is_number, [0, -5, 1 << 70], [True, 1.0, "1", None]),
        (room.is_count, [0, 5], [-1, True, 0.0]),
        (room.is_flag, [True, False], [0, 1, None]),
        (room.is_list, [[], (1,)], ["", {}, None]),
        (room.is_texts, [[], ["a"], ("a",)], ["a", [1], {"a": 1}]),
        (room.is_mac, [0, (1 << 48) - 1], [-1, 1 << 48, True, "00:00"]),
        (room.is_address, ["10.0.0.7", "2001:db8::1"], ["", "a", "10.0.0", "10.0.0.7\0", "\ud800", "::g", 7]),
        (
            room.is_plain,
            [None, 1, 0.5, True, "a", [1, ["a"]], {"a": [1]}],
            [b"a", {1: 2}, {"a": {2: 3}}, object()],
        ),
        (room.is_details, [{}, {"a": 1}], [None, [], {"a": b""}]),
        (maybe(room.is_text), [None, "a"], [1, b"a"]),
        (one_of(("a", "b")), ["a", "b"], ["c", None, 1, ["a"]]),
    ],
)
def test_a_check_lets_through_what_it_says(check: Any, good: list[Any], bad: list[Any]) -> None:
    assert [one for one in good if not check(one)] == []
    assert [one for one in bad if check(one)] == []


def test_details_nested_without_end_are_not_plain() -> None:
    deep: list[Any] = []
    deep.append(deep)
    assert not room.is_plain(deep)
