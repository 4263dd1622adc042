"""A family of metrics as data: its name, its closed set, and where in a snapshot its counts are.

Rule: a family that is not there (``read`` gives None) belongs to a part of the program that does not run.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from prometheus_client.core import (
    CounterMetricFamily,
    Exemplar,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)

from monitor.export._labels import Closed, Key, Labels
from monitor.export.histogram import HistogramCounts
from monitor.export.snapshot import Snapshot
from monitor.model.instant import SECOND_NS

MAX_EXEMPLAR_CHARACTERS = 128
"""OpenMetrics 1.0: the combined length of the label names and values of an exemplar."""
_EXEMPLAR_LABEL = "alert_id"

Counts = Mapping[Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A counter or a gauge with labels from one closed set."""

    name: str
    """Without ``_total``."""
    says: str
    read: Callable[[Snapshot], Counts | None]
    labels: tuple[str, ...] = ()
    closed: Callable[[Labels], Closed] = lambda labels: labels.alone
    is_counter: bool = False
    merge: Callable[[Any, Any], Any] | None = None
    """How two amounts under one name become one; by default they are added."""
    trim: Callable[[dict[Key, Any], tuple[Key, ...]], dict[Key, Any]] | None = None
    exemplars: Callable[[Snapshot], Counts] | None = None

    def series(self, labels: Labels) -> int:
        """Return how many series there can be at most; a counter's moment of creation is one more."""
        return self.closed(labels).size * (2 if self.is_counter else 1)

    def metric(self, snapshot: Snapshot, labels: Labels) -> Metric | None:
        """Return the family with all its samples."""
        counts = self.read(snapshot)
        if counts is None:
            return None
        closed = self.closed(labels)
        samples = closed.samples(counts, self.merge)
        if self.trim is not None:
            samples = self.trim(samples, closed.known)
        return self._counter(snapshot, closed, samples) if self.is_counter else self._gauge(samples)

    def _gauge(self, samples: Mapping[Key, float]) -> Metric:
        family = GaugeMetricFamily(self.name, self.says, labels=self.labels)
        for values, amount in samples.items():
            family.add_metric(values, amount)
        return family

    def _counter(self, snapshot: Snapshot, closed: Closed, samples: Mapping[Key, float]) -> Metric:
        family = CounterMetricFamily(self.name, self.says, labels=self.labels)
        created = None if snapshot.created_ns is None else snapshot.created_ns / SECOND_NS
        given = {} if self.exemplars is None else self.exemplars(snapshot)
        exemplars = {closed.close(tuple(key)): one for key, one in given.items()}
        for values, amount in samples.items():
            told = _exemplar(exemplars[values]) if values in exemplars else None
            family.add_metric(values, amount, created=created, exemplar=told)
        return family


def keyed(counts: Mapping[str, Any]) -> dict[Key, Any]:
    """Return counts under single names as counts under keys of one label."""
    return {(key,): amount for key, amount in counts.items()}


def alone(amount: float | None) -> Counts | None:
    """Return one amount as the counts of a family without labels."""
    return None if amount is None else {(): amount}


def info(name: str, says: str, **value: str) -> Metric:
    """Return a family that only says something."""
    return InfoMetricFamily(name, says, value=value)


def histogram(name: str, says: str, counts: HistogramCounts, created_ns: int | None) -> Metric:
    """Return a classic histogram; its buckets are cumulative."""
    family = HistogramMetricFamily(name, says)
    below, buckets = 0, []
    for bound, amount in zip((*map(str, counts.bounds), "+Inf"), counts.counts, strict=True):
        below += amount
        buckets.append((bound, below))
    family.add_metric((), buckets, counts.sum)
    if created_ns is not None:
        family.add_sample(f"{name}_created", {}, created_ns / SECOND_NS)
    return family


def _exemplar(told: Any) -> Exemplar | None:
    if len(_EXEMPLAR_LABEL) + len(told.alert_id) > MAX_EXEMPLAR_CHARACTERS:
        return None
    return Exemplar({_EXEMPLAR_LABEL: told.alert_id}, 1.0, told.ts_ns / SECOND_NS)
