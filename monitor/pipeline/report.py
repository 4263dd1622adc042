"""What a replay amounted to, for people: ``export.digest`` out of ledger, alerts and what the rooms counted.

It only names and adds up; nothing is judged here.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from heapq import heappush, heappushpop
from itertools import count
from typing import TYPE_CHECKING

from monitor.alert.policy import Ruling
from monitor.enrich.home import HomeNetworks
from monitor.export.digest import Gap, PlaceRow, Summary, VendorRow
from monitor.export.snapshot import FiringLabels
from monitor.model.alert import Alert, AlertState
from monitor.pipeline.ledger import Ledger, Sum
from monitor.pipeline.replay import Result
from monitor.pipeline.site import Site

if TYPE_CHECKING:
    from monitor.model.finding import Severity

STORIES_KEPT = 1 << 12
"""Alerts that are kept for the summary, the most severe; all of them are told as they come."""
MUCH_WITHOUT_IP = 0.1
"""Share of frames without IP from which they are worth a word; some ARP is everywhere."""
VENDOR_COLUMNS = 14
"""Room for a vendor's name in the summary."""
UNLISTED = "unlisted"


class Stories:
    """Takes the alerts of a run and keeps what the summary and metrics need of them, in bounded memory."""

    def __init__(self, capacity: int = STORIES_KEPT) -> None:
        self.total = 0
        self.worst: Severity | None = None
        self.firing: Counter[FiringLabels] = Counter()
        """Stories that were open when they were last told."""
        self._capacity = capacity
        self._heap: list[tuple[int, int, Alert]] = []
        self._places = count(0, -1)

    @property
    def example(self) -> str | None:
        """The id of an alert worth a look: one of the most severe, with as much behind it as there is."""
        if not self._heap:
            return None
        best = max(self._heap, key=lambda entry: (entry[0], len(entry[2].details), entry[1]))
        return best[2].alert_id

    @property
    def kept(self) -> tuple[Alert, ...]:
        """The most severe ones; of equals the earliest."""
        return tuple(alert for _, _, alert in self._heap)

    def take(self, alert: Alert) -> None:
        """Take an alert whose story is over."""
        self.total += 1
        if self.worst is None or alert.severity.rank > self.worst.rank:
            self.worst = alert.severity
        if alert.state is AlertState.FIRING:
            device = alert.device if alert.device_listed else UNLISTED
            self.firing[FiringLabels(alert.detector, alert.vendor or "", alert.severity.value, device)] += 1
        entry = (alert.severity.rank, next(self._places), alert)
        if len(self._heap) < self._capacity:
            heappush(self._heap, entry)
        else:
            heappushpop(self._heap, entry)


def summary_of(
    result: Result, site: Site, stories: Stories, captures: Sequence[str], hints: Sequence[str] = ()
) -> Summary:
    """Return everything that the summary shows; ``hints`` come before the report's own."""
    ledger, health = result.ledger, result.health
    return Summary(
        captures=tuple(captures),
        first_ns=ledger.first_ns,
        last_ns=None if ledger.first_ns is None else max(health.front.clock_ns, ledger.first_ns),
        packets=health.front.decode["packet"],
        bytes=health.capture["bytes"],
        flows=health.front.flow["started"],
        devices=len(ledger.devices),
        vendors=tuple(_vendor_rows(ledger, site)),
        alerts=tuple(_shortened(alert, site) for alert in stories.kept),
        places=tuple(
            PlaceRow(country, place.flows, len(place.devices), place.uplink_bytes, place.downlink_bytes)
            for country, place in ledger.places.items()
        ),
        gaps=tuple(_counted(gap) for gap in _gaps(result, stories) if gap.amount),
        damage=tuple(map(str, health.damage)),
        hints=(*hints, *_hints(result, site)),
    )


def _vendor_rows(ledger: Ledger, site: Site) -> Iterator[VendorRow]:
    by_vendor: dict[str, list[tuple[str, Sum]]] = {}
    for (vendor, purpose), one in ledger.vendors.items():
        by_vendor.setdefault(vendor, []).append((purpose, one))
    for vendor, sums in by_vendor.items():
        sums.sort(key=lambda entry: (-entry[1].severity.rank, -entry[1].downlink_bytes, entry[0]))
        parts = [one for _, one in sums]
        total = ledger.vendor_bytes.get(vendor, Sum())
        known = site.catalog.vendors.get(vendor)
        yield VendorRow(
            vendor=vendor if known is None else short_name(known.name),
            purposes=tuple(purpose for purpose, _ in sums),
            devices=_merged(one.devices for one in parts),
            countries=_merged(one.countries for one in parts),
            organisations=_merged(one.organisations for one in parts),
            uplink_bytes=total.uplink_bytes,
            downlink_bytes=total.downlink_bytes,
            first_seen_ns=min(one.first_ns for one in parts),
            last_seen_ns=max(one.last_ns for one in parts),
            severity=max((one.severity for one in parts), key=lambda severity: severity.rank),
        )


def short_name(name: str) -> str:
    """Return the first words of a vendor's name that fit into a column."""
    short = ""
    for word in name.split():
        longer = f"{short} {word}".lstrip()
        if short and len(longer) > VENDOR_COLUMNS:
            break
        short = longer
    return short.rstrip("(/,& ")


def _shortened(alert: Alert, site: Site) -> Alert:
    """Return the alert with a title for a narrow column: the vendor once, by its short name."""
    vendor = site.catalog.vendors.get(alert.vendor or "")
    if vendor is None or not alert.title.startswith(f"{vendor.name}: "):
        return alert
    rest, short = alert.title[len(vendor.name) + 2 :], short_name(vendor.name)
    return replace(alert, title=rest if short.lower() in rest.lower() else f"{short}: {rest}")


def _merged(names: Iterator[dict[str, None]]) -> tuple[str, ...]:
    return tuple({name: None for some in names for name in some})


_CAPTURE_GAPS = {
    "dropped_by_interface": "frames that the capturing interface lost",
    "dropped_by_kernel": "frames that the capturing system lost",
    "skipped_blocks": "capture blocks of unknown types",
    "unknown_interfaces": "frames of undescribed interfaces",
    "impossible_times": "frames with impossible times",
}
_DECODE_GAPS = {
    "opaque": "encrypted link frames",
    "too_deep": "frames with too many nested headers",
    "snapped": "frames cut before the end of the headers",
    "packets_snapped": "packets cut by the snap length",
    "malformed": "malformed frames",
    "fragments_timed_out": "datagrams with missing fragments",
    "fragments_evicted": "fragmented datagrams given up for want of room",
    "fragments_refused": "refused fragments",
}
_FLOW_GAPS = {
    "duplicates": "packets delivered twice (counted once)",
    "attempts": "connection attempts from outside that nobody answered",
    "evicted": "flows ended early for want of room",
    "impatient": "holes in connections not waited for, for want of room",
}
_ENRICH_GAPS = {
    "geoip_unreadable": "addresses at damaged places of the geo-IP database",
    "evicted_devices": "devices forgotten for want of room",
    "evicted_names": "DNS answers forgotten for want of room",
}
_ALERT_GAPS = {
    Ruling.MUTED: "findings muted by the configuration",
    Ruling.EXPECTED: "findings expected by the configuration",
    Ruling.BELOW: "findings below the configured severity",
    "evicted": "alerts told early for want of room",
}


def _gaps(result: Result, stories: Stories) -> Iterator[Gap]:
    ledger, health, front = result.ledger, result.health, result.health.front
    tables = (
        (health.capture, _CAPTURE_GAPS),
        (front.decode, _DECODE_GAPS),
        (front.flow, _FLOW_GAPS),
        (result.back.enrich_tally, _ENRICH_GAPS),
        (result.back.book.tally, _ALERT_GAPS),
    )
    for tally, words in tables:
        for key, what in words.items():
            yield Gap(tally[key], what)
    if front.decode["not_ip"] > MUCH_WITHOUT_IP * front.frames:
        yield Gap(front.decode["not_ip"], "frames without IP")
    for link_type, amount in front.unknown_link_types.items():
        kind = "other unknown link types" if link_type < 0 else f"unknown link type {link_type}"
        yield Gap(amount, f"frames of {kind}")
    for protocol, amount in front.malformed.counts.items():
        yield Gap(amount, f"messages of malformed {protocol}")
    yield Gap(front.given_up, "flows not read to their end for want of room")
    yield Gap(ledger.one_way, "one-way flows")
    yield Gap(ledger.nameless, "flows to an address without a name")
    yield Gap(ledger.hidden_names, "hellos that may hide a server name (ECH)")
    yield Gap(ledger.uncounted, "flows of devices beyond those told apart")
    yield Gap(stories.total - len(stories.kept), "alerts that did not fit into this summary")


def _counted(gap: Gap) -> Gap:
    """Return the gap with its noun in the singular where there is one."""
    words = gap.what.split()
    noun = next((place for place, word in enumerate(words) if word.endswith("s")), None)
    if gap.amount != 1 or noun is None:
        return gap
    words[noun] = words[noun].removesuffix("es" if words[noun].endswith("sses") else "s")
    return gap._replace(what=" ".join(words))


def _hints(result: Result, site: Site) -> Iterator[str]:
    if result.interrupted and not result.health.front.frames:
        yield "The workers were stopped before they told how many packets and flows they had seen."
    ips = result.ledger.device_ips.values()
    home = HomeNetworks(site.config.site.home_networks)
    if ips and result.back.enrich_tally["no_home_end"] and not any(map(home.knows, ips)):
        yield (
            "No address of the home networks occurs: who began a connection is taken for the device."
            " Name your own networks with --home."
        )
