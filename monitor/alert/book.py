"""Keeps the open stories: merges findings, fires, renews and resolves alerts in event time, in bounded memory.

Rule 1: no clock; the caller says what time it is, by ``due`` before every ``tell`` at that time.
Rule 2: a finding costs constant time; nothing walks the stories but ``close`` and ``snapshot``.
"""

from collections import Counter, OrderedDict, deque
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import count
from typing import NamedTuple

from monitor.alert._ruler import Ruler
from monitor.alert._story import CaptureOf, Story
from monitor.alert.policy import Policy, Ruling
from monitor.model.alert import Alert, AlertState
from monitor.model.finding import Finding
from monitor.model.observation import Observation
from monitor.model.tally import Tally

DEFAULT_CAPACITY = 1 << 15
"""Open stories; some 3 kB each at most in the usual case."""
MAX_EVICTED_WAITING = 1 << 10
"""Evicted stories that wait to be fetched by ``due``; more are lost and counted."""
UNLISTED = "unlisted"
"""Stands for every device that the configuration does not name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookSnapshot:
    """Counts for metrics; a vendor that is not known is empty text."""

    fired: dict[tuple[str, str, str], int]
    """Stories that began, by detector, vendor and severity at that moment."""
    firing: dict[tuple[str, str, str, str], int]
    """Stories open now, by detector, vendor, severity and device label."""


class _Timer(NamedTuple):
    due_ns: int
    """A lower bound: the story may have been added to since."""
    alert_id: str
    number: int
    """Makes two timers of one identity comparable."""
    story: Story


class AlertBook:
    """All open stories; the one least recently added to gives way when the book is full."""

    def __init__(
        self,
        policy: Policy | None = None,
        capacity: int = DEFAULT_CAPACITY,
        capture_of: CaptureOf | None = None,
    ) -> None:
        if capacity < 1:
            raise ValueError(f"an alert book holds at least one story, not {capacity}")
        self._policy = policy or Policy()
        self._ruler = Ruler(self._policy)
        self._capacity = capacity
        self._capture_of = capture_of or _unknown_capture
        self._stories: OrderedDict[tuple[str, tuple[str, ...]], Story] = OrderedDict()
        self._timers: list[_Timer] = []
        self._timer_numbers = count()
        self._evicted: deque[Alert] = deque(maxlen=MAX_EVICTED_WAITING)
        self._fired: Counter[tuple[str, str, str]] = Counter()
        self.tally = Tally(
            (*Ruling, "fired", "merged", "renewed", "resolved", "evicted", "evicted_lost", "late")
        )
        """``alert + expected + muted + below`` are all findings; ``fired + merged`` make ``alert``."""

    def __len__(self) -> int:
        return len(self._stories)

    def tell(self, finding: Finding) -> Alert | None:
        """Take a finding; return an alert when a story begins, got worse, or is due to be told again."""
        ruling = self._ruler.rule(finding)
        self.tally.add(ruling)
        if ruling is not Ruling.ALERT:
            return None
        key = (finding.detector, finding.identity)
        story = self._stories.get(key)
        if story is None:
            return self._begin(key, finding)
        self._stories.move_to_end(key)
        self.tally.add("merged")
        rose = story.add(finding)
        if not finding.counts:
            return None
        now_ns = finding.observation.ts_ns
        if not rose and now_ns - story.told_ns < self._policy.suppress_for_ns:
            return None
        self.tally.add("renewed")
        story.told_ns = max(now_ns, story.told_ns)
        return story.tell(AlertState.FIRING, story.fired_ns)

    def due(self, now_ns: int) -> list[Alert]:
        """Return what had to make room, then the stories resolved at or before an instant, by due time."""
        timers = self._timers
        if not self._evicted and not (timers and timers[0].due_ns <= now_ns):
            return []
        told = list(self._evicted)
        self._evicted.clear()
        while timers and timers[0].due_ns <= now_ns:
            timer = heappop(timers)
            story = timer.story
            if self._stories.get(story.key) is not story:
                continue
            due_ns = self._due_ns(story)
            if due_ns > timer.due_ns:
                heappush(timers, timer._replace(due_ns=due_ns))
                continue
            del self._stories[story.key]
            self.tally.add("resolved")
            told.append(story.tell(AlertState.RESOLVED, due_ns))
        return told

    def close(self) -> list[Alert]:
        """Return every story that is still told or still open, oldest first, and forget them."""
        open_now = [story.tell(AlertState.FIRING, story.fired_ns) for story in self._stories.values()]
        told = sorted((*self._evicted, *open_now), key=lambda alert: (alert.first_seen_ns, alert.alert_id))
        self._evicted.clear()
        self._stories.clear()
        self._timers.clear()
        return told

    def snapshot(self) -> BookSnapshot:
        """Return the counts that metrics show."""
        firing: Counter[tuple[str, str, str, str]] = Counter()
        for story in self._stories.values():
            device = story.device
            label = device.name if device is not None and device.listed else UNLISTED
            vendor = story.latest.vendor or ""
            firing[story.latest.detector, vendor, story.severity.value, label] += 1
        return BookSnapshot(fired=dict(self._fired), firing=dict(firing))

    def _begin(self, key: tuple[str, tuple[str, ...]], finding: Finding) -> Alert:
        """Open a story; what only adds to one that is no longer open (a long flow's end) opens it again."""
        if not finding.counts:
            self.tally.add("late")
        if len(self._stories) >= self._capacity:
            self._evict()
        story = Story(key, finding, self._capture_of)
        self._stories[key] = story
        self._set_timer(story)
        self.tally.add("fired")
        self._fired[finding.detector, finding.vendor or "", finding.severity.value] += 1
        return story.tell(AlertState.FIRING, story.fired_ns)

    def _evict(self) -> None:
        _, story = self._stories.popitem(last=False)
        self.tally.add("evicted")
        if len(self._evicted) == MAX_EVICTED_WAITING:
            self.tally.add("evicted_lost")
        self._evicted.append(story.tell(AlertState.FIRING, story.fired_ns))

    def _set_timer(self, story: Story) -> None:
        """Each open story has one timer; timers of evicted ones are swept before they outnumber the open."""
        if len(self._timers) >= 2 * self._capacity:
            self._timers = [one for one in self._timers if self._stories.get(one.story.key) is one.story]
            heapify(self._timers)
        heappush(self._timers, _Timer(self._due_ns(story), story.alert_id, next(self._timer_numbers), story))

    def _due_ns(self, story: Story) -> int:
        return story.last_seen_ns + self._policy.resolve_after_ns


def _unknown_capture(_: Observation) -> str:
    return ""
