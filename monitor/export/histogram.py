"""A classic histogram: how often a span of time fell below each bound; the main loop observes, a scrape shows.

Rule: no clock here; the caller says how long it took.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, NamedTuple

DELAY_BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""Seconds from the packet on the wire to the alert told; what is aimed at is 0.2 for half of them and 1 for nearly all."""


class HistogramCounts(NamedTuple):
    """A histogram at one moment."""

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    """Not cumulative: one for each bound, and one for what is above the last."""
    sum: float


class Histogram:
    """Counts what it is told, in constant memory."""

    __slots__ = ("_bounds", "_counts", "_sum")

    def __init__(self, bounds: Sequence[float] = DELAY_BOUNDS) -> None:
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(self._bounds) + 1)
        self._sum = 0.0

    def observe(self, seconds: float) -> None:
        """Count one; clocks of two machines may differ, so that a span below 0 counts as 0."""
        seconds = max(0.0, seconds)
        self._counts[bisect_left(self._bounds, seconds)] += 1
        self._sum += seconds

    def counts(self) -> HistogramCounts:
        """Return what was counted, as something that does not change."""
        return HistogramCounts(self._bounds, tuple(self._counts), self._sum)

    def state(self) -> dict[str, Any]:
        """Return plain data for a checkpoint."""
        return {"bounds": list(self._bounds), "counts": list(self._counts), "sum": self._sum}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint; one with other bounds is from another version and starts anew."""
        if tuple(state["bounds"]) == self._bounds and len(state["counts"]) == len(self._counts):
            self._counts = list(state["counts"])
            self._sum = float(state["sum"])
