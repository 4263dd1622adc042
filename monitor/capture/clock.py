"""The wall clock as live sources use it: it is looked at here and nowhere else in the room, and its jumps are counted."""

import time
from collections.abc import Callable

from monitor.model.tally import Tally

JUMP_NS = 500_000_000
"""A clock that is set moves at once; one that is slewed moves by at most this from one look to the next."""


class WallClock:
    """Nanoseconds since the epoch; the kernel stamps frames by the same clock."""

    def __init__(
        self,
        tally: Tally,
        wall: Callable[[], int] = time.time_ns,
        monotonic: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._tally = tally
        self._wall = wall
        self._monotonic = monotonic
        self._ahead_ns = wall() - monotonic()

    def now_ns(self) -> int:
        """Return the time; a jump in either direction since the last look is counted as ``clock_jumps``."""
        now_ns = self._wall()
        ahead_ns = now_ns - self._monotonic()
        if abs(ahead_ns - self._ahead_ns) > JUMP_NS:
            self._tally.add("clock_jumps")
        self._ahead_ns = ahead_ns
        return now_ns
