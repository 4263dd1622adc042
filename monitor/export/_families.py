"""The families that every run has: what was found, who was contacted, what was read, how the program is.

Rule: the order is that of the documentation; a name that stands here is published and does not change.
"""

from monitor.export._family import Counts, Family, alone, keyed
from monitor.export._labels import without_devices
from monitor.export.snapshot import Snapshot
from monitor.model.instant import SECOND_NS

_VENDOR_PURPOSE = ("vendor", "purpose")
_STORY = ("detector", "vendor", "severity")


def _contact_bytes(snapshot: Snapshot) -> Counts:
    counts = snapshot.contact_bytes.items()
    up = {(*key, "uplink"): one.uplink for key, one in counts}
    return up | {(*key, "downlink"): one.downlink for key, one in counts}


def _last_seen(snapshot: Snapshot) -> Counts:
    return {key: ns / SECOND_NS for key, ns in snapshot.contact_last_seen_ns.items()}


STORIES = (
    Family(
        name="umbilical_findings",
        says="Facts that detectors stated, before the site's policy.",
        is_counter=True,
        labels=("detector", "vendor", "signature", "purpose", "severity"),
        closed=lambda labels: labels.finding,
        read=lambda snapshot: snapshot.findings,
    ),
    Family(
        name="umbilical_alerts",
        says="Alerts that began to fire.",
        is_counter=True,
        labels=_STORY,
        closed=lambda labels: labels.alert,
        read=lambda snapshot: snapshot.alerts,
        exemplars=lambda snapshot: snapshot.exemplars,
    ),
    Family(
        name="umbilical_alerts_firing",
        says="Alerts that fire now; devices that the configuration does not name are 'unlisted'.",
        labels=(*_STORY, "device"),
        closed=lambda labels: labels.firing,
        read=lambda snapshot: snapshot.firing,
        trim=without_devices,
    ),
)

CONTACTS = (
    Family(
        name="umbilical_contact_bytes",
        says="IP bytes between devices and endpoints of a vendor, in flows that have ended.",
        is_counter=True,
        labels=(*_VENDOR_PURPOSE, "direction"),
        closed=lambda labels: labels.contact_bytes,
        read=_contact_bytes,
    ),
    Family(
        name="umbilical_contact_last_seen_timestamp_seconds",
        says="Event time of the latest contact with a vendor; 0 when there was none.",
        labels=_VENDOR_PURPOSE,
        closed=lambda labels: labels.contact,
        read=_last_seen,
        merge=max,
    ),
    Family(
        name="umbilical_devices",
        says="Devices that were seen, by the vendor of their module.",
        labels=("vendor",),
        closed=lambda labels: labels.vendor,
        read=lambda snapshot: keyed(snapshot.devices),
    ),
)

FRAMES = (
    Family(
        name="umbilical_frames",
        says="Frames that were read.",
        is_counter=True,
        labels=("interface",),
        closed=lambda labels: labels.interface,
        read=lambda snapshot: {(name,): one.frames for name, one in snapshot.frames.items()},
    ),
    Family(
        name="umbilical_frame_bytes",
        says="Bytes of those frames on the wire.",
        is_counter=True,
        labels=("interface",),
        closed=lambda labels: labels.interface,
        read=lambda snapshot: {(name,): one.bytes for name, one in snapshot.frames.items()},
    ),
    Family(
        name="umbilical_frames_dropped",
        says="Frames that were lost or could not be used, by reason.",
        is_counter=True,
        labels=("interface", "reason"),
        closed=lambda labels: labels.drop,
        read=lambda snapshot: snapshot.dropped,
    ),
    Family(
        name="umbilical_capture_lag_seconds",
        says="How far event time is behind the clock.",
        read=lambda snapshot: alone(snapshot.capture_lag_seconds),
    ),
)

HEALTH = (
    Family(
        name="umbilical_malformed",
        says="Messages that contradict their own format; the peer's fault.",
        is_counter=True,
        labels=("room", "protocol"),
        closed=lambda labels: labels.malformed,
        read=lambda snapshot: snapshot.malformed,
    ),
    Family(
        name="umbilical_internal_errors",
        says="Faults of this program; must stay 0.",
        is_counter=True,
        labels=("room",),
        closed=lambda labels: labels.room,
        read=lambda snapshot: keyed(snapshot.internal_errors),
    ),
    Family(
        name="umbilical_flows_active",
        says="Flows in the flow table.",
        read=lambda snapshot: alone(snapshot.flows_active),
    ),
    Family(
        name="umbilical_table_evictions",
        says="Entries that a full table gave up before their time.",
        is_counter=True,
        labels=("table",),
        closed=lambda labels: labels.table,
        read=lambda snapshot: keyed(snapshot.evictions),
    ),
    Family(
        name="umbilical_plugin_seconds",
        says="Processor time that plug-ins took.",
        is_counter=True,
        labels=("room", "plugin"),
        closed=lambda labels: labels.plugin,
        read=lambda snapshot: snapshot.plugin_seconds if snapshot.known.plugins else None,
    ),
)

PROGRAM = (
    Family(
        name="umbilical_catalog_signatures",
        says="Signatures that are loaded, by vendor and status.",
        labels=("vendor", "status"),
        closed=lambda labels: labels.status,
        read=lambda snapshot: snapshot.catalog_signatures,
    ),
    Family(
        name="umbilical_catalog_pack_timestamp_seconds",
        says="Day of the signature pack in use; of the newest signature where no pack is installed.",
        read=lambda snapshot: alone(snapshot.catalog_day_ns // SECOND_NS),
    ),
)
