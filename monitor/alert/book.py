"""Keeps the open stories: merges findings, fires, renews and resolves alerts in event time, in bounded memory.

Rule 1: no clock; the caller says what time it is, by ``due`` before every ``tell`` at that time.
Rule 2: a finding costs constant time; nothing walks the stories but ``close`` and ``snapshot``.
"""

from collections import Counter, OrderedDict, deque
from dataclasses import dataclass
from heapq import heapify, heappop, heappush, nsmallest
from itertools import count
from typing import NamedTuple

from monitor.alert._plain import alert_of, plain
from monitor.alert._ruler import Ruler
from monitor.alert._story import CaptureOf, Key, Story
from monitor.alert.identity import alert_id
from monitor.alert.policy import Policy, Ruling
from monitor.model.alert import Alert, AlertState
from monitor.model.finding import Finding
from monitor.model.observation import Observation
from monitor.model.state import (
    State,
    checked,
    counters,
    is_count,
    is_list,
    is_number,
    is_part,
    is_text,
    part,
    rows,
    value,
)
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
        self._stories: OrderedDict[Key | str, Story] = OrderedDict()
        self._unmet: set[str] = set()
        """Ids of stories that were taken back and to which no finding has come since."""
        self._timers: list[_Timer] = []
        self._timer_numbers = count()
        self._evicted: deque[Alert] = deque(maxlen=MAX_EVICTED_WAITING)
        self._fired: Counter[tuple[str, str, str]] = Counter()
        self.tally = Tally(
            (
                *(ruling.value for ruling in Ruling),
                *("fired", "merged", "renewed", "resolved", "adopted", "evicted", "evicted_lost", "late"),
            )
        )
        """``fired + merged`` make ``alert``; of ``expected``, ``muted`` and ``below`` those findings that count."""

    def __len__(self) -> int:
        return len(self._stories)

    @property
    def capacity(self) -> int:
        """Stories that it holds at most."""
        return self._capacity

    def follow(self, policy: Policy) -> None:
        """Go by another policy from now on; open stories stay open."""
        self._policy = policy
        self._ruler = Ruler(policy)

    def holds(self, finding: Finding) -> bool:
        """Whether a finding belongs to an open story: one that is muted or expected does not."""
        return (finding.detector, finding.identity) in self._stories

    def tell(self, finding: Finding) -> Alert | None:
        """Take a finding; return an alert when a story begins, got worse, or is due to be told again."""
        ruling = self._ruler.rule(finding)
        if ruling is not Ruling.ALERT:
            self.tally.add(ruling, int(finding.counts))
            return None
        self.tally.add(ruling)
        key = (finding.detector, finding.identity)
        story = self._stories.get(key) or self._met(key)
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
            self._remove(story)
            self.tally.add("resolved")
            told.append(story.tell(AlertState.RESOLVED, due_ns))
        return told

    def close(self) -> list[Alert]:
        """Return every story that is still told or still open, oldest first, and forget them."""
        open_now = [story.tell(AlertState.FIRING, story.fired_ns) for story in self._stories.values()]
        told = sorted((*self._evicted, *open_now), key=lambda alert: (alert.first_seen_ns, alert.alert_id))
        self._clear()
        return told

    def snapshot(self) -> BookSnapshot:
        """Return the counts that metrics show."""
        firing: Counter[tuple[str, str, str, str]] = Counter()
        for story in self._stories.values():
            label = story.device.name if story.device.listed else UNLISTED
            vendor = story.latest.vendor or ""
            firing[story.latest.detector, vendor, story.severity.value, label] += 1
        return BookSnapshot(fired=dict(self._fired), firing=dict(firing))

    def worst(self, limit: int) -> list[Alert]:
        """Return open stories as they stand: the most severe first, of equals those that were added to last."""
        order = nsmallest(
            limit, self._stories.values(), key=lambda one: (-one.severity.rank, -one.last_seen_ns)
        )
        return [story.tell(AlertState.FIRING, story.fired_ns) for story in order]

    def adopt(self, alert: Alert) -> None:
        """Take back a story that was published and is not known here, or not so far; before the first finding.

        Alerts come in the order in which they were published; to bring them again changes nothing.
        """
        known = self._stories.get(alert.alert_id)
        if known is not None:
            if not _goes_on(alert, known):
                return
            self._remove(known)
        self.tally.add("adopted")
        if alert.state is AlertState.FIRING:
            self._take_back(Story.told_by(alert, alert.last_seen_ns, self._capture_of))

    def state(self) -> State:
        """Return the open stories, the one least recently added to first, and what was counted."""
        stories = [
            [story.told_ns, plain(story.tell(AlertState.FIRING, story.fired_ns))]
            for story in self._stories.values()
        ]
        fired = [[*labels, amount] for labels, amount in self._fired.items()]
        return {
            "stories": stories,
            "evicted": [plain(alert) for alert in self._evicted],
            "counters": {"tally": dict(self.tally.counts), "fired": fired},
        }

    def restore(self, state: State) -> None:
        """Hold those instead; raises ValueError and changes nothing when they have a wrong shape."""
        stories = [
            Story.told_by(alert_of(told), told_ns, self._capture_of)
            for told_ns, told in rows(state, "stories", is_number, is_part)
        ]
        evicted = [alert_of(told) for told in value(state, "evicted", is_list)]
        counted = counters(state)
        tally = {name: value(part(counted, "tally"), name, is_count) for name in self.tally.counts}
        fired = checked(counted.get("fired", ()), "fired", is_text, is_text, is_text, is_count)
        self._clear()
        self.tally.counts = Counter(tally)
        self._fired = Counter({(detector, vendor, rank): amount for detector, vendor, rank, amount in fired})
        self._evicted.extend(evicted)
        for story in stories:
            self._take_back(story)

    def _begin(self, key: Key, finding: Finding) -> Alert:
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

    def _met(self, key: Key) -> Story | None:
        """Return the story that was taken back and that a first finding has now come to."""
        if not self._unmet:
            return None
        story = self._stories.get(alert_id(*key))
        if story is not None:
            self._remove(story)
            story.key = key
            self._stories[key] = story
        return story

    def _take_back(self, story: Story) -> None:
        if len(self._stories) >= self._capacity:
            self._evict()
        self._stories[story.key] = story
        self._unmet.add(story.alert_id)
        self._set_timer(story)

    def _remove(self, story: Story) -> None:
        del self._stories[story.key]
        self._unmet.discard(story.alert_id)

    def _clear(self) -> None:
        self._stories.clear()
        self._unmet.clear()
        self._timers.clear()
        self._evicted.clear()

    def _evict(self) -> None:
        story = next(iter(self._stories.values()))
        self._remove(story)
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


def _goes_on(alert: Alert, story: Story) -> bool:
    """Whether an alert tells more of a story than is known."""
    if alert.state is AlertState.RESOLVED:
        return story.fired_ns < alert.time_ns
    told = alert.time_ns, alert.count, alert.last_seen_ns
    return told > (story.fired_ns, story.count, story.last_seen_ns)


def _unknown_capture(_: Observation) -> str:
    return ""
