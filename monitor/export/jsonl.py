"""Alerts as lines: the published record of an alert, a writer for a stream, and the output that keeps a file of them.

Whoever follows the file sees whole lines only. It is found again when somebody (logrotate) moved it away.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from monitor.export._format import FormatName, rendered
from monitor.export._line import line
from monitor.export._log_file import LogFile, Rotation
from monitor.export._origin import Origin
from monitor.model.alert import Alert
from monitor.model.finding import Evidence
from monitor.model.instant import rfc3339
from monitor.model.size import size_bytes

MAX_KEPT = 1000


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
        "remote_ip": alert.remote_ip,
        "remote_port": alert.remote_port,
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
        "completeness": alert.completeness,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Section ``[export.jsonl]``: one alert per line in a file."""

    path: str = "alerts.jsonl"
    """The file, relative to this one; its folder must be there."""
    format: FormatName = "json"
    """"json" is Umbilical's own; "ecs", "ocsf" and "cef" are those of others."""
    rotate_size_bytes: int = size_bytes("100MiB")
    """The file is moved to ``.1`` before it grows beyond this; "0B" for never."""
    rotate_daily: bool = False
    """It is moved as well when a day (UTC) is over."""
    rotate_keep: int = 10
    """Moved files that are kept: ``.1`` is the newest."""

    def __post_init__(self) -> None:
        if not self.path:
            raise ValueError('path: missing; write where the file is, for example "alerts.jsonl"')
        if not 1 <= self.rotate_keep <= MAX_KEPT:
            raise ValueError(f"rotate_keep: give a number from 1 to {MAX_KEPT}")


class JsonLinesFile:
    """Appends to a file, and waits for the disk."""

    batch_size = 256

    def __init__(self, settings: Settings, origin: Origin) -> None:
        rotation = Rotation(
            size_bytes=settings.rotate_size_bytes, is_daily=settings.rotate_daily, keep=settings.rotate_keep
        )
        self._file = LogFile(origin.path(settings.path), rotation)
        self._format = settings.format
        self._origin = origin

    def deliver(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Write all lines at once: all of them are there, or none."""
        lines = (rendered(self._format, one, self._origin) for one in records)
        self._file.append(b"".join(b"%s\n" % one for one in lines))

    def close(self) -> None:
        self._file.close()


EXPORTER = JsonLinesFile
