"""What a replay amounted to, for metrics: ``export.snapshot`` out of ledger, alerts and what the rooms counted."""

from collections import Counter
from collections.abc import Mapping

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
from monitor.pipeline.replay import Result
from monitor.pipeline.report import Stories
from monitor.pipeline.site import Site
from monitor.registry import discover

INTERFACE = "replay"
"""Stands for all captures of a replay in labels: their names are the operator's, not a closed set."""


def snapshot_of(result: Result, site: Site, stories: Stories) -> Snapshot:
    """Return the counts at the end of a replay."""
    ledger, health, book = result.ledger, result.health, result.back.book
    contacts = {ContactLabels(*key): one for key, one in ledger.vendors.items()}
    return Snapshot(
        known=_known(site),
        version=__version__,
        catalog_digest=site.catalog.digest,
        catalog_signatures={
            (vendor, status.value): amount for (vendor, status), amount in site.catalog.counts().items()
        },
        catalog_day_ns=site.signatures_day_ns,
        findings={FindingLabels(*key): amount for key, amount in ledger.findings.items()},
        alerts={AlertLabels(*key): amount for key, amount in book.snapshot().fired.items()},
        firing=dict(stories.firing.items()),
        contact_bytes={
            key: ContactBytes(one.uplink_bytes, one.downlink_bytes) for key, one in contacts.items()
        },
        contact_last_seen_ns={key: one.last_ns for key, one in contacts.items()},
        devices=Counter(vendor or "" for vendor in ledger.devices.values()),
        frames={INTERFACE: FrameCounts(health.capture["frames"], health.capture["bytes"])},
        dropped={(INTERFACE, reason): amount for reason, amount in _dropped(result).items()},
        malformed={
            ("decode", "frame"): health.front.decode["malformed"],
            **{("protocols", name): amount for name, amount in health.front.malformed.counts.items()},
        },
        flows_active=health.front.flow["active"],
        evictions=_evictions(result, site),
    )


def _known(site: Site) -> Known:
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
        interfaces=(INTERFACE,),
        drop_reasons=tuple(_DROPPED_IN_CAPTURE.values()) + _DROPPED_IN_DECODE,
        malformed=(("decode", "frame"), *(("protocols", name) for name in parsers)),
        rooms=("decode", "flow", "protocols", "enrich", "detect", "alert", "export"),
        tables=(*_TABLES, *(f"detect.{one.NAME}" for one in site.detectors)),
    )


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


def _dropped(result: Result) -> Mapping[str, int]:
    capture, decode = result.health.capture, result.health.front.decode
    lost = {reason: capture[key] for key, reason in _DROPPED_IN_CAPTURE.items()}
    return lost | {reason: decode[reason] for reason in _DROPPED_IN_DECODE}


def _evictions(result: Result, site: Site) -> Mapping[str, int]:
    front, enrich = result.health.front, result.back.enrich_tally
    rooms = {
        "flow": front.flow["evicted"],
        "reassembly": front.flow["impatient"],
        "readings": front.given_up,
        "fragments": front.decode["fragments_evicted"],
        "alerts": result.back.book.tally["evicted"],
        **{name: enrich[f"evicted_{name}"] for name in ("devices", "stations", "names", "flow_names")},
    }
    return rooms | {f"detect.{one.NAME}": one.evictions for one in site.detectors}
