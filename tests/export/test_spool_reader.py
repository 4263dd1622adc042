from collections.abc import Callable, Sequence

from monitor.export._record_line import SpoolRecord
from monitor.export._spool_reader import SpoolReader
from monitor.export._store import MemoryStore


class Memory:
    """What waits for a disk, beside a store that is the disk."""

    def __init__(self) -> None:
        self.store = MemoryStore(1 << 20)
        self.unsafe: list[SpoolRecord] = []
        self.on_look: Callable[[], None] = lambda: None

    def shown(self, after: int, most: int) -> list[SpoolRecord]:
        found = [one for one in self.unsafe if one.sequence > after][:most]
        self.on_look()
        return found

    def wait(self, *numbers: int) -> None:
        self.unsafe += [SpoolRecord(number, b"%d" % number) for number in numbers]

    def save(self, amount: int) -> None:
        self.store.append([one.json for one in self.unsafe[:amount]])
        del self.unsafe[:amount]


def read(records: Sequence[SpoolRecord]) -> list[int]:
    assert all(int(one.json) == one.sequence for one in records)
    return [one.sequence for one in records]


def test_the_disk_comes_first_and_memory_behind_it() -> None:
    memory = Memory()
    memory.wait(1, 2, 3, 4)
    memory.save(2)
    reader = SpoolReader(memory.store.reader(0), memory.shown)
    assert [read(reader.take(9)) for _ in range(3)] == [[1, 2], [3, 4], []]
    assert (reader.position, reader.lost) == (4, 0)


def test_what_was_read_from_memory_does_not_come_again_from_the_disk() -> None:
    memory = Memory()
    memory.wait(1, 2, 3)
    reader = SpoolReader(memory.store.reader(0), memory.shown)
    assert read(reader.take(2)) == [1, 2]
    memory.save(3)
    memory.wait(4)
    assert [read(reader.take(9)) for _ in range(3)] == [[3], [4], []]


def test_what_becomes_safe_between_the_two_looks_is_not_passed_over() -> None:
    memory = Memory()
    memory.wait(1, 2, 3)
    reader = SpoolReader(memory.store.reader(0), memory.shown)

    def save() -> None:
        memory.on_look = lambda: None
        memory.save(2)
        memory.wait(4)

    memory.on_look = save
    assert [read(reader.take(9)) for _ in range(3)] == [[1, 2], [3, 4], []]
