"""Alerts as JSON lines: the published record of an alert, and the exporter that writes one per line."""

from pathlib import Path
from typing import Any, BinaryIO, TextIO

from monitor.export._line import line
from monitor.model.alert import Alert
from monitor.model.finding import Evidence
from monitor.model.instant import rfc3339


def alert_record(alert: Alert) -> dict[str, Any]:
    """Return the alert under its published names; the detector's own fields follow and replace none of them."""
    record = {
        "time": rfc3339(alert.time_ns),
        "alert_id": alert.alert_id,
        "state": alert.state.value,
        "detector": alert.detector,
        "signature": alert.signature,
        "vendor": alert.vendor,
        "purpose": None if alert.purpose is None else alert.purpose.value,
        "severity": alert.severity.value,
        "confidence": alert.confidence.value,
        "device": alert.device,
        "device_ip": alert.device_ip,
        "device_mac": alert.device_mac,
        "device_maker": alert.device_maker,
        "remote_ip": alert.remote_ip or None,
        "remote_port": alert.remote_port if alert.remote_ip else None,
        "remote_name": alert.remote_name,
        "country": alert.country,
        "asn": alert.asn,
        "organisation": alert.organisation,
        "title": alert.title,
        "why": alert.why,
        "count": alert.count,
        "first_seen": rfc3339(alert.first_seen_ns),
        "last_seen": rfc3339(alert.last_seen_ns),
        "uplink_bytes": alert.uplink_bytes,
        "downlink_bytes": alert.downlink_bytes,
        "evidence": [evidence_record(one) for one in alert.evidence],
    }
    for name, value in alert.details.items():
        record.setdefault(name, value)
    return record


def evidence_record(evidence: Evidence) -> dict[str, Any]:
    """Return where on the wire it can be looked up again."""
    return {
        "capture": evidence.capture or None,
        "frame": evidence.frame,
        "community_id": evidence.community_id,
        "time": rfc3339(evidence.ts_ns),
        "saw": evidence.saw,
    }


def alert_line(alert: Alert) -> bytes:
    """Return the alert as one line of JSON."""
    return line(alert_record(alert))


class JsonLines:
    """Writes alerts to a path (appended to, one whole line at a time) or to an open stream (left open)."""

    def __init__(self, target: Path | str | BinaryIO | TextIO) -> None:
        self._owns = isinstance(target, str | Path)
        self._stream: Any = target
        if isinstance(target, str | Path):
            self._stream = Path(target).open("ab", buffering=0)  # noqa: SIM115 - open until close()
        self._is_text = hasattr(self._stream, "encoding")

    def publish(self, alert: Alert) -> None:
        """Write the alert and hand it to the system at once: a line that is told is not lost with us."""
        told = alert_line(alert)
        self._stream.write(told.decode("utf-8") if self._is_text else told)
        self._stream.flush()

    def close(self) -> None:
        """Close what this exporter opened."""
        if self._owns:
            self._stream.close()


EXPORTER = JsonLines
