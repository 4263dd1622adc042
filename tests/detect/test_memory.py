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
