"""Adds up what a run amounted to: bytes and times by vendor and by country, devices, what was not understood.

It is fed enriched observations and findings and judges nothing; metrics and the summary are made of it.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from monitor.catalog.records import Signature
from monitor.model.entity import Device
from monitor.model.finding import Finding, Severity
from monitor.model.observation import Observation

if TYPE_CHECKING:
    from monitor.model.flow import FlowTotals

DEVICE_CAPACITY = 1 << 16
"""Devices that are told apart in the sums; further ones are still enriched, judged and counted in ``uncounted``."""
NAMES_SHOWN = 8
"""Distinct devices, countries and organisations remembered for one vendor."""


@dataclass(slots=True)
class Sum:
    """Traffic with one vendor for one purpose, or with one country."""

    uplink_bytes: int = 0
    downlink_bytes: int = 0
    flows: int = 0
    first_ns: int = 1 << 62
    last_ns: int = 0
    severity: Severity = Severity.INFO
    devices: dict[str, None] = field(default_factory=dict)
    countries: dict[str, None] = field(default_factory=dict)
    organisations: dict[str, None] = field(default_factory=dict)

    def add_bytes(self, uplink: int, downlink: int) -> None:
        """Add an ended flow."""
        self.flows += 1
        self.uplink_bytes += uplink
        self.downlink_bytes += downlink

    def seen(self, ts_ns: int) -> None:
        """Widen the time."""
        self.first_ns = min(self.first_ns, ts_ns)
        self.last_ns = max(self.last_ns, ts_ns)


class Ledger:
    """The sums of one run."""

    def __init__(self) -> None:
        self.vendors: dict[tuple[str, str], Sum] = {}
        """By vendor id and purpose: a closed set. A flow that served two purposes is in both."""
        self.vendor_bytes: dict[str, Sum] = {}
        """By vendor id, every flow once."""
        self.places: dict[str | None, Sum] = {}
        """By country code: a closed set."""
        self.findings: Counter[tuple[str, str, str, str, str]] = Counter()
        self.devices: dict[str, str | None] = {}
        """Device name to the vendor of its module, as far as it is known."""
        self.device_ips: dict[str, str] = {}
        """The address under which each of those that spoke to the outside was first met."""
        self.first_ns: int | None = None
        """When the earliest flow that has ended began."""
        self.uncounted = 0
        self.flows = 0
        self.one_way = 0
        self.nameless = 0
        self.hidden_names = 0

    def finding(self, finding: Finding) -> None:
        """Count a finding; one with a vendor says when and who."""
        labels = (
            finding.detector,
            finding.vendor or "",
            finding.signature or "",
            finding.purpose.value if finding.purpose else "",
            finding.severity.value,
        )
        if finding.counts:
            self.findings[labels] += 1
        if finding.vendor is None or finding.purpose is None:
            return
        total = self.vendors.setdefault((finding.vendor, finding.purpose.value), Sum())
        observation = finding.observation
        total.seen(observation.ts_ns if observation.totals is None else observation.totals.end_ns)
        total.severity = max(total.severity, finding.severity, key=lambda severity: severity.rank)
        if observation.contact is not None:
            _note(total.devices, observation.contact.device.name)
            if observation.contact.device.maker_vendor is None:
                self.devices[observation.contact.device.name] = finding.vendor

    def flow(self, observation: Observation, signatures: tuple[Signature, ...]) -> None:
        """Add a flow that ended, once for each vendor and purpose it served."""
        totals: FlowTotals = observation.totals
        self.flows += 1
        start_ns = observation.flow.start_ns
        if self.first_ns is None or start_ns < self.first_ns:
            self.first_ns = start_ns
        contact = observation.contact
        if contact is None:
            return
        self._device(contact.device)
        if contact.internal:
            return
        if contact.device.name in self.devices:
            self.device_ips.setdefault(contact.device.name, contact.device.ip)
        self.one_way += not (totals.orig_packets and totals.resp_packets)
        self.nameless += observation.remote_name is None and observation.flow.resp_port != _DNS
        up, down = totals.orig_bytes, totals.resp_bytes
        if not contact.device_is_originator:
            up, down = down, up
        place = self.places.setdefault(contact.remote.country, Sum())
        place.add_bytes(up, down)
        _note(place.devices, contact.device.name, DEVICE_CAPACITY)
        if not signatures:
            return
        for vendor in {one.vendor_id for one in signatures}:
            self.vendor_bytes.setdefault(vendor, Sum()).add_bytes(up, down)
        for key in {(one.vendor_id, one.purpose.value) for one in signatures}:
            total = self.vendors.setdefault(key, Sum())
            total.add_bytes(up, down)
            _note(total.countries, contact.remote.country)
            _note(total.organisations, contact.remote.organisation)

    def _device(self, device: Device) -> None:
        known = self.devices
        if device.name in known:
            if device.maker_vendor is not None:
                known[device.name] = device.maker_vendor
        elif len(known) < DEVICE_CAPACITY:
            known[device.name] = device.maker_vendor
        else:
            self.uncounted += 1


_DNS = 53


def _note(names: dict[str, None], name: str | None, capacity: int = NAMES_SHOWN) -> None:
    if name is not None and len(names) < capacity:
        names[name] = None
