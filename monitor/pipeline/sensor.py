"""The sensor: a live stream through the whole house, for months.

One loop. Between two batches it does what is due: lets time pass, takes stock, saves, and does what was asked for.
Clocks, threads and files are given to it; nothing here waits for anything but the next batch.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

from monitor.alert.identity import alert_id
from monitor.export.histogram import Histogram
from monitor.model.alert import Alert
from monitor.model.finding import Finding
from monitor.model.instant import SECOND_NS
from monitor.model.observation import Observation
from monitor.pipeline.back import Back, Outputs
from monitor.pipeline.checkpoint import Moment, checkpoint
from monitor.pipeline.faults import Faults
from monitor.pipeline.front import Plan
from monitor.pipeline.live import LiveHealth, LiveStream
from monitor.pipeline.recent_share import RecentShare
from monitor.pipeline.site import Site
from monitor.pipeline.stream import StreamLost

FLUSH_PATIENCE_SECONDS = 0.25
"""How long a checkpoint waits for the spool; when it is not enough, the checkpoint comes later, or has failed then."""
RETRY_NS = 5 * SECOND_NS
"""How much later: capture waits meanwhile, and must not do so all the time."""
LAST_FLUSH_SECONDS = 5.0
BEAT_EVERY = 1024
"""Observations; a batch that is all alerts takes seconds."""
HEALTH_EVERY_NS = SECOND_NS
"""Between two looks at what was lost."""


class Outbox(Protocol):
    """Who brings alerts to the outside."""

    def put(self, alert: Alert) -> None: ...

    @property
    def last_sequence(self) -> int:
        """Number of the last alert that is safe."""
        ...

    @property
    def problem(self) -> str:
        """Why alerts cannot be made safe now; empty while they can."""
        ...

    def flush(self, patience_seconds: float) -> bool:
        """Wait until everything put so far is on disk; False when it takes longer."""
        ...


class Keeper(Protocol):
    """Who saves what the sensor remembers."""

    def save(self, make_state: Callable[[], Any]) -> bool:
        """Begin to save what ``make_state`` returns; False when the last one is not done yet."""
        ...

    def finish(self, state: Any) -> bool:
        """Save at the end, here and now; False when that failed."""
        ...

    def fail(self, reason: str) -> None:
        """Take down that there was nothing that could be saved."""
        ...

    def poll(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the sensor needs of the world; made by the command line."""

    now_ns: Callable[[], int]
    """The clock on the wall."""
    outbox: Outbox
    tell: Callable[[Alert], None] = lambda _: None
    """For a person who watches."""
    say: Callable[[str], None] = lambda _: None
    """A line for the log."""
    beat: Callable[[], None] = lambda: None
    """Called after every batch, and within long ones: the sensor lives, and may be asked how it is."""
    keeper: Keeper | None = None
    save_every_ns: int = 60 * SECOND_NS
    records: bool = False
    """Packets of flows with findings are kept."""


class Sensor:
    """Listens until it is stopped."""

    def __init__(
        self,
        site: Site,
        stream: LiveStream,
        surroundings: Surroundings,
        plan_of: Callable[[Site], Plan],
    ) -> None:
        self.site = site
        self.stream = stream
        self.health = LiveHealth()
        self.lost = RecentShare()
        """Frames lost, of those seen."""
        self.one_way = RecentShare()
        """TCP flows that showed one direction only, of those that ended."""
        self.frames_per_second = 0.0
        """Lately."""
        self.delays = Histogram()
        self.faults = Faults(surroundings.say)
        self.started_ns = surroundings.now_ns()
        self._world = surroundings
        self._plan_of = plan_of
        self._jobs: list[Callable[[], None]] = []
        self._saved_ns = self._tried_ns = self.started_ns
        self._is_put_off = False
        """The last checkpoint was, because the spool took its time."""
        self._looked_ns = 0  # so that the first batch shows already how the interfaces are
        self._seen = 0
        self.back = Back(site, self._outputs(), stream.interfaces)

    def run(self) -> None:
        """Listen until the source ends or is stopped."""
        for observations in self.stream.batches():
            self._take(observations)
            try:
                self._between()
            except StreamLost:
                raise
            except Exception as error:  # noqa: BLE001 - what is around the sensor must not end it
                self.faults.note(error)

    def finish(self) -> None:
        """Nobody will go on: end all flows and stories, and tell how they stood."""
        self._take(self.stream.finish())
        self.back.pass_time(self.stream.clock_ns)
        for alert in self.back.book.close():
            self._told(alert)
        self._look()

    def soon(self, job: Callable[[], None]) -> None:
        """Do something between two batches; safe from other threads."""
        self._jobs.append(job)

    def reload(self, site: Site) -> None:
        """Go on with another site; called between two batches, with a site that is known to be whole."""
        site = replace(site, catalog=self.site.catalog.replaced_by(site.catalog))
        plan = self._plan_of(site)  # may find that it does not fit, and then nothing has changed yet
        self.back.reload(site)
        self.stream.reload(plan)
        self.site = site

    def _outputs(self) -> Outputs:
        finding = self._mark if self._world.records else None
        return Outputs(alert=self._told, story=None, finding=finding)

    def _take(self, observations: Iterator[Observation]) -> None:
        take, faults = self.back.take, self.faults
        for number, observation in enumerate(observations, 1):
            try:
                take(observation)
                if not number % BEAT_EVERY:
                    self._world.beat()
            except Exception as error:  # noqa: BLE001 - our own fault; the sensor must go on, and it is counted and said
                faults.note(error)

    def _between(self) -> None:
        self.back.pass_time(self.stream.clock_ns)
        now_ns = self._world.now_ns()
        if _has_passed(HEALTH_EVERY_NS, self._looked_ns, now_ns):
            self._look()
        while self._jobs:
            self._jobs.pop(0)()
        if self._is_save_due(now_ns):
            self.save()
        self._world.beat()

    def _look(self) -> None:
        """Take stock of what was seen and lost."""
        before, self.health = self.health, self.stream.health()
        health = self.health
        self._say_changes(before, health)
        now_ns, ledger = self._world.now_ns(), self.back.ledger
        lost = sum(one.dropped_ring + one.dropped_nic + one.unreadable for one in health.interfaces)
        seen = lost + sum(one.seen for one in health.outcomes.values())
        lost += sum(sum(one.dropped.values()) for one in health.outcomes.values())
        passed_ns, self._looked_ns = now_ns - self._looked_ns, now_ns
        if passed_ns > 0:
            self.frames_per_second = max(seen - self._seen, 0) * SECOND_NS / passed_ns
        self._seen = seen
        self.lost.add(now_ns, lost, seen)
        self.one_way.add(now_ns, ledger.tcp_one_way, ledger.tcp_flows)

    def _say_changes(self, before: LiveHealth, now: LiveHealth) -> None:
        """Say what fails since the last look, and what works again."""
        if now.record_problem != before.record_problem:
            problem = now.record_problem
            self._world.say(
                f"packets are not recorded: {problem}" if problem else "packets are recorded again"
            )
        was_up = {one.name: one.is_up for one in before.interfaces}
        for one in now.interfaces:
            if was_up.get(one.name, True) != one.is_up and not self.stream.is_exhausted:
                self._world.say(f"{one.name}: {'is up again' if one.is_up else one.problem or 'is down'}")

    def _is_save_due(self, now_ns: int) -> bool:
        every_ns = self._world.save_every_ns
        is_due = _has_passed(every_ns, self._saved_ns, now_ns) and _has_passed(
            min(every_ns, RETRY_NS), self._tried_ns, now_ns
        )
        return is_due and self._world.keeper is not None

    def save(self) -> None:
        """Begin a checkpoint, if what was told so far is on disk: it must not know of an alert that got lost."""
        keeper, outbox = self._world.keeper, self._world.outbox
        if keeper is None:
            return
        self._tried_ns = self._world.now_ns()
        keeper.poll()
        if not outbox.flush(FLUSH_PATIENCE_SECONDS):
            if outbox.problem or self._is_put_off:
                keeper.fail(self._unsafe())
            self._is_put_off = True
            return
        self._is_put_off = False
        if keeper.save(self._checkpoint(is_clean=False)):
            self._saved_ns = self._world.now_ns()

    def save_at_end(self) -> bool:
        """Save where somebody will go on; False when that failed."""
        keeper = self._world.keeper
        if keeper is None:
            return False
        if not self._world.outbox.flush(LAST_FLUSH_SECONDS):
            keeper.fail(self._unsafe())
            self._world.say(f"the state is not saved at the end: {self._unsafe()}")
            return False
        return keeper.finish(self._checkpoint(is_clean=True)())

    def _unsafe(self) -> str:
        """Return why there is no checkpoint: one that knows of an alert that got lost would never tell it again."""
        problem = self._world.outbox.problem or "the disk takes too long"
        return f"alerts wait for the spool: {problem}"

    def _checkpoint(self, *, is_clean: bool) -> Callable[[], Any]:
        """Return who makes the state of everything at this moment; may be called in a forked child."""
        fronts = self.stream.states()
        moment = Moment(
            spool_sequence=self._world.outbox.last_sequence,
            clock_ns=self.stream.clock_ns,
            is_clean=is_clean,
            captures=tuple(interface.capture for interface in self.stream.interfaces),
        )
        return lambda: checkpoint(self.back.state(), fronts(), moment)

    def _told(self, alert: Alert) -> None:
        lost = self.lost.ratio
        alert = replace(alert, completeness=None if lost is None else round(1 - lost, 4))
        self.delays.observe((self._world.now_ns() - self.back.clock_ns) / SECOND_NS)
        self._world.outbox.put(alert)
        self._world.tell(alert)

    def _mark(self, finding: Finding) -> None:
        observation = finding.observation
        name = observation.remote_name
        story = alert_id(finding.detector, finding.identity)
        self.stream.mark(observation.flow, () if name is None else (name,), story, finding.title)


def _has_passed(period_ns: int, since_ns: int, now_ns: int) -> bool:
    """Whether a period is over; also when the clock was set back, for then nobody knows."""
    return not since_ns <= now_ns < since_ns + period_ns
