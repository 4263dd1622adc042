"""What a sensor that runs on this host says of itself, in its metrics."""

from collections.abc import Iterator
from typing import NamedTuple

from monitor.cli.checks._subject import Remark, Samples, Subject, note, ok, warning
from monitor.model.instant import SECOND_NS

STALE_SECONDS = 300.0
COMPLETE = 0.999
BEHIND_SECONDS = 600.0
_PREFIX = "umbilical_"
_LAST_CHECKPOINT = "checkpoint_last_success_timestamp_seconds"
_SPOOL = "spool"
"""In the place of an output: what no output could have yet from the disk."""
_LOG = "journalctl -u umbilical -n 50"


class _Reading(NamedTuple):
    labels: str
    value: float


def check(subject: Subject) -> Iterator[Remark]:
    """Yield what is odd; nothing but a note when none runs."""
    if subject.running is None:
        listen = subject.checked.config.settings("export.prometheus").listen
        yield note(f"no sensor answers at {listen or 'any address'}", "systemctl status umbilical")
        return
    remarks = [*_odd(subject.running, subject.now_ns / SECOND_NS)]
    yield from remarks or [ok("a sensor runs here and finds nothing wrong with itself")]


def _odd(samples: Samples, now: float) -> Iterator[Remark]:
    for reading in _read(samples, "capture_up"):
        if not reading.value:
            yield warning(f"the sensor does not hear {reading.labels}", _LOG)
    for reading in _read(samples, "capture_last_frame_timestamp_seconds"):
        silent = now - reading.value
        if silent > STALE_SECONDS:
            since = "since it started" if not reading.value else f"for {silent:.0f} s"
            yield warning(
                f"the sensor has heard no frame on {reading.labels} {since}", "look at the mirror session"
            )
    for reading in _read(samples, "capture_completeness_ratio"):
        if reading.value < COMPLETE:
            yield warning(
                f"the sensor lost {1 - reading.value:.2%} of the last minutes' frames",
                "umbilical doctor INTERFACE    says where",
            )
    for reading in _read(samples, "config_last_reload_successful"):
        if not reading.value:
            yield warning(
                "the last reload was refused; the configuration of before is in use",
                "umbilical check-config FILE",
            )
    yield from _keeping(samples, now)
    yield from _inside(samples)


def _keeping(samples: Samples, now: float) -> Iterator[Remark]:
    for reading in _read(samples, _LAST_CHECKPOINT):
        if 0 < reading.value < now - BEHIND_SECONDS:
            yield warning(f"the last checkpoint is {now - reading.value:.0f} s old", _LOG)
    for reading in _read(samples, "checkpoint_failures_total"):
        if reading.value and any(one.value == 0 for one in _read(samples, _LAST_CHECKPOINT)):
            yield warning("no checkpoint could be saved since the sensor started", _LOG)
    for reading in _read(samples, "spool_pending_alerts"):
        if reading.value and reading.labels == _SPOOL:
            yield warning(
                f"{reading.value:.0f} alerts are not on the disk: the spool cannot be written", _LOG
            )
        elif reading.value:
            yield note(f"{reading.value:.0f} alerts wait for {reading.labels}")
    for reading in _read(samples, "spool_dropped_total"):
        if reading.value:
            yield warning(
                f"{reading.value:.0f} alerts were given up before {reading.labels} took them",
                "mend the output; in the configuration: [export.spool] limit",
            )


def _inside(samples: Samples) -> Iterator[Remark]:
    for reading in _read(samples, "worker_up"):
        if not reading.value:
            yield warning(f"worker {reading.labels} is gone", "systemctl restart umbilical")
    errors = sum(reading.value for reading in _read(samples, "internal_errors_total"))
    if errors:
        yield warning(f"{errors:.0f} errors of the program itself", f"{_LOG}    and report them")


def _read(samples: Samples, name: str) -> Iterator[_Reading]:
    for labels, value in samples.get(_PREFIX + name, ()):
        yield _Reading(", ".join(labels.values()), value)


CHECK = check
