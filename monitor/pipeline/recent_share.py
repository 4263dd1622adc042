"""A share over the last minutes out of two counts that only grow: frames lost, flows seen from one side only."""

from collections import deque

from monitor.model.instant import SECOND_NS

WINDOW_NS = 300 * SECOND_NS
STEP_NS = 10 * SECOND_NS
"""Between two points that are remembered."""


class RecentShare:
    """Remembers a few points of both counts."""

    def __init__(self) -> None:
        self._points: deque[tuple[int, int, int]] = deque([(0, 0, 0)], maxlen=WINDOW_NS // STEP_NS + 2)
        """When, part, whole."""
        self.ratio: float | None = None
        """0 to 1; None while the whole does not grow."""

    def add(self, now_ns: int, part: int, whole: int) -> None:
        """Take the counts as they stand."""
        points = self._points
        if now_ns < points[-1][0]:  # the clock was set back
            points.clear()
            points.append((now_ns, part, whole))
            return
        while len(points) > 1 and now_ns - points[1][0] >= WINDOW_NS:
            points.popleft()
        _, part_then, whole_then = points[0]
        grown = whole - whole_then
        self.ratio = min(max((part - part_then) / grown, 0.0), 1.0) if grown > 0 else None
        if now_ns - points[-1][0] >= STEP_NS:
            points.append((now_ns, part, whole))
