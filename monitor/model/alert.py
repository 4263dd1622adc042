"""Alerts: a finding's story over time, after the site's policy; and the contract of what shows them outside."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from monitor.model.finding import Confidence, Evidence, Purpose, Severity


class AlertState(StrEnum):
    """Prometheus's two words."""

    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One story, as told at one moment; the JSON line has the same names."""

    time_ns: int
    """When it first fired."""
    alert_id: str
    """The same for the same story in every replay."""
    state: AlertState
    detector: str
    signature: str | None
    vendor: str | None
    purpose: Purpose | None
    severity: Severity
    confidence: Confidence
    device: str
    device_ip: str
    device_mac: str | None
    device_maker: str | None
    device_listed: bool
    remote_ip: str
    remote_port: int
    remote_name: str | None
    country: str | None
    asn: int | None
    organisation: str | None
    title: str
    why: str
    count: int
    first_seen_ns: int
    last_seen_ns: int
    uplink_bytes: int
    downlink_bytes: int
    evidence: tuple[Evidence, ...]
    """The first few; ``count`` says how many there were."""
    details: Mapping[str, Any] = field(default_factory=dict)


class Exporter(Protocol):
    """One file in ``export/`` that declares ``EXPORTER``."""

    def publish(self, alert: Alert) -> None: ...

    def close(self) -> None: ...
