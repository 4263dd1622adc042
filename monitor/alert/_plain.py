"""An alert as plain data and back: what a book keeps of its stories over a restart.

A story rests on nothing that its alert does not tell, so a story that was only published can be taken back as well.
"""

from collections.abc import Mapping
from typing import Any

from monitor.model.alert import Alert, AlertState
from monitor.model.finding import Confidence, Evidence, Purpose, Severity
from monitor.model.state import (
    Check,
    State,
    checked,
    is_count,
    is_details,
    is_flag,
    is_list,
    is_number,
    is_text,
    maybe,
    one_of,
)


def plain(alert: Alert) -> State:
    """Return an alert as plain data."""
    told = {name: getattr(alert, name) for name in _CHECKS}
    for name in ("state", "severity", "confidence"):
        told[name] = told[name].value
    told["purpose"] = None if alert.purpose is None else alert.purpose.value
    told["evidence"] = [list(one) for one in alert.evidence]
    told["details"] = dict(alert.details)
    return told


def alert_of(told: Any) -> Alert:
    """Return the alert again; raises ValueError."""
    if not isinstance(told, dict) or told.keys() != _CHECKS.keys():
        raise ValueError("alert: other fields than those of an alert")
    for name, check in _CHECKS.items():
        if not check(told[name]):
            raise ValueError(f"alert: {name} has a wrong shape")
    evidence = checked(told["evidence"], "evidence", is_text, is_number, is_text, is_number, is_text)
    typed = {
        "state": AlertState(told["state"]),
        "purpose": None if told["purpose"] is None else Purpose(told["purpose"]),
        "severity": Severity(told["severity"]),
        "confidence": Confidence(told["confidence"]),
        "evidence": tuple(Evidence(*one) for one in evidence),
    }
    return Alert(**{**told, **typed})


_CHECKS: Mapping[str, Check] = {
    "time_ns": is_number,
    "alert_id": is_text,
    "state": one_of(AlertState),
    "detector": is_text,
    "signature": maybe(is_text),
    "vendor": maybe(is_text),
    "purpose": maybe(one_of(Purpose)),
    "severity": one_of(Severity),
    "confidence": one_of(Confidence),
    "device": is_text,
    "device_ip": is_text,
    "device_mac": maybe(is_text),
    "device_maker": maybe(is_text),
    "device_listed": is_flag,
    "remote_ip": maybe(is_text),
    "remote_port": maybe(is_number),
    "remote_name": maybe(is_text),
    "country": maybe(is_text),
    "asn": maybe(is_number),
    "organisation": maybe(is_text),
    "title": is_text,
    "why": is_text,
    "count": is_count,
    "first_seen_ns": is_number,
    "last_seen_ns": is_number,
    "uplink_bytes": is_count,
    "downlink_bytes": is_count,
    "evidence": is_list,
    "details": is_details,
}
"""Every field of an alert but ``completeness``, which says something of the moment and not of the story."""
