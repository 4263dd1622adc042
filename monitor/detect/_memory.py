"""A dictionary that forgets: bounded, least recently remembered first, and it counts what it forgot."""

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Memory(Generic[K, V]):
    """What a detector remembers of flows or devices between two observations."""

    __slots__ = ("_capacity", "_entries", "evictions")

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError(f"a memory holds at least one entry, not {capacity}")
        self._capacity = capacity
        self._entries: OrderedDict[K, V] = OrderedDict()
        self.evictions = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """Return what is remembered; to ask keeps nothing alive."""
        return self._entries.get(key)

    def remember(self, key: K, value: V) -> None:
        """Remember the value; the entry longest not remembered again gives way."""
        entries = self._entries
        entries[key] = value
        entries.move_to_end(key)
        if len(entries) > self._capacity:
            entries.popitem(last=False)
            self.evictions += 1

    def forget(self, key: K) -> V | None:
        """Return what was remembered and remember it no longer."""
        return self._entries.pop(key, None)
