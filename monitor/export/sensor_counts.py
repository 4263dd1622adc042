"""What only a live sensor counts: its interfaces, its outputs, its state on disk; part of a snapshot.

Rule: keys are names of the configuration or of the code, as everywhere in a snapshot; a replay has none of this.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from monitor.export.histogram import DELAY_BOUNDS, HistogramCounts

_NO_DELAYS = HistogramCounts(DELAY_BOUNDS, (0,) * (len(DELAY_BOUNDS) + 1), 0.0)


class Delivery(NamedTuple):
    """One output: what it was given, what waits for it."""

    delivered: int = 0
    failures: int = 0
    """Attempts that failed; each is tried again."""
    pending: int = 0
    """Alerts that it does not have yet, in the spool or in memory before it."""
    dropped: int = 0
    """Alerts that the full spool gave up before it had them."""
    last_success_ns: int = 0
    rejected: int = 0
    """Alerts that its far end will never take, put aside."""


class Checkpoint(NamedTuple):
    """The state on disk."""

    last_success_ns: int | None = None
    """0 before the first; None for a sensor that keeps no state."""
    bytes: int = 0
    failures: int = 0


class Reload(NamedTuple):
    """The configuration in use."""

    is_successful: bool = True
    """Whether the latest attempt to load it went well; the start is one."""
    last_success_ns: int = 0


class TableFill(NamedTuple):
    """How full a table is."""

    entries: int
    capacity: int


class Spool(NamedTuple):
    """The disk spool of alerts."""

    bytes: int = 0
    limit_bytes: int = 0
    write_failures: int = 0
    """Attempts to write it that failed; alerts wait in memory meanwhile."""
    problem: str = ""
    """Why it cannot be written now; empty while it can."""


class Recording(NamedTuple):
    """Packets that are kept for alerts."""

    packets: int
    dropped: Mapping[str, int]
    """By one of RECORDER_DROPS."""
    is_up: bool


RECORDER_DROPS = ("disk", "flow_limit", "rate_limit", "too_large")
"""Why a packet that should have been kept was not."""
_RELOAD, _CHECKPOINT, _SPOOL = Reload(), Checkpoint(), Spool()


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorCounts:
    """A sensor at one moment; what is missing is 0."""

    up: Mapping[str, bool] = field(default_factory=dict)
    """By interface: it is up and its socket lives."""
    last_frame_ns: Mapping[str, int] = field(default_factory=dict)
    """By interface; 0 before the first."""
    ignored: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """Frames by interface and reason: seen, and rightly not processed."""
    completeness: float | None = None
    """Share of the frames of the last five minutes that were not lost; None while that is not known."""
    one_way: float | None = None
    """Share of the TCP flows lately ended that showed one direction only; None when none ended."""
    reload: Reload = _RELOAD
    checkpoint: Checkpoint = _CHECKPOINT
    spool: Spool = _SPOOL
    deliveries: Mapping[str, Delivery] = field(default_factory=dict)
    """By output."""
    geoip_build_ns: Mapping[str, int] = field(default_factory=dict)
    """By database."""
    workers_up: Mapping[str, bool] = field(default_factory=dict)
    """By worker: "0", "1" ..."""
    alert_delay: HistogramCounts = _NO_DELAYS
    """``Histogram.counts()`` of the seconds from the packet on the wire to the alert told."""
    memory_budget_bytes: int = 0
    """0 when there is none."""
    recording: Recording | None = None
    """None where nothing is recorded."""
    tables: Mapping[str, TableFill] = field(default_factory=dict)
    """By table, for those that can say."""
