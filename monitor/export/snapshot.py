"""What the corridor knows at one moment, for metrics: plain counts under plain keys, and the closed sets of labels.

Rule: nothing a packet can choose is a key here; what is not in ``Known`` shows as ``other`` or ``unlisted``.
Empty text stands for "no signature" and "no vendor".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from monitor.export.sensor_counts import SensorCounts


class FindingLabels(NamedTuple):
    """A series of findings."""

    detector: str
    vendor: str
    signature: str
    purpose: str
    severity: str


class AlertLabels(NamedTuple):
    """A series of alerts that fired."""

    detector: str
    vendor: str
    severity: str


class FiringLabels(NamedTuple):
    """A series of alerts that are firing."""

    detector: str
    vendor: str
    severity: str
    device: str


class ContactLabels(NamedTuple):
    """What a vendor was contacted for."""

    vendor: str
    purpose: str


class ContactBytes(NamedTuple):
    """Bytes as the device sees them."""

    uplink: int
    downlink: int


class FrameCounts(NamedTuple):
    """Frames of one interface."""

    frames: int
    bytes: int


class Exemplar(NamedTuple):
    """One alert that stands for the others of its series."""

    alert_id: str
    ts_ns: int
    """When it was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The closed sets: every series made of them is shown from the first scrape, with 0.

    It is made once for each configuration and catalog; snapshots that share it are shown faster.
    """

    findings: tuple[FindingLabels, ...] = ()
    """What the detectors may state: their ``known_series()`` with their name."""
    contacts: tuple[ContactLabels, ...] = ()
    """Vendor and purpose of every signature."""
    devices: tuple[str, ...] = ()
    """Names in the configuration."""
    vendors: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()
    drop_reasons: tuple[str, ...] = ()
    malformed: tuple[tuple[str, str], ...] = ()
    """Room and protocol."""
    rooms: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    plugins: tuple[tuple[str, str], ...] = ()
    """Room and plug-in; empty where nobody measures them."""
    ignore_reasons: tuple[str, ...] = ()
    """From here on: a sensor's own sets."""
    outputs: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()
    """Names of the geo-IP databases."""
    workers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Counts since the start; what is missing is 0."""

    known: Known
    version: str
    catalog_digest: str
    catalog_signatures: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """Signatures by vendor and status."""
    catalog_day_ns: int = 0
    """The day of the signature pack in use, or of the newest bundled signature."""
    findings: Mapping[FindingLabels | tuple[str, ...], int] = field(default_factory=dict)
    alerts: Mapping[AlertLabels | tuple[str, ...], int] = field(default_factory=dict)
    firing: Mapping[FiringLabels | tuple[str, ...], int] = field(default_factory=dict)
    contact_bytes: Mapping[ContactLabels | tuple[str, ...], ContactBytes] = field(default_factory=dict)
    contact_last_seen_ns: Mapping[ContactLabels | tuple[str, ...], int] = field(default_factory=dict)
    devices: Mapping[str, int] = field(default_factory=dict)
    """Devices seen, by the vendor of their module."""
    frames: Mapping[str, FrameCounts] = field(default_factory=dict)
    """By interface."""
    dropped: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """By interface and reason."""
    malformed: Mapping[tuple[str, str], int] = field(default_factory=dict)
    internal_errors: Mapping[str, int] = field(default_factory=dict)
    """By room."""
    flows_active: int = 0
    evictions: Mapping[str, int] = field(default_factory=dict)
    """By table."""
    capture_lag_seconds: float | None = None
    """None in a replay."""
    plugin_seconds: Mapping[tuple[str, str], float] = field(default_factory=dict)
    exemplars: Mapping[AlertLabels | tuple[str, ...], Exemplar] = field(default_factory=dict)
    """The latest alert of each series of ``alerts``; some formats show them."""
    created_ns: int | None = None
    """When the counters began at 0; None where that says nothing."""
    sensor: SensorCounts | None = None
    """None in a replay."""
