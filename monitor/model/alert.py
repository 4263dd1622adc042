"""Alerts: a finding's story over time, after the site's policy; and the contract of what shows them outside."""

from collections.abc import Mapping, Sequence
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
    remote_ip: str | None
    """None where the story rests on look-ups alone."""
    remote_port: int | None
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
    completeness: float | None = None
    """Share of the frames of the last minutes that were not lost, 0 to 1; None in a replay."""


class Rejected(ValueError):  # noqa: N818 - a verdict of the far end on a record, not a fault of ours
    """The far end will never take a record: it is put aside, so that it does not hold up the others."""


class Postponed(OSError):  # noqa: N818 - as above
    """The far end cannot take records now and says when to ask again."""

    def __init__(self, problem: str, seconds: float = 0.0) -> None:
        super().__init__(problem)
        self.seconds = seconds
        """At the earliest; 0 when it did not say."""


class Exporter(Protocol):
    """One file in ``export/`` that declares ``EXPORTER``: a class made from its ``Settings`` and an ``Origin``.

    It brings records (alerts under their published names) to one place. It may wait for the network or the disk, but
    never without a bound. If it has ``recall(records)``, it is shown what was told before it was made; if it has
    ``refresh()``, that is called every ``refresh_every_seconds``; if it has ``failures``, that counts what failed in part.
    """

    batch_size: int
    """Records that it takes at once."""

    def deliver(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Return when they have arrived; raises OSError to be asked again, Rejected when that would be in vain."""
        ...

    def close(self) -> None: ...
