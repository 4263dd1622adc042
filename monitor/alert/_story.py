"""One story while it is open: what its findings added up to, and the alert that tells it now.

Rule: ``add`` is the hot path of the room; it computes no hash and no text for a finding that brings nothing new.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Self

from monitor.alert._far_end import far_end
from monitor.alert.identity import alert_id
from monitor.model.alert import Alert, AlertState
from monitor.model.entity import Device, Remote
from monitor.model.finding import Evidence, Finding, Purpose
from monitor.model.observation import Observation

MAX_EVIDENCE = 8
"""Distinct things seen that a story keeps; ``count`` says how many findings there were."""
MAX_DETAILS = 64
"""Fields of detectors that a story keeps; their names come from code, this only makes it certain."""

Key = tuple[str, tuple[str, ...]]
"""Detector and identity."""
CaptureOf = Callable[[Observation], str]
"""Names the capture (or live interface) that an observation came from."""


class Words(NamedTuple):
    """What a story tells of its latest finding; a finding itself has the same names."""

    detector: str
    signature: str | None
    vendor: str | None
    purpose: Purpose | None
    title: str
    why: str


class Story:
    """Everything told of one identity so far."""

    __slots__ = (
        "_capture_of",
        "_details",
        "_evidence",
        "_sights",
        "alert_id",
        "confidence",
        "count",
        "device",
        "downlink_bytes",
        "fired_ns",
        "first_seen_ns",
        "key",
        "last_seen_ns",
        "latest",
        "remote",
        "remote_name",
        "severity",
        "told_ns",
        "uplink_bytes",
    )

    def __init__(self, key: Key, finding: Finding, capture_of: CaptureOf) -> None:
        now_ns = finding.observation.ts_ns
        self.key: Key | str = key
        """Under which the book holds it: its id as long as nothing but an alert is known of it."""
        self.alert_id = alert_id(*key)
        self.fired_ns = self.told_ns = now_ns
        self.first_seen_ns = self.last_seen_ns = _seen_ns(finding.observation)
        self.severity = finding.severity
        self.confidence = finding.confidence
        self.count = 0 if finding.counts else 1
        self.uplink_bytes = self.downlink_bytes = 0
        self.device = _device(finding)
        self.remote: Remote | None = None
        self.remote_name: str | None = None
        self.latest: Finding | Words = finding
        self._sights: set[str] = set()
        self._evidence: list[Evidence] = []
        self._details: dict[str, Any] = {}
        self._capture_of = capture_of
        self.add(finding)

    @classmethod
    def told_by(cls, alert: Alert, told_ns: int, capture_of: CaptureOf) -> Self:
        """Make the story again that an alert told; what its identity was is not known until a finding of it comes."""
        story = cls.__new__(cls)
        cls._go_on(story, alert, told_ns, capture_of)
        return story

    def add(self, finding: Finding) -> bool:
        """Add a finding; return whether it made the story more severe."""
        observation = finding.observation
        seen_ns = _seen_ns(observation)
        if seen_ns > self.last_seen_ns:
            self.last_seen_ns = seen_ns
        elif seen_ns < self.first_seen_ns:
            self.first_seen_ns = seen_ns
        self.uplink_bytes += finding.uplink_bytes
        self.downlink_bytes += finding.downlink_bytes
        if finding.details:
            self._add_details(finding)
        self._fill_ends(finding)
        if finding.saw and finding.saw not in self._sights and len(self._evidence) < MAX_EVIDENCE:
            self._add_evidence(finding)
        if not finding.counts:
            return False
        self.count += 1
        return self._weigh(finding)

    def tell(self, state: AlertState, time_ns: int) -> Alert:
        """Return the story as it stands."""
        finding, device, remote = self.latest, self.device, self.remote
        return Alert(
            time_ns=time_ns,
            alert_id=self.alert_id,
            state=state,
            detector=finding.detector,
            signature=finding.signature,
            vendor=finding.vendor,
            purpose=finding.purpose,
            severity=self.severity,
            confidence=self.confidence,
            device=device.name,
            device_ip=device.ip,
            device_mac=device.mac,
            device_maker=device.maker,
            device_listed=device.listed,
            remote_ip=None if remote is None else remote.ip,
            remote_port=None if remote is None else remote.port,
            remote_name=self.remote_name,
            country=None if remote is None else remote.country,
            asn=None if remote is None else remote.asn,
            organisation=None if remote is None else remote.organisation,
            title=finding.title,
            why=finding.why,
            count=self.count,
            first_seen_ns=self.first_seen_ns,
            last_seen_ns=self.last_seen_ns,
            uplink_bytes=self.uplink_bytes,
            downlink_bytes=self.downlink_bytes,
            evidence=tuple(self._evidence),
            details=dict(self._details),
        )

    def _go_on(self, alert: Alert, told_ns: int, capture_of: CaptureOf) -> None:
        self.key = self.alert_id = alert.alert_id
        self.fired_ns, self.told_ns = alert.time_ns, told_ns
        self.first_seen_ns, self.last_seen_ns = alert.first_seen_ns, alert.last_seen_ns
        self.severity, self.confidence = alert.severity, alert.confidence
        self.count = alert.count
        self.uplink_bytes, self.downlink_bytes = alert.uplink_bytes, alert.downlink_bytes
        self.device = Device(
            name=alert.device,
            ip=alert.device_ip,
            mac=alert.device_mac,
            maker=alert.device_maker,
            listed=alert.device_listed,
        )
        self.remote = _remote(alert)
        self.remote_name = alert.remote_name
        self.latest = Words(*(getattr(alert, name) for name in Words._fields))
        self._evidence = list(alert.evidence[:MAX_EVIDENCE])
        self._sights = {one.saw for one in self._evidence}
        self._details = dict(alert.details)
        self._capture_of = capture_of

    def _weigh(self, finding: Finding) -> bool:
        """Take the words of the latest finding that is at least as severe, and the higher of each scale."""
        if finding.confidence is not self.confidence and finding.confidence.rank > self.confidence.rank:
            self.confidence = finding.confidence
        if finding.severity is self.severity:
            self.latest = finding
            return False
        if finding.severity.rank < self.severity.rank:
            return False
        self.severity = finding.severity
        self.latest = finding
        return True

    def _fill_ends(self, finding: Finding) -> None:
        """Keep the first remote that is known, and the device as soon as its MAC address is."""
        contact = finding.observation.contact
        if contact is not None and self.device.mac is None and contact.device.mac is not None:
            self.device = contact.device
        if self.remote is not None and self.remote_name is not None:
            return
        end = far_end(finding)
        self.remote = self.remote or end.remote
        self.remote_name = self.remote_name or end.name

    def _add_details(self, finding: Finding) -> None:
        for name, value in finding.details.items():
            if name in self._details or len(self._details) < MAX_DETAILS:
                self._details[name] = value

    def _add_evidence(self, finding: Finding) -> None:
        observation = finding.observation
        self._sights.add(finding.saw)
        self._evidence.append(
            Evidence(
                capture=self._capture_of(observation),
                frame=observation.number,
                community_id=observation.flow.community_id,
                ts_ns=observation.ts_ns,
                saw=finding.saw,
            )
        )


def _device(finding: Finding) -> Device:
    """Return whom a story is of; without a contact the originator stands for it."""
    contact, orig_ip = finding.observation.contact, finding.observation.flow.orig_ip
    return Device(name=orig_ip, ip=orig_ip) if contact is None else contact.device


def _remote(alert: Alert) -> Remote | None:
    if alert.remote_ip is None:
        return None
    return Remote(
        ip=alert.remote_ip,
        port=alert.remote_port or 0,
        country=alert.country,
        asn=alert.asn,
        organisation=alert.organisation,
    )


def _seen_ns(observation: Observation) -> int:
    """Return when it happened: a flow that ended by silence was last seen before its end was known."""
    return observation.ts_ns if observation.totals is None else int(observation.totals.end_ns)
