"""Adds up what a run amounted to: bytes and times by vendor and by country, devices, what was not understood.

It is fed enriched observations and findings and judges nothing; metrics and the summary are made of it.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar

from monitor.catalog.records import Signature
from monitor.model.entity import Device, Remote
from monitor.model.finding import Finding, Severity
from monitor.model.observation import Observation
from monitor.model.state import (
    Check,
    State,
    checked,
    count,
    counters,
    is_count,
    is_number,
    is_text,
    is_texts,
    maybe,
    one_of,
    part,
    rows,
    value,
)

if TYPE_CHECKING:
    from monitor.model.flow import Flow, FlowTotals

Key = TypeVar("Key")

DEVICE_CAPACITY = 1 << 16
"""Devices that are told apart in the sums; further ones are still enriched, judged and counted in ``uncounted``."""
PLACES_OF_DEVICE = 4
"""Countries of a device that are remembered, on average: a million devices that try the whole world must not fill memory."""
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

    def add_bytes(self, uplink: int, downlink: int, *, ended: bool = True) -> None:
        """Add what is new of a flow."""
        self.flows += ended
        self.uplink_bytes += uplink
        self.downlink_bytes += downlink

    def seen(self, ts_ns: int) -> None:
        """Widen the time."""
        self.first_ns = min(self.first_ns, ts_ns)
        self.last_ns = max(self.last_ns, ts_ns)

    def known(self) -> list[Any]:
        """Return as plain data what is not a counter."""
        names = (list(one) for one in (self.devices, self.countries, self.organisations))
        return [self.first_ns, self.last_ns, self.severity.value, *names]

    @classmethod
    def of_known(cls, row: list[Any]) -> Self:
        """Make it again out of a row that was checked."""
        first_ns, last_ns, severity, *names = row
        return cls(0, 0, 0, first_ns, last_ns, Severity(severity), *(dict.fromkeys(one) for one in names))

    def counted(self) -> list[int]:
        """Return as plain data what only counts."""
        return [self.uplink_bytes, self.downlink_bytes, self.flows]


class Ledger:
    """The sums of one run."""

    def __init__(self, device_capacity: int = DEVICE_CAPACITY) -> None:
        self.device_capacity = device_capacity
        self._placed = 0
        """Devices that are remembered with the countries, each as often as it has countries."""
        self.vendors: dict[tuple[str, str], Sum] = {}
        """By vendor id and purpose: a closed set. A flow that served two purposes is in both."""
        self.vendor_bytes: dict[str, Sum] = {}
        """By vendor id, every flow once."""
        self.places: dict[str | None, Sum] = {}
        """By country code: a closed set."""
        self.findings: Counter[tuple[str, str, str, str, str]] = Counter()
        self.devices: dict[str, str | None] = {}
        """Device name to the vendor of its module, as far as it is known."""
        self.devices_by_vendor: Counter[str] = Counter()
        """How many devices hold a module of each vendor; empty text where it is not known."""
        self.device_ips: dict[str, str] = {}
        """The address under which each of those that spoke to the outside was first met."""
        self.first_ns: int | None = None
        """When the earliest flow that has ended began."""
        self.uncounted = 0
        self.flows = 0
        self.one_way = 0
        self.tcp_flows = 0
        """Those with the outside that ended and carried payload: an attempt that nobody answers proves nothing."""
        self.tcp_one_way = 0
        """Of those, the ones of which only one direction was seen: what a mirror of half a link shows."""
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
        total = _sum_of(self.vendors, (finding.vendor, finding.purpose.value))
        observation = finding.observation
        total.seen(observation.ts_ns if observation.totals is None else observation.totals.end_ns)
        if finding.severity is not total.severity and finding.severity.rank > total.severity.rank:
            total.severity = finding.severity
        if observation.contact is not None:
            _note(total.devices, observation.contact.device.name)
            device = observation.contact.device
            if device.maker_vendor is None and (
                device.name in self.devices or len(self.devices) < self.device_capacity
            ):
                self._hold(device.name, finding.vendor)

    def flow(
        self, observation: Observation, signatures: tuple[Signature, ...], first_told: Collection[str] = ()
    ) -> None:
        """Add a flow, once for each vendor and purpose it served: what is new since it was last told of.

        For the signatures of ``first_told`` all of it is new: nothing of the flow was theirs before.
        """
        kind, _, flow, _, _, _, _, contact, remote_name, totals = observation
        ended = kind == "flow_end"
        self.flows += ended
        if self.first_ns is None or flow.start_ns < self.first_ns:
            self.first_ns = flow.start_ns
        if contact is None:
            return
        device, remote = contact.device, contact.remote
        name = device.name
        if self.devices.get(name, _UNKNOWN) is not device.maker_vendor:
            self._device(device)
        if contact.internal:
            return
        if name not in self.device_ips and name in self.devices:
            self.device_ips[name] = device.ip
        if ended:
            self._ended(flow, totals)
            self.nameless += remote_name is None and flow.resp_port != _DNS
        _, _, _, uplink, downlink, _, _, _, _, told_uplink, told_downlink = totals
        if not contact.device_is_originator:
            uplink, downlink, told_uplink, told_downlink = downlink, uplink, told_downlink, told_uplink
        place = self.places.get(remote.country) or _sum_of(self.places, remote.country)
        place.flows += ended
        place.uplink_bytes += uplink - told_uplink
        place.downlink_bytes += downlink - told_downlink
        if name not in place.devices and self._placed < PLACES_OF_DEVICE * self.device_capacity:
            place.devices[name] = None
            self._placed += 1
        if signatures:
            new = uplink - told_uplink, downlink - told_downlink
            self._add_served(remote, signatures, first_told, _Amounts((uplink, downlink), new, ended))

    def _add_served(
        self,
        remote: Remote,
        signatures: tuple[Signature, ...],
        first_told: Collection[str],
        amounts: "_Amounts",
    ) -> None:
        """Add a flow to the vendors and purposes that it served."""
        whole, new, ended = amounts
        known = [one for one in signatures if one.id not in first_told]
        vendors, purposes = {one.vendor_id for one in known}, {_served(one) for one in known}
        for vendor in {one.vendor_id for one in signatures}:
            _sum_of(self.vendor_bytes, vendor).add_bytes(*(new if vendor in vendors else whole), ended=ended)
        for key in {_served(one) for one in signatures}:
            total = _sum_of(self.vendors, key)
            total.add_bytes(*(new if key in purposes else whole), ended=ended)
            _note(total.countries, remote.country)
            _note(total.organisations, remote.organisation)

    def _ended(self, flow: "Flow", totals: "FlowTotals") -> None:
        """Count a flow by what was missing of it."""
        _, orig_packets, resp_packets, orig_bytes, resp_bytes, _, _, _, _, _, _ = totals
        is_one_way = not (orig_packets and resp_packets)
        self.one_way += is_one_way
        carried_payload = orig_bytes + resp_bytes > _MOST_SYN_BYTES * (orig_packets + resp_packets)
        if carried_payload and flow.protocol == _TCP:
            self.tcp_flows += 1
            self.tcp_one_way += is_one_way

    def state(self) -> State:
        """Return the sums as plain data."""
        return {
            "sums": {name: list(_rows_of(getattr(self, name), Sum.known)) for name in _KEYS},
            "devices": [[name, vendor, self.device_ips.get(name)] for name, vendor in self.devices.items()],
            "first_ns": self.first_ns,
            "counters": {
                "sums": {name: list(_rows_of(getattr(self, name), Sum.counted)) for name in _KEYS},
                "findings": [[*labels, amount] for labels, amount in self.findings.items()],
                **{name: getattr(self, name) for name in _TOTALS},
            },
        }

    def restore(self, state: State) -> None:
        """Go on with those sums; raises ValueError and changes nothing when they have a wrong shape."""
        fresh, counted = Ledger(self.device_capacity), counters(state)
        for name, checks in _KEYS.items():
            table: dict[Any, Sum] = getattr(fresh, name)
            for key, row in _rows_in(part(state, "sums"), name, checks, _KNOWN):
                table[key] = Sum.of_known(row)
            for key, row in _rows_in(part(counted, "sums"), name, checks, _COUNTED):
                one = _sum_of(table, key)
                one.uplink_bytes, one.downlink_bytes, one.flows = row
        for row in checked(counted.get("findings"), "findings", *[is_text] * 5, is_count):
            fresh.findings[tuple(row[:5])] = row[5]
        for device, vendor, ip in rows(state, "devices", is_text, maybe(is_text), maybe(is_text)):
            fresh._hold(device, vendor)
            if ip is not None:
                fresh.device_ips[device] = ip
        fresh._placed = sum(len(one.devices) for one in fresh.places.values())
        fresh.first_ns = value(state, "first_ns", maybe(is_number))
        for name in _TOTALS:
            setattr(fresh, name, count(state, name))
        vars(self).update(vars(fresh))

    def _device(self, device: Device) -> None:
        if device.name in self.devices:
            if device.maker_vendor is not None:
                self._hold(device.name, device.maker_vendor)
        elif len(self.devices) < self.device_capacity:
            self._hold(device.name, device.maker_vendor)
        else:
            self.uncounted += 1

    def _hold(self, name: str, vendor: str | None) -> None:
        """Note whose module a device holds."""
        if name in self.devices:
            before = self.devices[name]
            if before == vendor:
                return
            self.devices_by_vendor[before or ""] -= 1
        self.devices[name] = vendor
        self.devices_by_vendor[vendor or ""] += 1


class _Amounts(NamedTuple):
    """Bytes of a flow, uplink first."""

    whole: tuple[int, int]
    new: tuple[int, int]
    """What came since it was last told of."""
    ended: bool


_DNS = 53
_TCP = 6
_UNKNOWN = "?"
"""Stands for the vendor of a device that was not met yet; no vendor's id."""
_MOST_SYN_BYTES = 80
"""Of IPv6 and TCP with all options (RFC 8200 section 3, RFC 9293 section 3.1); packets that are larger carry payload."""


_KEYS: Mapping[str, tuple[Check, ...]] = {
    "vendors": (is_text, is_text),
    "vendor_bytes": (is_text,),
    "places": (maybe(is_text),),
}
"""Tables of sums, and what their keys are."""
_KNOWN = (is_number, is_number, one_of(Severity), is_texts, is_texts, is_texts)
_COUNTED = (is_count, is_count, is_count)
_TOTALS = ("uncounted", "flows", "one_way", "tcp_flows", "tcp_one_way", "nameless", "hidden_names")


def _rows_of(table: Mapping[Any, Sum], told: Callable[[Sum], list[Any]]) -> Iterator[list[Any]]:
    for key, one in table.items():
        yield [*(key if isinstance(key, tuple) else (key,)), *told(one)]


def _rows_in(state: State, name: str, keys: tuple[Check, ...], checks: tuple[Check, ...]) -> Iterator[Any]:
    for row in rows(state, name, *keys, *checks):
        key = tuple(row[: len(keys)])
        yield key if len(key) > 1 else key[0], row[len(keys) :]


def _sum_of(sums: dict[Key, Sum], key: Key) -> Sum:
    total = sums.get(key)
    if total is None:
        total = sums[key] = Sum()
    return total


def _served(signature: Signature) -> tuple[str, str]:
    return signature.vendor_id, signature.purpose.value


def _note(names: dict[str, None], name: str | None, capacity: int = NAMES_SHOWN) -> None:
    if name is not None and len(names) < capacity:
        names[name] = None
