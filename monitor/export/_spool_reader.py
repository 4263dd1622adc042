"""An output's way through the spool: what is on the disk, and behind it what is in memory because the disk takes nothing.

Rule: numbers only grow, so nothing comes twice and nothing is passed over when an alert gets from memory to the disk.
"""

from collections.abc import Callable

from monitor.export._record_line import SpoolRecord
from monitor.export._store import Reader

Shown = Callable[[int, int], list[SpoolRecord]]
"""Returns what is in memory behind a number, at most so many; nothing while the disk works."""


class SpoolReader:
    """Forwards only."""

    def __init__(self, safe: Reader, shown: Shown) -> None:
        self._safe = safe
        self._shown = shown

    @property
    def position(self) -> int:
        """Number up to which it has read."""
        return self._safe.position

    @property
    def lost(self) -> int:
        """Alerts that it passed over because the disk does not have them any more."""
        return self._safe.lost

    def take(self, most: int) -> list[SpoolRecord]:
        """Return what comes next, in order; nothing at the end."""
        # Memory first: what becomes safe between the two looks is then found by both, and not by neither.
        shown = self._shown(self._safe.position, most)
        if records := self._safe.take(most):
            return records
        records = [one for one in shown if one.sequence > self._safe.position]
        if records:
            self._safe.position = records[-1].sequence
        return records
