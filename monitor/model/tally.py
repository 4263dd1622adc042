"""Counters that a room keeps of itself: what it saw, ignored, dropped, evicted. Keys come from code, never from packets."""

from collections import Counter
from collections.abc import Iterable


class Tally:
    """A counter with closed keys; ``merge`` makes one of many workers'."""

    __slots__ = ("counts",)

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self.counts: Counter[str] = Counter(dict.fromkeys(keys, 0))

    def add(self, key: str, amount: int = 1) -> None:
        self.counts[key] += amount

    def merge(self, other: "Tally") -> None:
        self.counts.update(other.counts)

    def __getitem__(self, key: str) -> int:
        return self.counts[key]
