"""Everything between an alert and the outside: the spool, and a delivery for each output that the configuration has.

The main thread puts alerts in and never waits. Without a folder for state the alerts wait in memory and are lost with the
process; everything else is the same.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from monitor.export._disk_store import DiskStore
from monitor.export._origin import Origin
from monitor.export._store import MemoryStore, Store
from monitor.export.delivery import Delivery, Pace, Terms
from monitor.export.sensor_counts import Delivery as DeliveryCounts
from monitor.export.sensor_counts import Spool as SpoolCounts
from monitor.export.spool import Settings as SpoolSettings
from monitor.export.spool import Spool
from monitor.model.alert import Alert, Exporter
from monitor.model.errors import ConfigError

FOLDER = "spool"
"""Below the sensor's state folder."""
MEMORY_LIMIT_BYTES = 16 << 20
"""Most that alerts take where there is no disk."""
QUEUE = "spool"
"""The name under which alerts are counted that no output will ever see."""
_ROOM = "export."
_MOST_AT_ONCE = 500
_DRAIN_STEP_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxPlan:
    """What an outbox is made of."""

    sections: Mapping[str, Any]
    """Settings by dotted name, as the configuration has them; an output runs when its section is here."""
    folder: Path
    """Where relative paths of the configuration start."""
    state_folder: Path | None
    """None for a sensor that keeps nothing."""
    host: str
    """Name of the sensor."""
    version: str
    say: Callable[[str], None] = field(default=lambda _: None)
    """Takes a line for the log, from any thread."""
    pace: Pace = field(default_factory=Pace)

    @property
    def origin(self) -> Origin:
        """The sensor, as an output knows it."""
        return Origin(folder=self.folder, host=self.host, version=self.version)

    @property
    def spool(self) -> SpoolSettings:
        """Settings of the spool."""
        given = self.sections.get(f"{_ROOM}{FOLDER}")
        return given if isinstance(given, SpoolSettings) else SpoolSettings()


class OutboxCounts(NamedTuple):
    """What metrics show."""

    spool: SpoolCounts
    deliveries: Mapping[str, DeliveryCounts]
    """By output; under ``spool`` stand alerts that wait for the disk, and those dropped before any output could have them."""
    damaged: int
    """Alerts found damaged in the spool at the start."""
    errors: int
    """Faults of this program; must stay 0."""


class AdoptedRecord(NamedTuple):
    """An alert that was told before the sensor started."""

    sequence: int
    record: dict[str, Any]
    """The published record."""


class Outbox:
    """Made by one thread, which alone puts, reloads and closes; ``counts`` may be asked by any."""

    def __init__(self, plan: OutboxPlan) -> None:
        """Raise ConfigError for an output that cannot be as it is configured, OSError for a spool that cannot be kept."""
        prepared = prepare(plan)
        settings = plan.spool
        self._store = _store(plan)
        self._spool = Spool(self._store, settings.queue, plan.say)
        self._deliveries: dict[str, Delivery] = {}
        self._leaving: list[Delivery] = []
        """Deliveries of outputs that are no longer configured, while they end."""
        self._install(prepared)

    @property
    def last_sequence(self) -> int:
        """Number of the last alert that is safe."""
        return self._store.last_sequence

    @property
    def problem(self) -> str:
        """Why alerts cannot be made safe now; empty while they can."""
        return self._spool.problem

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs that run."""
        return tuple(self._deliveries)

    def put(self, alert: Alert) -> None:
        """Take an alert; never waits."""
        self._spool.put(alert)

    def flush(self, patience_seconds: float) -> bool:
        """Wait until everything put so far is safe; False when it takes longer."""
        return self._spool.flush(patience_seconds)

    def records_after(self, sequence: int) -> Iterator[AdoptedRecord]:
        """Yield the alerts behind a number, oldest first, as far as the spool still has them; raises OSError."""
        reader, last = self._store.reader(sequence), self._store.last_sequence
        while records := reader.take(_MOST_AT_ONCE):
            for one in records:
                if one.sequence <= last:
                    yield AdoptedRecord(one.sequence, orjson.loads(one.json))

    def counts(self) -> OutboxCounts:
        """Return what metrics show."""
        running = dict(self._deliveries)
        unsafe, failures = self._spool.unsafe, self._spool.write_failures
        before_all = DeliveryCounts(dropped=self._spool.queue_dropped, pending=unsafe)
        return OutboxCounts(
            spool=SpoolCounts(
                bytes=self._store.size_bytes,
                limit_bytes=self._store.limit_bytes,
                write_failures=failures,
                problem=self._spool.problem,
            ),
            deliveries={QUEUE: before_all, **{name: one.counts() for name, one in running.items()}},
            damaged=self._store.damaged,
            errors=sum(one.errors for one in running.values()),
        )

    def reload(self, wanted: "OutboxPlan | Prepared") -> None:
        """Take another configuration, whole or not at all: raises ConfigError or OSError. Quick when it is prepared.

        No alert is lost: outputs that stay go on where they are, one that is new begins with the next alert, one that was
        taken out and comes back gets what it missed, as far as the spool still has it. The folder stays what it was.
        """
        prepared = wanted if isinstance(wanted, Prepared) else prepare(wanted)
        self._install(prepared)
        plan = prepared.plan
        self._store.limit_bytes = _limit_bytes(plan.state_folder, plan.spool)
        self._spool.queue = plan.spool.queue

    def close(self, patience_seconds: float) -> bool:
        """Make everything safe, let healthy outputs finish, and stop; False when something is still under way then."""
        until = time.monotonic() + patience_seconds
        is_safe = self._spool.close(patience_seconds)
        while time.monotonic() < until and any(map(_is_busy, self._deliveries.values())):
            time.sleep(_DRAIN_STEP_SECONDS)
        ending = [*self._deliveries.values(), *self._leaving]
        for one in ending:
            one.tell_to_stop()
        has_ended = [one.join(max(_DRAIN_STEP_SECONDS, until - time.monotonic())) for one in ending]
        self._store.close()
        return is_safe and all(has_ended)

    def _install(self, prepared: "Prepared") -> None:
        """Put each exporter where it belongs; first what may fail, then what may not."""
        plan, exporters = prepared
        for name in exporters:
            self._store.register(name)
        terms = Terms(plan.say, plan.pace, None if plan.state_folder is None else plan.state_folder / FOLDER)
        running = self._deliveries
        self._leaving = [one for one in self._leaving if not one.join(0)]
        for name in running.keys() - exporters.keys():
            running[name].tell_to_stop()
            self._leaving.append(running[name])
            self._store.leave(name)
        kept = {name: one for name, one in running.items() if name in exporters}
        for name, exporter in exporters.items():
            if name in kept:
                kept[name].exchange(exporter)
            else:
                kept[name] = Delivery(name, exporter, self._spool, terms)
        self._deliveries = dict(sorted(kept.items()))


class Prepared(NamedTuple):
    """A plan whose outputs are made, but not in use."""

    plan: OutboxPlan
    exporters: Mapping[str, Exporter]


def prepare(plan: OutboxPlan) -> Prepared:
    """Make the outputs of a plan: loads libraries, reads secrets and certificates, connects to nobody.

    Raises ConfigError that names every output that cannot be as it is configured, with its section.
    """
    made, problems = {}, []
    for section, settings in plan.sections.items():
        output = _output_class(section)
        if output is None:
            continue
        try:
            made[section.removeprefix(_ROOM)] = output(settings, plan.origin)
        except ConfigError as error:
            told = error.problem
            problems.append(told if told.startswith("[") else f"[{section}] {told}")
    if problems:
        raise ConfigError("\n".join(problems))
    return Prepared(plan, made)


def _output_class(section: str) -> Any:
    """Return what a section's module declares; whatever in ``export`` declares no ``EXPORTER`` is no output."""
    if not section.startswith(_ROOM):
        return None
    return getattr(import_module(f"monitor.{section}"), "EXPORTER", None)


def _store(plan: OutboxPlan) -> Store:
    limit_bytes = _limit_bytes(plan.state_folder, plan.spool)
    if plan.state_folder is None:
        return MemoryStore(limit_bytes)
    return DiskStore(plan.state_folder / FOLDER, limit_bytes, plan.say)


def _limit_bytes(state_folder: Path | None, settings: SpoolSettings) -> int:
    return settings.limit_bytes if state_folder is not None else min(settings.limit_bytes, MEMORY_LIMIT_BYTES)


def _is_busy(delivery: Delivery) -> bool:
    return delivery.pending > 0 and not delivery.is_failing
