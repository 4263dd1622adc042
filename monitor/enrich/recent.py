"""A bounded table that forgets what was used longest ago, and counts what it forgot.

Every table of this room that a sender can fill is one of these. What a forgotten item means is the owner's business.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Generic, Self, TypeVar

Key = TypeVar("Key")
Item = TypeVar("Item")


class Recent(Generic[Key, Item]):
    """Holds at most ``capacity`` items."""

    __slots__ = ("_forgotten", "_items", "capacity", "evictions", "peek")

    def __init__(self, capacity: int, forgotten: Callable[[Item], None] | None = None) -> None:
        if capacity < 1:
            raise ValueError("a table needs room for one item")
        self.capacity = capacity
        self.evictions = 0
        self._items: OrderedDict[Key, Item] = OrderedDict()
        self._forgotten = forgotten
        self.peek = self._items.get
        """Return the item without using it; bound to the dictionary itself, for the hot path."""

    def __len__(self) -> int:
        return len(self._items)

    def get(self, key: Key) -> Item | None:
        """Return the item, which counts as a use."""
        item = self._items.get(key)
        if item is not None:
            self._items.move_to_end(key)
        return item

    def put(self, key: Key, item: Item) -> None:
        """Add or replace an item; when the table is full the one used longest ago goes."""
        self._items[key] = item
        self._items.move_to_end(key)
        if len(self._items) > self.capacity:
            self._evict()

    def pop(self, key: Key) -> Item | None:
        """Take an item out on purpose; not an eviction."""
        return self._items.pop(key, None)

    def items(self) -> Iterable[tuple[Key, Item]]:
        """Return everything, what was used longest ago first."""
        return self._items.items()

    def refill(self, items: Iterable[tuple[Key, Item]], evictions: int = 0) -> None:
        """Hold these instead, in the order of ``items()``; what finds no room is evicted."""
        self._items.clear()
        self.evictions = evictions
        for key, item in items:
            self.put(key, item)

    def take_over(self, older: Self) -> None:
        """Hold what another table does, which is of no use after that; what finds no room is evicted."""
        self._items = older._items
        self.peek = self._items.get
        self.evictions = older.evictions
        while len(self._items) > self.capacity:
            self._evict()

    def _evict(self) -> None:
        _, item = self._items.popitem(last=False)
        self.evictions += 1
        if self._forgotten is not None:
            self._forgotten(item)
