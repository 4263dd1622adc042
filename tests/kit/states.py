"""States on their way through a file: as bytes and back, and spoiled in every place."""

from __future__ import annotations

import io
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from monitor.export._pack import packed, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

WRONG: tuple[Any, ...] = (
    *(None, True, -1, 0, 1 << 70, -(1 << 70), 0.5, float("nan"), "", "x", "\ud800", "a\0b", b"x"),
    *([], [[]], [1], {}, {"x": 1}, {1: 2}, [["x", 1]], [{"x": {}}]),
)
"""Values that a place in a state may hold by mistake."""


def as_bytes(state: Any) -> bytes:
    """Return a state as it lies in a file."""
    return b"".join(packed(state))


def again(state: Any) -> Any:
    """Return a state as it comes back from a file: tuples are lists there."""
    return unpacked(io.BytesIO(as_bytes(state)))


def spoiled(state: Any, random: Random, amount: int) -> Iterator[Any]:
    """Yield copies of a state with one place wrong: replaced, gone, or there twice."""
    places = list(_places(state))
    for _ in range(amount):
        copy = deepcopy(state)
        *way, last = random.choice(places)
        inner = copy
        for step in way:
            inner = inner[step]
        match random.randrange(4):
            case 0:
                del inner[last]
            case 1 if isinstance(inner, list):
                inner.append(deepcopy(inner[last]))
            case _:
                inner[last] = deepcopy(random.choice(WRONG))
        yield copy


def _places(state: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inside = state.items() if isinstance(state, dict) else enumerate(state) if isinstance(state, list) else ()
    for step, inner in inside:
        yield (*way, step)
        yield from _places(inner, (*way, step))
