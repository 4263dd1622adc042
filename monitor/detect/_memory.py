"""A dictionary that forgets: bounded, least recently remembered first, and it counts what it forgot."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Generic, Self, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Memory(Generic[K, V]):
    """What a detector remembers of flows or devices between two observations."""

    __slots__ = ("_capacity", "_entries", "evictions", "get")

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError(f"a memory holds at least one entry, not {capacity}")
        self._capacity = capacity
        self._entries: OrderedDict[K, V] = OrderedDict()
        self.evictions = 0
        self.get = self._entries.get
        """Return what is remembered; to ask keeps nothing alive. Bound to the dictionary itself, for the hot path."""

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def fill(self) -> tuple[int, int]:
        """Entries and capacity."""
        return len(self._entries), self._capacity

    def remember(self, key: K, value: V) -> None:
        """Remember the value; the entry longest not remembered again gives way."""
        entries = self._entries
        entries[key] = value
        entries.move_to_end(key)
        if len(entries) > self._capacity:
            entries.popitem(last=False)
            self.evictions += 1

    def items(self) -> Iterable[tuple[K, V]]:
        """Return everything, what was longest not remembered again first."""
        return self._entries.items()

    def refill(self, items: Iterable[tuple[K, V]], evictions: int = 0) -> None:
        """Remember these instead, in the order of ``items()``; what finds no room is given up."""
        self._entries.clear()
        self.evictions = evictions
        for key, value in items:
            self.remember(key, value)

    def take_over(self, older: Self) -> None:
        """Remember what another memory did, which is of no use after that; what finds no room is given up."""
        self._entries = older._entries
        self.get = self._entries.get
        self.evictions = older.evictions
        while len(self._entries) > self._capacity:
            self._entries.popitem(last=False)
            self.evictions += 1

    def forget(self, key: K) -> V | None:
        """Return what was remembered and remember it no longer."""
        return self._entries.pop(key, None)
