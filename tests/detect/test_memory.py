import pytest

from monitor.detect._memory import Memory


def test_what_is_remembered_can_be_asked_for_until_it_is_forgotten() -> None:
    memory: Memory[int, str] = Memory(2)
    memory.remember(1, "one")
    assert (memory.get(1), memory.forget(1), memory.get(1), memory.forget(1)) == ("one", "one", None, None)


def test_a_full_memory_gives_up_what_was_longest_not_remembered() -> None:
    memory: Memory[int, str] = Memory(2)
    memory.remember(1, "one")
    memory.remember(2, "two")
    memory.remember(1, "one again")
    memory.remember(3, "three")
    assert (memory.get(1), memory.get(2), memory.get(3)) == ("one again", None, "three")
    assert (memory.evictions, len(memory)) == (1, 2)


def test_a_memory_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Memory(0)


def test_a_memory_is_filled_again_in_its_order_and_counts_what_finds_no_room() -> None:
    memory: Memory[int, str] = Memory(3)
    for number in (1, 2, 3, 1):
        memory.remember(number, str(number))
    small: Memory[int, str] = Memory(2)
    small.remember(9, "gone")
    small.refill(memory.items(), evictions=4)
    assert (list(small.items()), small.evictions) == ([(3, "3"), (1, "1")], 5)


def test_a_memory_takes_over_what_another_one_remembers_as_far_as_it_has_room() -> None:
    older: Memory[int, str] = Memory(3)
    for number in (1, 2, 3, 4):
        older.remember(number, str(number))
    small: Memory[int, str] = Memory(2)
    small.remember(9, "gone")
    small.take_over(older)
    assert (list(small.items()), small.evictions) == ([(3, "3"), (4, "4")], 2)


def test_a_memory_that_took_over_is_asked_for_what_it_remembers_now() -> None:
    older: Memory[int, str] = Memory(1)
    older.remember(1, "one")
    memory: Memory[int, str] = Memory(1)
    memory.take_over(older)
    assert memory.get(1) == "one"
    memory.refill([(2, "two")])
    assert (memory.get(1), memory.get(2)) == (None, "two")
