"""What a live sensor shows before it has seen anything: every series that there will ever be, with 0."""

from __future__ import annotations

from monitor.export.sensor_counts import Delivery, SensorCounts, TableFill
from monitor.export.snapshot import FrameCounts, Snapshot
from monitor.pipeline.condition import DROP_REASONS, IGNORE_REASONS
from monitor.pipeline.metrics import known
from tests.kit.house import fresh_site


def sensor_snapshot() -> Snapshot:
    """Return the counts of a sensor with one interface and one output."""
    site = fresh_site()
    closed = known(
        site,
        ("eth1",),
        DROP_REASONS,
        ignore_reasons=IGNORE_REASONS,
        outputs=("jsonl",),
        databases=("embedded",),
        workers=("0",),
    )
    return Snapshot(
        known=closed,
        version="0",
        catalog_digest=site.catalog.digest,
        frames={"eth1": FrameCounts(0, 0)},
        capture_lag_seconds=0.0,
        sensor=SensorCounts(
            up={"eth1": True},
            workers_up={"0": True},
            deliveries={"jsonl": Delivery()},
            tables={"flow": TableFill(0, 1)},
            geoip_build_ns={"embedded": 0},
        ),
    )
