"""What the rooms counted, for metrics: the parts of ``export.snapshot`` that a replay and the sensor have in common."""

from collections.abc import Mapping
from typing import Any

from monitor import __version__
from monitor.export.snapshot import (
    AlertLabels,
    ContactBytes,
    ContactLabels,
    FindingLabels,
    FrameCounts,
    Known,
    Snapshot,
)
from monitor.pipeline.back import Back
from monitor.pipeline.front import FrontHealth
from monitor.pipeline.replay import Result
from monitor.pipeline.report import Stories
from monitor.pipeline.site import Site
from monitor.registry import discover

INTERFACE = "replay"
"""Stands for all captures of a replay in labels: their names are the operator's, not a closed set."""
_DROPPED_IN_CAPTURE = {"dropped_by_interface": "interface", "dropped_by_kernel": "kernel"}
_DROPPED_IN_DECODE = ("unknown_link_type", "opaque", "too_deep", "snapped", "malformed")
_TABLES = (
    "flow",
    "reassembly",
    "readings",
    "fragments",
    "devices",
    "stations",
    "names",
    "flow_names",
    "alerts",
)


def snapshot_of(result: Result, site: Site, stories: Stories) -> Snapshot:
    """Return the counts at the end of a replay."""
    front, capture = result.health.front, result.health.capture
    dropped = {reason: capture[key] for key, reason in _DROPPED_IN_CAPTURE.items()}
    seen = capture["frames"] + sum(dropped.values())
    dropped |= {reason: front.decode[reason] for reason in _DROPPED_IN_DECODE}
    return Snapshot(
        **common(site, result.back, front, result.back.book.snapshot().fired),
        known=known(site, (INTERFACE,), (*_DROPPED_IN_CAPTURE.values(), *_DROPPED_IN_DECODE)),
        firing=dict(stories.firing.items()),
        frames={INTERFACE: FrameCounts(seen, capture["bytes"])},
        dropped={(INTERFACE, reason): amount for reason, amount in dropped.items()},
    )


def common(
    site: Site, back: Back, front: FrontHealth, fired: Mapping[tuple[str, str, str], int]
) -> dict[str, Any]:
    """Return the fields of a snapshot that do not depend on where the frames came from."""
    ledger = back.ledger
    contacts = {ContactLabels(*key): one for key, one in ledger.vendors.items()}
    return {
        "version": __version__,
        "catalog_digest": site.catalog.digest,
        "catalog_signatures": {
            (vendor, status.value): amount for (vendor, status), amount in site.catalog.counts().items()
        },
        "catalog_day_ns": site.signatures_day_ns,
        "findings": {FindingLabels(*key): amount for key, amount in ledger.findings.items()},
        "alerts": {AlertLabels(*key): amount for key, amount in fired.items()},
        "contact_bytes": {
            key: ContactBytes(one.uplink_bytes, one.downlink_bytes) for key, one in contacts.items()
        },
        "contact_last_seen_ns": {key: one.last_ns for key, one in contacts.items()},
        "devices": +ledger.devices_by_vendor,
        "malformed": {
            ("decode", "frame"): front.decode["malformed"],
            **{("protocols", name): amount for name, amount in front.malformed.counts.items()},
        },
        "flows_active": front.flow["active"],
        "evictions": _evictions(site, back, front),
    }


def known(site: Site, interfaces: tuple[str, ...], drop_reasons: tuple[str, ...], **more: Any) -> Known:
    """Return the closed sets of labels; ``more`` are those of a sensor."""
    parsers = discover("monitor.protocols", "PARSER")
    return Known(
        findings=tuple(
            FindingLabels(
                one.NAME, series.vendor or "", series.signature or "", series.purpose or "", series.severity
            )
            for one in site.detectors
            for series in one.known_series()
        ),
        contacts=tuple(
            dict.fromkeys(ContactLabels(one.vendor_id, one.purpose.value) for one in site.catalog.signatures)
        ),
        devices=tuple(alias.name for alias in site.config.site.devices),
        vendors=tuple(site.catalog.vendors),
        interfaces=interfaces,
        drop_reasons=drop_reasons,
        malformed=(("decode", "frame"), *(("protocols", name) for name in parsers)),
        rooms=("decode", "flow", "protocols", "enrich", "detect", "alert", "export", "pipeline"),
        tables=(*_TABLES, *(f"detect.{one.NAME}" for one in site.detectors)),
        **more,
    )


def _evictions(site: Site, back: Back, front: FrontHealth) -> Mapping[str, int]:
    enrich = back.enrich_tally
    rooms = {
        "flow": front.flow["evicted"],
        "reassembly": front.flow["impatient"],
        "readings": front.given_up,
        "fragments": front.decode["fragments_evicted"],
        "alerts": back.book.tally["evicted"],
        **{name: enrich[f"evicted_{name}"] for name in ("devices", "stations", "names", "flow_names")},
    }
    return rooms | {f"detect.{one.NAME}": one.evictions for one in site.detectors}
