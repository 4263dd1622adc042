"""The state of a sensor in one word, and why: a sensor that is blind must not look like a quiet network.

Rule: the first test that fails gives the word; what every other one has to say is told too.
"""

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import NamedTuple

from monitor.export._plain import duration
from monitor.export.board import State
from monitor.export.sensor_counts import SensorCounts
from monitor.model.instant import SECOND_NS

DEAF_AFTER_NS = 300 * SECOND_NS
"""An interface on which no frame came for this long hears nothing: mirrors of living networks are never that quiet."""
HELD_UP_NS = 60 * SECOND_NS
"""An output that fails and takes nothing for this long holds alerts up."""
COMPLETE, HOLED = 0.99, 0.9
"""Shares of frames below which the sensor loses too many, and far too many; the alert rules have the same."""
ONE_WAY = 0.5
"""Share of flows with one direction above which the mirror shows one direction only."""
LATE_SECONDS = 10.0
"""How far the program may be behind the wire."""
_DAY_NS = 86_400 * SECOND_NS
STALE_CATALOG_NS = 180 * _DAY_NS
STALE_GEOIP_NS = 180 * _DAY_NS


class Mood(StrEnum):
    """How bad it is."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


class Verdict(NamedTuple):
    """One word, a mood, and the reasons."""

    word: str
    mood: Mood
    reasons: tuple[str, ...]


class _Remark(NamedTuple):
    word: str
    mood: Mood
    reason: str


Test = Callable[[State], Iterator[_Remark]]


def verdict_of(state: State, silent_seconds: float) -> Verdict:
    """Return what the state amounts to."""
    remarks = [remark for test in _TESTS for remark in test(state)]
    if state.is_stale:
        said = duration(int(silent_seconds * SECOND_NS))
        stalled = _Remark("Not responding", Mood.BAD, f"The main loop has said nothing for {said}.")
        remarks.insert(0, stalled)
    if not remarks:
        return Verdict("Watching", Mood.GOOD, ())
    worst = next((one for one in remarks if one.mood is Mood.BAD), remarks[0])
    return Verdict(worst.word, worst.mood, tuple(dict.fromkeys(one.reason for one in remarks)))


def _capturing(state: State) -> Iterator[_Remark]:
    if not state.health.is_capturing:
        reasons = state.health.reasons or ("No interface is captured.",)
        word = "Partly blind" if any((state.snapshot.sensor or SensorCounts()).up.values()) else "Blind"
        yield from (_Remark(word, Mood.BAD, reason) for reason in reasons)
    elif not state.health.has_catalog:
        reasons = state.health.reasons or ("No signatures are loaded.",)
        yield from (_Remark("No catalog", Mood.BAD, reason) for reason in reasons)
    else:
        yield from (_Remark("Impaired", Mood.WARNING, reason) for reason in state.health.reasons)


def _hearing(state: State) -> Iterator[_Remark]:
    sensor = state.snapshot.sensor or SensorCounts()
    for name, last_ns in sensor.last_frame_ns.items():
        silent_ns = state.about.clock_ns - max(last_ns, state.about.started_ns)
        if sensor.up.get(name, True) and silent_ns > DEAF_AFTER_NS:
            said = duration(silent_ns)
            yield _Remark(
                "Hears nothing", Mood.BAD, f"No frame came in on {name} for {said}: look at the mirror port."
            )


def _complete(state: State) -> Iterator[_Remark]:
    sensor = state.snapshot.sensor or SensorCounts()
    if sensor.completeness is not None and sensor.completeness < COMPLETE:
        lost = 100 * (1 - sensor.completeness)
        mood = Mood.BAD if sensor.completeness < HOLED else Mood.WARNING
        yield _Remark(
            "Losing frames", mood, f"{lost:.1f} % of the frames of the last five minutes were lost."
        )
    if sensor.one_way is not None and sensor.one_way > ONE_WAY:
        share = 100 * sensor.one_way
        reason = f"{share:.0f} % of the TCP flows showed one direction only: the mirror must carry both."
        yield _Remark("Hears one side", Mood.BAD, reason)
    lag = state.snapshot.capture_lag_seconds
    if lag is not None and lag > LATE_SECONDS:
        yield _Remark("Behind", Mood.WARNING, f"{duration(int(lag * SECOND_NS))} behind the wire.")


def _working(state: State) -> Iterator[_Remark]:
    errors = sum(state.snapshot.internal_errors.values())
    if errors:
        yield _Remark(
            "Faulty", Mood.BAD, f"{errors} faults of this program since the start; its log has them."
        )
    sensor = state.snapshot.sensor or SensorCounts()
    for name, fault in state.about.output_faults.items():
        yield _Remark("Alerts held up", Mood.BAD, f"{name} takes no alerts: {fault}")
    for name, one in sensor.deliveries.items():
        waited_ns = state.about.clock_ns - max(one.last_success_ns, state.about.started_ns)
        if one.pending and one.failures and waited_ns > HELD_UP_NS and name not in state.about.output_faults:
            reason = f"{one.pending} alerts wait for {name}, which has taken none for {duration(waited_ns)}."
            yield _Remark("Alerts held up", Mood.BAD, reason)
        if one.dropped:
            yield _Remark(
                "Alerts lost", Mood.BAD, f"{one.dropped} alerts for {name} were given up: the spool was full."
            )
    if sensor.spool.problem:
        reason = f"Alerts wait in memory, and a crash would lose them: the spool cannot be written: {sensor.spool.problem}."
        yield _Remark("Alerts not safe", Mood.BAD, reason)
    if not sensor.reload.is_successful:
        yield _Remark(
            "Old configuration",
            Mood.WARNING,
            "The configuration on disk cannot be used; the old one is in use.",
        )
    if sensor.checkpoint.failures and not sensor.checkpoint.last_success_ns:
        yield _Remark("Forgetful", Mood.WARNING, "The state cannot be written to disk.")


def _current(state: State) -> Iterator[_Remark]:
    now_ns, day_ns = state.about.clock_ns, state.snapshot.catalog_day_ns
    if day_ns and now_ns - day_ns > STALE_CATALOG_NS:
        days = (now_ns - day_ns) // _DAY_NS
        yield _Remark("Old signatures", Mood.WARNING, f"The signatures are {days} days old.")
    sensor = state.snapshot.sensor or SensorCounts()
    for name, built_ns in sensor.geoip_build_ns.items():
        if built_ns and now_ns - built_ns > STALE_GEOIP_NS:
            days = (now_ns - built_ns) // _DAY_NS
            yield _Remark("Old geo-IP", Mood.WARNING, f"The geo-IP database {name} is {days} days old.")


_TESTS: tuple[Test, ...] = (_capturing, _hearing, _complete, _working, _current)
