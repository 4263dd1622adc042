"""The board between the main loop, which owns all tables, and the threads that show them: questions and one answer.

The main loop asks ``wanted()`` for every batch, which costs next to nothing, and shows a ``State`` when somebody waits
for one. Threads ask ``fresh()``: all who ask at the same time share one answer, and nobody gets one that was made
before the question. Rule: everything on the board is immutable.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from heapq import nsmallest
from threading import Condition

from monitor.export.snapshot import Snapshot
from monitor.model.alert import Alert

MAX_FIRING_SHOWN = 1000
"""Alerts in a state; metrics count all of them."""
SPACING_SECONDS = 0.1
"""Between two answers at least: however many ask, the main loop makes ten states a second and no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Whether the sensor does its work."""

    is_capturing: bool
    """Every interface is up and its socket lives; every worker too."""
    has_catalog: bool
    reasons: tuple[str, ...] = ()
    """Why it is not ready, or what it lacks, in words: ``eth1 is down``."""

    @property
    def is_ready(self) -> bool:
        return self.is_capturing and self.has_catalog


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the start page says besides the counts."""

    name: str
    """Of the site, or of the host."""
    started_ns: int
    clock_ns: int
    """When the state was made, by the clock of this machine."""
    event_ns: int | None = None
    """Time of the newest frame; None before the first."""
    vendor_names: Mapping[str, str] = field(default_factory=dict)
    """Name of each vendor, by id."""
    output_faults: Mapping[str, str] = field(default_factory=dict)
    """Why an output does not take alerts now, by output; those that do are not here."""
    recent: tuple[Alert, ...] = ()
    """The last few alerts that were told, newest first."""
    credits: tuple[str, ...] = ()
    """Who made the geo-IP data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Everything that is shown, at one moment."""

    snapshot: Snapshot
    health: Health
    about: About
    firing: tuple[Alert, ...] = ()
    """The most severe that fire now; ``most_severe`` makes it."""
    firing_total: int = 0
    """How many fire in all."""
    is_stale: bool = False
    """The main loop did not answer in time; this is what it said before."""


class Board:
    """One place for questions and the answer."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._asked = self._taken = self._answered = 0
        self._state: State | None = None
        self._beat = time.monotonic()
        self._not_before = 0.0

    def wanted(self) -> bool:
        """Whether somebody waits for a state; the main loop asks for every batch, and so shows that it lives."""
        now = self._beat = time.monotonic()
        if self._asked == self._answered or now < self._not_before:
            return False
        self._taken = self._asked
        return True

    def show(self, state: State) -> None:
        """Answer everybody who asked before ``wanted`` said so."""
        with self._changed:
            self._state = state
            self._answered = self._taken
            self._not_before = time.monotonic() + SPACING_SECONDS
            self._changed.notify_all()

    def fresh(self, patience_seconds: float) -> State | None:
        """Ask and wait; None before the first state, and the last one marked stale when there is no answer in time."""
        with self._changed:
            self._asked += 1
            question = self._asked
            if self._changed.wait_for(lambda: self._answered >= question, patience_seconds):
                return self._state
            return None if self._state is None else replace(self._state, is_stale=True)

    @property
    def silent_seconds(self) -> float:
        """How long ago the main loop last showed that it lives."""
        return time.monotonic() - self._beat


def most_severe(alerts: Iterable[Alert], limit: int = MAX_FIRING_SHOWN) -> tuple[Alert, ...]:
    """Return the most severe alerts; of equals those that were added to last."""
    return tuple(nsmallest(limit, alerts, key=lambda one: (-one.severity.rank, -one.last_seen_ns)))
