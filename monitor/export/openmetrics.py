"""Metrics from a snapshot: a custom collector on a private registry, as text or as a file.

Rule 1: labels come from closed sets only; a value outside them is shown as ``other``, a device as ``unlisted``.
Rule 2: every known series is there from the first scrape, with 0.
Rule 3: state is read at scrape time and never kept, so that what vanished from the snapshot vanishes here.
"""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import generate_latest as generate_text
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.registry import Collector

from monitor.export._labels import STATUSES, UNLISTED, Labels
from monitor.export.snapshot import Snapshot
from monitor.model.instant import SECOND_NS

MAX_ZERO_FIRING = 10_000
"""Series of ``alerts_firing`` that are shown with 0; beyond that only those of unlisted devices are."""
TEXTFILE_SUFFIX = ".prom"
"""What node_exporter's textfile collector reads; it takes the older text format only."""


class SnapshotCollector(Collector):
    """Makes the metrics of the snapshot that its source returns at that moment."""

    def __init__(self, source: Callable[[], Snapshot]) -> None:
        self._source = source

    def collect(self) -> Iterator[Metric]:
        """Yield every family, in the order of the documentation."""
        snapshot = self._source()
        labels = Labels(snapshot.known)
        yield from _stories(snapshot, labels)
        yield from _contacts(snapshot, labels)
        yield from _capture(snapshot, labels)
        yield from _health(snapshot, labels)
        yield from _program(snapshot, labels)


def registry(source: Callable[[], Snapshot]) -> CollectorRegistry:
    """Return a private registry with the collector and nothing else."""
    private = CollectorRegistry(auto_describe=False)
    private.register(SnapshotCollector(source))
    return private


def render(snapshot: Snapshot, *, openmetrics: bool = True) -> bytes:
    """Return the metrics as OpenMetrics 1.0 text, or in Prometheus's older text format."""
    private = registry(lambda: snapshot)
    if openmetrics:
        text: bytes = generate_openmetrics(private)  # type: ignore[no-untyped-call]  # the library has none
        return text
    return generate_text(private)


def write_metrics(snapshot: Snapshot, path: Path) -> None:
    """Write the metrics so that a reader sees the old file or the new one, never half of one."""
    text = render(snapshot, openmetrics=path.suffix != TEXTFILE_SUFFIX)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(text)
            os.fchmod(stream.fileno(), 0o644)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def _stories(snapshot: Snapshot, labels: Labels) -> Iterator[Metric]:
    known = snapshot.known.findings
    yield _counter(
        "umbilical_findings",
        "Facts that detectors stated, before the site's policy.",
        ("detector", "vendor", "signature", "purpose", "severity"),
        labels.closed(known, snapshot.findings, labels.finding),
    )
    alerts = tuple((one.detector, one.vendor, one.severity) for one in known)
    yield _counter(
        "umbilical_alerts",
        "Alerts that began to fire.",
        ("detector", "vendor", "severity"),
        labels.closed(alerts, snapshot.alerts, labels.alert),
    )
    devices = [*snapshot.known.devices, UNLISTED]
    if len(set(alerts)) * len(devices) > MAX_ZERO_FIRING:
        devices = [UNLISTED]
    yield _gauge(
        "umbilical_alerts_firing",
        "Alerts that fire now; devices that the configuration does not name are 'unlisted'.",
        ("detector", "vendor", "severity", "device"),
        labels.closed(
            ((*one, device) for one in alerts for device in devices), snapshot.firing, labels.firing
        ),
    )


def _contacts(snapshot: Snapshot, labels: Labels) -> Iterator[Metric]:
    known = snapshot.known.contacts
    up = {key: one.uplink for key, one in snapshot.contact_bytes.items()}
    down = {key: one.downlink for key, one in snapshot.contact_bytes.items()}
    samples = {
        (*key, direction): amount
        for direction, counts in (("uplink", up), ("downlink", down))
        for key, amount in labels.closed(known, counts, labels.contact).items()
    }
    yield _counter(
        "umbilical_contact_bytes",
        "IP bytes between devices and endpoints of a vendor, in flows that have ended.",
        ("vendor", "purpose", "direction"),
        samples,
    )
    seconds = {key: ns / SECOND_NS for key, ns in snapshot.contact_last_seen_ns.items()}
    yield _gauge(
        "umbilical_contact_last_seen_timestamp_seconds",
        "Event time of the latest contact with a vendor; 0 when there was none.",
        ("vendor", "purpose"),
        labels.closed(known, seconds, labels.contact, merge=max),
    )
    vendors = ((vendor,) for vendor in snapshot.known.vendors)
    yield _gauge(
        "umbilical_devices",
        "Devices that were seen, by the vendor of their module.",
        ("vendor",),
        labels.closed(vendors, _keyed(snapshot.devices), labels.vendor),
    )


def _capture(snapshot: Snapshot, labels: Labels) -> Iterator[Metric]:
    interfaces = snapshot.known.interfaces
    alone = [(interface,) for interface in interfaces]
    frames = {(interface,): one.frames for interface, one in snapshot.frames.items()}
    yield _counter(
        "umbilical_frames",
        "Frames that were read.",
        ("interface",),
        labels.closed(alone, frames, labels.interface),
    )
    sizes = {(interface,): one.bytes for interface, one in snapshot.frames.items()}
    yield _counter(
        "umbilical_frame_bytes",
        "Bytes of those frames on the wire.",
        ("interface",),
        labels.closed(alone, sizes, labels.interface),
    )
    yield _counter(
        "umbilical_frames_dropped",
        "Frames that were lost or could not be used, by reason.",
        ("interface", "reason"),
        labels.closed(
            ((interface, reason) for interface in interfaces for reason in snapshot.known.drop_reasons),
            snapshot.dropped,
            labels.drop,
        ),
    )
    if snapshot.capture_lag_seconds is not None:
        yield _gauge(
            "umbilical_capture_lag_seconds",
            "How far event time is behind the clock.",
            (),
            {(): snapshot.capture_lag_seconds},
        )


def _health(snapshot: Snapshot, labels: Labels) -> Iterator[Metric]:
    known = snapshot.known
    yield _counter(
        "umbilical_malformed",
        "Messages that contradict their own format; the peer's fault.",
        ("room", "protocol"),
        labels.closed(known.malformed, snapshot.malformed, labels.malformed),
    )
    yield _counter(
        "umbilical_internal_errors",
        "Faults of this program; must stay 0.",
        ("room",),
        labels.closed(((room,) for room in known.rooms), _keyed(snapshot.internal_errors), labels.room),
    )
    yield _gauge("umbilical_flows_active", "Flows in the flow table.", (), {(): snapshot.flows_active})
    yield _counter(
        "umbilical_table_evictions",
        "Entries that a full table gave up before their time.",
        ("table",),
        labels.closed(((table,) for table in known.tables), _keyed(snapshot.evictions), labels.table),
    )
    if known.plugins:
        yield _counter(
            "umbilical_plugin_seconds",
            "Processor time that plug-ins took.",
            ("room", "plugin"),
            labels.closed(known.plugins, snapshot.plugin_seconds, labels.plugin),
        )


def _program(snapshot: Snapshot, labels: Labels) -> Iterator[Metric]:
    by_status = ((vendor, status) for vendor in snapshot.known.vendors for status in STATUSES)
    yield _gauge(
        "umbilical_catalog_signatures",
        "Signatures that are loaded, by vendor and status.",
        ("vendor", "status"),
        labels.closed(by_status, snapshot.catalog_signatures, labels.status),
    )
    yield _gauge(
        "umbilical_catalog_pack_timestamp_seconds",
        "Day of the signature pack in use; of the newest signature where no pack is installed.",
        (),
        {(): snapshot.catalog_day_ns // SECOND_NS},
    )
    yield InfoMetricFamily(
        "umbilical_catalog", "The signatures in use.", value={"digest": snapshot.catalog_digest}
    )
    yield InfoMetricFamily("umbilical_build", "This program.", value={"version": snapshot.version})


def _keyed(counts: Mapping[str, Any]) -> dict[tuple[str, ...], Any]:
    return {(key,): amount for key, amount in counts.items()}


def _counter(
    name: str, help_text: str, label_names: Iterable[str], samples: Mapping[tuple[str, ...], float]
) -> CounterMetricFamily:
    family = CounterMetricFamily(name, help_text, labels=tuple(label_names))
    for values, amount in samples.items():
        family.add_metric(values, amount)
    return family


def _gauge(
    name: str, help_text: str, label_names: Iterable[str], samples: Mapping[tuple[str, ...], float]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help_text, labels=tuple(label_names))
    for values, amount in samples.items():
        family.add_metric(values, amount)
    return family
