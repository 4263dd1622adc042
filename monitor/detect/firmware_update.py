"""States that a device fetched or finished a firmware image: one incident per device and update endpoint.

An endpoint is the vendor of a signature that matched, else the remote's name or address. The stages are

``check``     the device contacted an endpoint whose signature has the purpose firmware-update. This alone is told by
              ``vendor_contact`` and not again here; it only fills ``stages`` and ``checked`` of a later incident.
``download``  an answer over HTTP looks like an image, or parts of one; or an unreadable flow to such an endpoint
              brought more than ``unreadable_download_bytes`` (then nothing is known of the image but a rough size).
``complete``  the whole body was seen, with its SHA-256, or every part of it (without one).

Benign downloads must stay quiet. An answer counts when it comes from an endpoint for updates; from another endpoint of
a vendor when bytes or path say firmware; from anywhere else only when they do *and* the device's MAC address is a
module maker's, and then with low severity and low confidence. Download and complete are at least medium otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Self

from monitor.catalog.catalog import Catalog
from monitor.catalog.records import Signature
from monitor.detect._image import MAX_URL, Image, image
from monitor.detect._incident import COMPLETE, DOWNLOAD, Incident
from monitor.detect._matching import (
    LOOK_UPS,
    Series,
    Traffic,
    signatures_of,
    traffic,
)
from monitor.detect._memory import Memory
from monitor.detect._source import Source, Sources, at_least_medium
from monitor.detect._transfer import Said, Transfer
from monitor.detect._words import sureness
from monitor.model.entity import Contact
from monitor.model.finding import Confidence, Finding, Purpose, Severity
from monitor.model.observation import Observation
from monitor.model.state import State, count, is_count, is_list, is_text, rows

_PURPOSE = Purpose.FIRMWARE_UPDATE
_READABLE = frozenset(
    {"http_request", "http_response", "mqtt_connect", "mqtt_publish", "mqtt_subscribe", "coap_request"}
)
"""Observations of a flow whose content can be read: what it brought need not be guessed by its size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Section ``[detect.firmware_update]``."""

    unreadable_download_bytes: int = 128_000
    """Downlink of one unreadable flow to an update endpoint above which it is taken for a download."""
    incident_capacity: int = 1 << 12
    """Pairs of device and endpoint that are remembered."""
    flow_capacity: int = 1 << 16
    """Open flows to update endpoints that are remembered."""


class _Told(NamedTuple):
    """What one finding adds to its incident."""

    stage: str
    what: str
    saw: str
    details: dict[str, Any]
    counts: bool = True
    traffic: Traffic = Traffic(0, 0)


class FirmwareUpdate:
    """The detector."""

    NAME: ClassVar[str] = "firmware_update"

    def __init__(self, settings: Settings, catalog: Catalog) -> None:
        self.wants = catalog.types_needed | {"http_response", "flow_start", "flow_end"}
        self.wants_unmatched = _READABLE | {"flow_end"}
        self._settings = settings
        self._catalog = catalog
        self._sources = Sources(catalog)
        self._incidents: Memory[tuple[str, str], Incident] = Memory(settings.incident_capacity)
        self._flows: Memory[int, Transfer] = Memory(settings.flow_capacity)

    @property
    def evictions(self) -> int:
        """Incidents and flows that were forgotten before their time."""
        return self._incidents.evictions + self._flows.evictions

    @property
    def fill(self) -> tuple[int, int]:
        """Entries and capacity of the memory that is fuller: incidents or flows."""
        return max(self._incidents.fill, self._flows.fill, key=lambda fill: fill[0] / fill[1])

    def known_series(self) -> tuple[Series, ...]:
        """Return the labels of the findings that may come; other purposes of a vendor are too many to list."""
        by_signature = tuple(
            Series(one.vendor_id, one.id, _PURPOSE.value, at_least_medium(one.severity).value)
            for one in self._catalog.signatures
            if one.purpose is _PURPOSE
        )
        return (*by_signature, Series(None, None, _PURPOSE.value, Severity.LOW.value))

    def judge(
        self, observation: Observation, matched: Sequence[Signature] | None = None
    ) -> Sequence[Finding]:
        """Note a check, or state a download or its end."""
        if observation.type == "flow_end":
            return self._end(observation)
        contact = observation.contact
        if contact is None:
            return ()
        if matched is None:
            matched = signatures_of(self._catalog, observation)
        for signature in matched:
            if signature.purpose is _PURPOSE:
                self._check(observation, contact, signature)
        if observation.type in _READABLE:
            transfer = self._flows.get(observation.flow.id)
            if transfer is not None:
                transfer.readable = True
        if observation.type == "http_response" and not contact.internal:
            return self._response(observation, contact, matched)
        return ()

    def due(self, now_ns: int) -> list[Finding]:  # noqa: ARG002 - it has no windows
        """Return nothing."""
        return []

    def state(self) -> State:
        """Return the incidents, and the open flows to sources of images."""
        incidents = [[*key, incident.row()] for key, incident in self._incidents.items()]
        flows = [[flow_id, transfer.row()] for flow_id, transfer in self._flows.items()]
        evicted = {"incidents": self._incidents.evictions, "flows": self._flows.evictions}
        return {"incidents": incidents, "by_flow": flows, "counters": evicted}

    def restore(self, state: State) -> None:
        """Remember those; a flow whose signature is no longer there is not remembered."""
        incidents = [
            ((device, endpoint), Incident.of_row(row))
            for device, endpoint, row in rows(state, "incidents", is_text, is_text, is_list)
        ]
        flows = [
            (flow_id, Transfer.of_row(row, self._sources))
            for flow_id, row in rows(state, "by_flow", is_count, is_list)
        ]
        evicted = count(state, "incidents"), count(state, "flows")
        self._incidents.refill(incidents, evicted[0])
        self._flows.refill(((name, one) for name, one in flows if one is not None), evicted[1])

    def take_over(self, older: Self) -> None:
        """Go on with the incidents and flows of another one, which is of no use after that."""
        self._incidents.take_over(older._incidents)
        self._flows.take_over(older._flows)
        gone = {one.id for one in older._catalog.signatures if self._catalog.signature(one.id) is None}
        if gone:
            sources = [(flow_id, transfer.source.signature) for flow_id, transfer in self._flows.items()]
            for flow_id, signature in sources:
                if signature is not None and signature.id in gone:
                    self._flows.forget(flow_id)

    def _check(self, observation: Observation, contact: Contact, signature: Signature) -> None:
        self._incident(contact, signature.vendor_id).check(observation.ts_ns)
        if observation.type not in LOOK_UPS and self._flows.get(observation.flow.id) is None:
            self._flows.remember(observation.flow.id, Transfer(self._sources.of_updates(signature)))

    def _response(
        self, observation: Observation, contact: Contact, matched: Sequence[Signature]
    ) -> Sequence[Finding]:
        transfer = self._flows.get(observation.flow.id)
        if transfer is None and not self._sources.may_know(observation, contact, matched):
            return ()
        seen = image(observation)
        if seen is None:
            return ()
        if transfer is None:
            source = self._sources.of_image(observation, contact, matched, seen)
            if source is None:
                return ()
            transfer = Transfer(source, readable=True)
            self._flows.remember(observation.flow.id, transfer)
        finding = self._download(observation, contact, transfer.source, seen)
        transfer.told = Said.of(finding)
        return [finding]

    def _download(self, observation: Observation, contact: Contact, source: Source, seen: Image) -> Finding:
        """State the download of an image; a further part of one that is told only adds to it."""
        parts = self._incident(contact, source.endpoint).parts_with(seen)
        whole = seen.complete if parts is None else parts.whole
        size = seen.bytes_seen if parts is None else parts.bytes_seen
        details: dict[str, Any] = {"url": seen.url, "image_bytes": size, "image_sha256": seen.sha256}
        if parts is None or seen.magic is not None:
            details["image_magic"] = seen.magic
        if parts is not None:
            details["parts"] = parts.count
        done = (
            "received a whole firmware image"
            if whole
            else "was sent a firmware image, not all of which was seen"
        )
        return self._finding(
            observation,
            contact,
            source,
            _Told(
                stage=COMPLETE if whole else DOWNLOAD,
                what=f"{done} ({size} bytes): {seen.url}, {source.words}.",
                saw=f"http.path = {seen.path}",
                details=details,
                counts=parts is None or parts.count == 1 or whole,
            ),
        )

    def _end(self, observation: Observation) -> Sequence[Finding]:
        """Add the bytes of a flow that brought an image, or guess that an unreadable one did."""
        flow_id, contact = observation.flow.id, observation.contact
        transfer = self._flows.get(flow_id)
        if transfer is None:
            return []
        self._flows.forget(flow_id)
        if contact is None:
            return []
        seen = traffic(observation)
        if transfer.told is not None:
            return [transfer.told.with_bytes(observation, seen)]
        if transfer.readable or seen.downlink_bytes < self._settings.unreadable_download_bytes:
            return []
        return [self._guess(observation, contact, transfer.source, seen)]

    def _guess(self, observation: Observation, contact: Contact, source: Source, seen: Traffic) -> Finding:
        far = (observation.remote_name or contact.remote.ip)[:MAX_URL]
        what = (
            f"received {seen.downlink_bytes} bytes in one connection from {far}, {source.words}: more than a check"
            " needs. The content cannot be read; that it was an image is a guess."
        )
        saw = f"downlink_bytes = {seen.downlink_bytes}"
        told = _Told(DOWNLOAD, what, saw, {"unreadable": True}, traffic=seen)
        return self._finding(observation, contact, source._replace(confidence=Confidence.LOW), told)

    def _finding(self, observation: Observation, contact: Contact, source: Source, told: _Told) -> Finding:
        incident = self._incident(contact, source.endpoint)
        incident.reach(told.stage)
        done = "received whole" if told.stage == COMPLETE else "download"
        return Finding(
            detector=self.NAME,
            identity=(contact.device.name, source.endpoint),
            observation=observation,
            severity=source.severity,
            confidence=source.confidence,
            title=f"{source.vendor_name}: firmware {done}",
            why=f"{contact.device.name} {told.what} {sureness(source.confidence)}",
            saw=told.saw,
            signature=None if source.signature is None else source.signature.id,
            vendor=None if source.signature is None else source.signature.vendor_id,
            purpose=_PURPOSE,
            uplink_bytes=told.traffic.uplink_bytes,
            downlink_bytes=told.traffic.downlink_bytes,
            counts=told.counts,
            details={**incident.details(), **told.details},
        )

    def _incident(self, contact: Contact, endpoint: str) -> Incident:
        key = (contact.device.name, endpoint)
        incident = self._incidents.get(key) or Incident()
        self._incidents.remember(key, incident)
        return incident


DETECTOR = FirmwareUpdate
