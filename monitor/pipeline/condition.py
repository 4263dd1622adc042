"""How the sensor is at one moment: the state that the board shows, out of the rooms, the stream and the outputs."""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from monitor.export.board import About, Health, State
from monitor.export.outbox import Outbox
from monitor.export.sensor_counts import Checkpoint, Recording, Reload, SensorCounts, TableFill
from monitor.export.snapshot import AlertLabels, Exemplar, FiringLabels, FrameCounts, Known, Snapshot
from monitor.model.alert import Alert
from monitor.model.instant import SECOND_NS
from monitor.pipeline.frame_ledger import IGNORED, LOST
from monitor.pipeline.live import LiveHealth
from monitor.pipeline.metrics import common, known
from monitor.pipeline.sensor import Sensor
from monitor.pipeline.site import Site

MAX_FIRING = 1000
"""Alerts that a state holds; metrics count all of them."""
MAX_RECENT = 20
DROP_REASONS = ("nic", "ring", "unreadable", *(one.name.lower() for one in LOST))
IGNORE_REASONS = ("filtered", "duplicate", *(one.name.lower() for one in IGNORED))


@dataclass(slots=True)
class Circumstances:
    """What the sensor itself does not know; kept up by who runs it."""

    name: str
    outputs: Outbox
    memory_budget_bytes: int = 0
    reload: Reload = field(default_factory=Reload)
    checkpoint: Checkpoint = field(default_factory=Checkpoint)
    notes: Sequence[str] = ()
    """What people should know of this run."""


class Condition:
    """Makes states."""

    def __init__(self, sensor: Sensor, circumstances: Circumstances) -> None:
        self.circumstances = circumstances
        self._sensor = sensor
        self._known: tuple[object, Known] | None = None
        self._recent: deque[Alert] = deque(maxlen=MAX_RECENT)
        self._exemplars: dict[AlertLabels | tuple[str, ...], Exemplar] = {}

    def told(self, alert: Alert, now_ns: int) -> None:
        """Note an alert that was told."""
        self._recent.appendleft(alert)
        labels = AlertLabels(alert.detector, alert.vendor or "", alert.severity.value)
        self._exemplars[labels] = Exemplar(alert.alert_id, now_ns)

    def short_line(self) -> str:
        """Return in a short line how it goes lately."""
        sensor, down = self._sensor, _down(self._sensor.health)
        if not any(one.frames for one in sensor.health.interfaces):
            return ", ".join(("no frames yet", *down))
        lost = sensor.lost.ratio
        parts = (
            f"{sensor.frames_per_second:,.0f} frames/s",
            *([] if lost is None else [f"{100 * lost:.2f} % lost"]),
            f"{len(sensor.back.book):,} alerts firing",
            *down,
        )
        return ", ".join(parts)

    def line(self) -> str:
        """Return in a line how it goes."""
        sensor, health = self._sensor, self._sensor.health
        down = _down(health)
        lost = sum(_dropped(health).values())
        frames = sum(one.frames for one in health.interfaces)
        if not frames:
            return ", ".join(("no frames yet", *down))
        parts = (
            f"{sensor.frames_per_second:,.0f} frames/s",
            f"{frames:,} in all",
            *([f"{lost:,} lost"] if lost else []),
            f"{sensor.back.ledger.flows:,} flows ended",
            f"{len(sensor.back.book):,} alerts firing",
            *down,
        )
        return ", ".join(parts)

    def state(self, now_ns: int) -> State:
        """Return the state at an instant of the clock on the wall."""
        sensor, health = self._sensor, self._sensor.health
        firing = sensor.back.book.snapshot()
        return State(
            snapshot=self._snapshot(now_ns, firing.fired, firing.firing),
            health=self._health(health),
            about=self._about(now_ns),
            firing=tuple(sensor.back.book.worst(MAX_FIRING)),
            firing_total=len(sensor.back.book),
        )

    def _snapshot(
        self,
        now_ns: int,
        fired: Mapping[tuple[str, str, str], int],
        firing: Mapping[tuple[str, str, str, str], int],
    ) -> Snapshot:
        sensor, health = self._sensor, self._sensor.health
        event_ns = sensor.stream.clock_ns
        return Snapshot(
            **common(sensor.site, sensor.back, health.front, fired),
            known=self._closed_sets(sensor.site, health),
            firing={FiringLabels(*key): amount for key, amount in firing.items()},
            frames=_frames(health),
            dropped=_dropped(health),
            internal_errors=Counter(sensor.faults.by_room)
            + Counter(health.faults)
            + Counter(export=self.circumstances.outputs.counts().errors),
            capture_lag_seconds=max(now_ns - event_ns, 0) / SECOND_NS if event_ns else 0.0,
            exemplars=dict(self._exemplars),
            created_ns=sensor.started_ns,
            sensor=self._counts(sensor, health),
        )

    def _counts(self, sensor: Sensor, health: LiveHealth) -> SensorCounts:
        around, counts = self.circumstances, self.circumstances.outputs.counts()
        lost = sensor.lost.ratio
        return SensorCounts(
            up={one.name: one.is_up for one in health.interfaces},
            last_frame_ns={one.name: one.last_frame_ns for one in health.interfaces},
            ignored=_ignored(health),
            completeness=None if lost is None else 1 - lost,
            one_way=sensor.one_way.ratio,
            reload=around.reload,
            checkpoint=around.checkpoint,
            spool=counts.spool,
            deliveries=counts.deliveries,
            geoip_build_ns=sensor.back.geoip_build_ns,
            workers_up={str(number): is_up for number, is_up in enumerate(health.workers_up)},
            alert_delay=sensor.delays.counts(),
            memory_budget_bytes=around.memory_budget_bytes,
            recording=_recording(health),
            tables=sensor.back.tables()
            | {name: TableFill(*fill) for name, fill in health.front.fills.items()},
        )

    def _closed_sets(self, site: Site, health: LiveHealth) -> Known:
        """Return the closed sets; the same object as long as they are the same."""
        outputs = tuple(self.circumstances.outputs.counts().deliveries)
        names = tuple(one.name for one in health.interfaces)
        about = (id(site), outputs, names, len(health.workers_up))
        if self._known is None or self._known[0] != about:
            closed = known(
                site,
                names,
                DROP_REASONS,
                ignore_reasons=IGNORE_REASONS,
                outputs=outputs,
                databases=tuple(self._sensor.back.geoip_build_ns),
                workers=tuple(map(str, range(len(health.workers_up)))),
            )
            self._known = (about, closed)
        return self._known[1]

    def _health(self, health: LiveHealth) -> Health:
        reasons = [f"{one.name}: {one.problem or 'is down'}" for one in health.interfaces if not one.is_up]
        reasons += [f"worker {place} has ended" for place, is_up in enumerate(health.workers_up) if not is_up]
        has_catalog = len(self._sensor.site.catalog.signatures) > 0
        is_capturing = bool(health.interfaces) and not reasons
        if not health.interfaces:
            reasons.append("nothing has been heard yet")
        if not has_catalog:
            reasons.append("no signatures are loaded")
        return Health(is_capturing=is_capturing, has_catalog=has_catalog, reasons=tuple(reasons))

    def _about(self, now_ns: int) -> About:
        site = self._sensor.site
        return About(
            name=self.circumstances.name,
            started_ns=self._sensor.started_ns,
            clock_ns=now_ns,
            event_ns=self._sensor.stream.clock_ns or None,
            vendor_names={vendor.id: vendor.name for vendor in site.catalog.vendors.values()},
            recent=tuple(self._recent),
            credits=site.credits,
        )


def _down(health: LiveHealth) -> list[str]:
    return [f"{one.name} {one.problem or 'is down'}" for one in health.interfaces if not one.is_up]


def _recording(health: LiveHealth) -> Recording | None:
    counts = health.recorded
    if not counts:
        return None
    reasons = {
        "disk": "packets_unwritten",
        "flow_limit": "over_flow_limit",
        "rate_limit": "over_second_limit",
        "too_large": "frames_too_large",
    }
    return Recording(
        packets=counts["packets"],
        dropped={reason: counts[key] for reason, key in reasons.items()},
        is_up=not counts["stopped"],
    )


def _frames(health: LiveHealth) -> dict[str, FrameCounts]:
    """Return what was seen: processed, ignored or lost."""
    return {
        one.name: FrameCounts(one.seen + one.dropped_nic + one.filtered, one.frame_bytes)
        for one in health.interfaces
    }


def _dropped(health: LiveHealth) -> dict[tuple[str, str], int]:
    dropped = {}
    for one in health.interfaces:
        dropped[one.name, "nic"] = one.dropped_nic
        dropped[one.name, "ring"] = one.dropped_ring
        dropped[one.name, "unreadable"] = one.unreadable
    for name, outcomes in health.outcomes.items():
        dropped |= {(name, reason): amount for reason, amount in outcomes.dropped.items()}
    return dropped


def _ignored(health: LiveHealth) -> dict[tuple[str, str], int]:
    ignored = {}
    for one in health.interfaces:
        ignored[one.name, "filtered"] = one.filtered
        ignored[one.name, "duplicate"] = one.duplicates
    for name, outcomes in health.outcomes.items():
        ignored |= {(name, reason): amount for reason, amount in outcomes.ignored.items()}
    return ignored
