import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.enrich.recent import Recent


def test_what_was_used_longest_ago_is_forgotten_and_counted() -> None:
    table: Recent[str, int] = Recent(2)
    table.put("a", 1)
    table.put("b", 2)
    table.get("a")
    table.put("c", 3)
    assert (1, None, 3) == (table.get("a"), table.get("b"), table.get("c"))
    assert table.evictions == 1


def test_peeking_is_no_use() -> None:
    table: Recent[str, int] = Recent(2)
    table.put("a", 1)
    table.put("b", 2)
    assert table.peek("a") == 1
    table.put("c", 3)
    assert table.peek("a") is None


def test_replacing_evicts_nothing() -> None:
    table: Recent[str, int] = Recent(1)
    table.put("a", 1)
    table.put("a", 2)
    assert (2, 0) == (table.get("a"), table.evictions)


def test_the_owner_hears_of_what_is_forgotten() -> None:
    forgotten: list[int] = []
    table: Recent[str, int] = Recent(1, forgotten.append)
    table.put("a", 1)
    table.put("b", 2)
    assert forgotten == [1]


def test_taking_out_is_no_eviction() -> None:
    table: Recent[str, int] = Recent(1)
    table.put("a", 1)
    assert (1, None) == (table.pop("a"), table.pop("a"))
    assert (0, 0) == (len(table), table.evictions)


def test_a_table_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="room for one"):
        Recent(0)


@given(st.lists(st.integers(0, 9)), st.integers(1, 5))
def test_it_never_holds_more_than_its_capacity(keys: list[int], capacity: int) -> None:
    table: Recent[int, int] = Recent(capacity)
    for key in keys:
        table.put(key, key)
    assert len(table) <= capacity
    assert len(set(keys)) <= len(table) + table.evictions


def test_a_table_is_filled_again_in_its_order() -> None:
    table: Recent[str, int] = Recent(3)
    for number, key in enumerate("abc"):
        table.put(key, number)
    table.get("a")
    other: Recent[str, int] = Recent(3)
    other.put("z", 9)
    peek = other.peek
    other.refill(table.items(), evictions=7)
    assert (list(other.items()), other.evictions) == ([("b", 1), ("c", 2), ("a", 0)], 7)
    assert (peek("z"), peek("a")) == (None, 0)


def test_what_finds_no_room_when_a_table_is_filled_again_is_forgotten_and_counted() -> None:
    forgotten: list[int] = []
    table: Recent[str, int] = Recent(2, forgotten.append)
    table.refill(zip("abc", range(3), strict=True), evictions=5)
    assert (list(table.items()), table.evictions, forgotten) == ([("b", 1), ("c", 2)], 6, [0])


def test_a_table_takes_over_what_another_one_holds_as_far_as_it_has_room() -> None:
    forgotten: list[int] = []
    older: Recent[str, int] = Recent(3)
    for number, key in enumerate("abcd"):
        older.put(key, number)
    table: Recent[str, int] = Recent(2, forgotten.append)
    table.take_over(older)
    assert (list(table.items()), table.evictions, forgotten) == ([("c", 2), ("d", 3)], 2, [1])
    assert (table.peek("d"), table.peek("b")) == (3, None)
