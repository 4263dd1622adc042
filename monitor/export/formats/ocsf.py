"""Open Cybersecurity Schema Framework 1.5, class Detection Finding (2004), as security lakes take it.

What has no place in the class stands under ``unmapped`` with its published name. Times are milliseconds since the epoch.

Sources: ocsf/ocsf-schema, ``events/findings/detection_finding.json``, ``events/findings/finding.json``,
``objects/{finding_info,evidences,network_endpoint,analytic,device,observable}.json``.
"""

from collections.abc import Mapping
from typing import Any

from monitor.export._origin import Origin
from monitor.export.formats._wire import EVIDENCE, FIRING, known, milliseconds, told_at

OCSF_VERSION = "1.5.0"
CLASS_UID = 2004
CATEGORY_UID = 2
CREATE, UPDATE, CLOSE = 1, 2, 3
_ACTIVITIES = {CREATE: "Create", UPDATE: "Update", CLOSE: "Close"}
NEW, RESOLVED = 1, 4
"""``status_id`` of a finding."""
SEVERITIES = {
    "info": (1, "Informational"),
    "low": (2, "Low"),
    "medium": (3, "Medium"),
    "high": (4, "High"),
    "critical": (5, "Critical"),
}
CONFIDENCES = {"low": (1, "Low"), "medium": (2, "Medium"), "high": (3, "High")}
RULE, BEHAVIORAL = (1, "Rule"), (2, "Behavioral")
"""``type_id`` of an analytic: a signature, or a detector without one."""
IOT = 7
"""``type_id`` of a device."""
HOSTNAME, IP_ADDRESS, MAC_ADDRESS = 1, 2, 3
"""``type_id`` of an observable."""
_MOVED = frozenset(
    {
        "alert_id",
        "confidence",
        "country",
        "count",
        "device",
        "device_ip",
        "device_mac",
        "evidence",
        "first_seen",
        "last_seen",
        "remote_ip",
        "remote_name",
        "remote_port",
        "severity",
        "state",
        "title",
        "why",
    }
)


def ocsf(record: Mapping[str, Any], origin: Origin) -> dict[str, Any]:
    """Return the alert as a Detection Finding."""
    activity = _activity(record)
    severity_id, severity = SEVERITIES[record["severity"]]
    confidence_id, confidence = CONFIDENCES[record["confidence"]]
    is_open = activity != CLOSE
    return {
        "activity_id": activity,
        "activity_name": _ACTIVITIES[activity],
        "category_uid": CATEGORY_UID,
        "category_name": "Findings",
        "class_uid": CLASS_UID,
        "class_name": "Detection Finding",
        "type_uid": CLASS_UID * 100 + activity,
        "type_name": f"Detection Finding: {_ACTIVITIES[activity]}",
        "time": milliseconds(told_at(record)),
        "start_time": milliseconds(record["first_seen"]),
        "end_time": milliseconds(record["last_seen"]),
        "message": record["title"],
        "severity_id": severity_id,
        "severity": severity,
        "confidence_id": confidence_id,
        "confidence": confidence,
        "status_id": NEW if is_open else RESOLVED,
        "status": "New" if is_open else "Resolved",
        "is_alert": is_open,
        "count": record["count"],
        "metadata": _metadata(record, origin),
        "finding_info": _finding_info(record),
        "device": _device(record),
        "evidences": [_evidence(one, record) for one in record[EVIDENCE]],
        "observables": _observables(record),
        "unmapped": {name: value for name, value in record.items() if name not in _MOVED},
    }


def _activity(record: Mapping[str, Any]) -> int:
    if record["state"] != FIRING:
        return CLOSE
    return CREATE if record["count"] <= 1 else UPDATE


def _metadata(record: Mapping[str, Any], origin: Origin) -> dict[str, Any]:
    return {
        "version": OCSF_VERSION,
        "product": {"name": "umbilical", "vendor_name": "Umbilical", "version": origin.version},
        "log_name": "alert",
        "log_provider": origin.host,
        "event_code": record["detector"],
        "original_time": record["time"],
    }


def _finding_info(record: Mapping[str, Any]) -> dict[str, Any]:
    type_id, kind = RULE if record["signature"] else BEHAVIORAL
    return {
        "uid": record["alert_id"],
        "title": record["title"],
        "desc": record["why"],
        "types": [one for one in (record["detector"], record["purpose"]) if one],
        "created_time": milliseconds(record["first_seen"]),
        "first_seen_time": milliseconds(record["first_seen"]),
        "last_seen_time": milliseconds(record["last_seen"]),
        "modified_time": milliseconds(record["last_seen"]),
        "data_sources": ["network traffic"],
        "analytic": {
            "uid": record["signature"] or record["detector"],
            "name": record["detector"],
            "type_id": type_id,
            "type": kind,
        },
    }


def _device(record: Mapping[str, Any]) -> dict[str, Any]:
    return known(
        type_id=IOT,
        type="IOT",
        name=record["device"],
        ip=record["device_ip"],
        mac=record["device_mac"],
    )


def _evidence(seen: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, Any]:
    return known(
        src_endpoint=known(ip=record["device_ip"], mac=record["device_mac"], name=record["device"]),
        dst_endpoint=known(
            ip=record["remote_ip"],
            port=record["remote_port"],
            hostname=record["remote_name"],
            location=known(country=record["country"]),
        ),
        data=dict(seen),
    )


def _observables(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    seen = (
        ("device.ip", IP_ADDRESS, "IP Address", record["device_ip"]),
        ("device.mac", MAC_ADDRESS, "MAC Address", record["device_mac"]),
        ("evidences[].dst_endpoint.ip", IP_ADDRESS, "IP Address", record["remote_ip"]),
        ("evidences[].dst_endpoint.hostname", HOSTNAME, "Hostname", record["remote_name"]),
    )
    return [
        {"name": name, "type_id": type_id, "type": kind, "value": value}
        for name, type_id, kind, value in seen
        if value
    ]


FORMAT = ocsf
