"""What a replay amounted to, as records for the summary that people read; the corridor fills them."""

from dataclasses import dataclass
from typing import NamedTuple

from monitor.model.alert import Alert
from monitor.model.finding import Severity


class VendorRow(NamedTuple):
    """All contacts with one vendor."""

    vendor: str
    """Its name."""
    purposes: tuple[str, ...]
    devices: tuple[str, ...]
    """Names, in the order in which they were seen."""
    countries: tuple[str, ...]
    organisations: tuple[str, ...]
    uplink_bytes: int
    downlink_bytes: int
    first_seen_ns: int
    last_seen_ns: int
    severity: Severity
    """The highest."""


class PlaceRow(NamedTuple):
    """All traffic with one country."""

    country: str | None
    """None where the database knows none."""
    flows: int
    devices: int
    uplink_bytes: int
    downlink_bytes: int


class Gap(NamedTuple):
    """Something that was not understood, or not seen."""

    amount: int
    what: str
    """Plural words, such as ``malformed DNS messages``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Everything that the summary shows."""

    captures: tuple[str, ...]
    first_ns: int | None
    """None when there was no frame."""
    last_ns: int | None
    packets: int
    bytes: int
    """On the wire."""
    flows: int
    devices: int
    vendors: tuple[VendorRow, ...] = ()
    alerts: tuple[Alert, ...] = ()
    """Any order; the most severe are shown."""
    places: tuple[PlaceRow, ...] = ()
    gaps: tuple[Gap, ...] = ()
    damage: tuple[str, ...] = ()
    """Captures that were cut short or damaged, each with its place."""
    hints: tuple[str, ...] = ()
