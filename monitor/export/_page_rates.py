"""How fast frames arrive, from the counts of two states: nobody has to measure it in the main loop."""

from collections import deque
from collections.abc import Mapping
from threading import Lock
from typing import NamedTuple

from monitor.export.snapshot import FrameCounts
from monitor.model.instant import SECOND_NS

WINDOW_NS = 10 * SECOND_NS
"""Rates are taken over at least this time, where states are asked for that often."""
_MAX_REMEMBERED = 128
"""States that are remembered: more than are made in a window."""


class Rate(NamedTuple):
    """Of one interface."""

    frames_per_second: float
    bits_per_second: float


class _Seen(NamedTuple):
    clock_ns: int
    frames: Mapping[str, FrameCounts]


class Rates:
    """Remembers the counts of the last states; threads share it."""

    def __init__(self, started_ns: int = 0) -> None:
        self._seen: deque[_Seen] = deque([_Seen(started_ns, {})] if started_ns else (), _MAX_REMEMBERED)
        self._lock = Lock()

    def since(self, clock_ns: int, frames: Mapping[str, FrameCounts]) -> dict[str, Rate]:
        """Return the rates up to this state; empty before there is anything to compare with."""
        with self._lock:
            seen = self._seen
            if not seen or seen[-1].clock_ns < clock_ns:
                seen.append(_Seen(clock_ns, frames))
            while len(seen) > 2 and seen[1].clock_ns <= clock_ns - WINDOW_NS:
                seen.popleft()
            before = seen[0]
        span = (clock_ns - before.clock_ns) / SECOND_NS
        return {} if span <= 0 else {name: _rate(before, name, one, span) for name, one in frames.items()}


def _rate(before: _Seen, name: str, now: FrameCounts, span_seconds: float) -> Rate:
    then = before.frames.get(name, FrameCounts(0, 0))
    return Rate(
        max(0, now.frames - then.frames) / span_seconds, 8 * max(0, now.bytes - then.bytes) / span_seconds
    )
