"""Metrics from a snapshot: a custom collector on a private registry, as text for a scrape or for a file.

Rule 1: labels come from closed sets only; a value outside them is shown as ``other``, a device as ``unlisted``.
Rule 2: every known series is there from the first scrape, with 0.
Rule 3: state is read at scrape time and never kept, so that what vanished from the snapshot vanishes here.
Rule 4: there are never more series than ``max_series`` says, whatever the traffic does.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from monitor.export import _families as families
from monitor.export import _sensor_families as sensor_families
from monitor.export._exposition import Format, text_of
from monitor.export._family import Family, histogram, info
from monitor.export._labels import labels_of
from monitor.export.snapshot import Known, Snapshot

TEXTFILE_SUFFIX = ".prom"
"""What node_exporter's textfile collector reads; it takes the older text format only."""

_EVERYWHERE = (*families.STORIES, *families.CONTACTS, *families.FRAMES)
_SENSOR = (
    *sensor_families.CAPTURE,
    *sensor_families.STATE,
    *sensor_families.RECORDING,
    *sensor_families.DELIVERY,
)
_LAST = (*families.HEALTH, *families.PROGRAM)
FAMILIES: tuple[Family, ...] = (*_EVERYWHERE, *_SENSOR, *_LAST)
"""Every counter and gauge, in the order of the documentation."""
_BESIDES = 2 + 20
"""Series of the two families that only say something, and of the histogram with its sum, count and creation."""


class SnapshotCollector(Collector):
    """Makes the metrics of the snapshot that its source returns at that moment."""

    def __init__(self, source: Callable[[], Snapshot]) -> None:
        self._source = source

    def collect(self) -> Iterator[Metric]:
        """Yield every family that there is, in the order of the documentation."""
        snapshot = self._source()
        labels = labels_of(snapshot.known)
        for family in FAMILIES:
            metric = family.metric(snapshot, labels)
            if metric is not None:
                yield metric
        if snapshot.sensor is not None:
            yield histogram(
                "umbilical_alert_delay_seconds",
                "Time from the packet on the wire to the alert told.",
                snapshot.sensor.alert_delay,
                snapshot.created_ns,
            )
        yield info("umbilical_catalog", "The signatures in use.", digest=snapshot.catalog_digest)
        yield info("umbilical_build", "This program.", version=snapshot.version)


def registry(source: Callable[[], Snapshot], *besides: Collector) -> CollectorRegistry:
    """Return a private registry with the collector, and with what else is named."""
    private = CollectorRegistry(auto_describe=False)
    for collector in (SnapshotCollector(source), *besides):
        private.register(collector)
    return private


def max_series(known: Known) -> int:
    """Return how many series a snapshot can become at most, whatever its counts are keyed by."""
    labels = labels_of(known)
    return sum(family.series(labels) for family in FAMILIES) + _BESIDES


def render(snapshot: Snapshot, *, openmetrics: bool = True) -> bytes:
    """Return the metrics as OpenMetrics 1.0 text, or in Prometheus's older text format."""
    chosen = Format.OPENMETRICS if openmetrics else Format.TEXT
    return text_of(registry(lambda: snapshot).collect(), chosen)


def file_text(snapshot: Snapshot, path: Path) -> bytes:
    """Return the metrics in the format that suits a file of that name."""
    return render(snapshot, openmetrics=path.suffix != TEXTFILE_SUFFIX)
