"""Findings: facts that matter, with evidence, before any policy of the site; and the closed scales they use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, Self

from monitor.model.observation import Observation
from monitor.model.state import State


class Severity(StrEnum):
    """How bad if true; ordered by ``rank``."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        return _SEVERITY_RANKS[self]


class Confidence(StrEnum):
    """How sure that it is true."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        return _CONFIDENCE_RANKS[self]


_SEVERITY_RANKS = {one: rank for rank, one in enumerate(Severity)}
_CONFIDENCE_RANKS = {one: rank for rank, one in enumerate(Confidence)}


class Purpose(StrEnum):
    """What a vendor's endpoint is for."""

    FIRMWARE_UPDATE = "firmware-update"
    TELEMETRY = "telemetry"
    DEVICE_MANAGEMENT = "device-management"
    LOCATION = "location"
    ASSISTED_GNSS = "assisted-gnss"
    TIME = "time"
    CRASH_REPORT = "crash-report"
    BOOTSTRAP = "bootstrap"
    REMOTE_ACCESS = "remote-access"
    CLOUD = "cloud"
    VENDOR_WEB = "vendor-web"


class Evidence(NamedTuple):
    """Where on the wire the finding can be looked up again."""

    capture: str
    frame: int
    """Frame number in that capture."""
    community_id: str
    ts_ns: int
    saw: str
    """What was seen there, as ``field = value``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A fact with evidence."""

    detector: str
    identity: tuple[str, ...]
    """What makes two findings the same story, besides the detector's id."""
    observation: Observation
    """What it rests on: time, flow, device, remote."""
    severity: Severity
    confidence: Confidence
    title: str
    why: str
    """Plain words: what was seen, why it matters, how sure we are."""
    saw: str
    """``field = value`` for the evidence."""
    signature: str | None = None
    vendor: str | None = None
    purpose: Purpose | None = None
    uplink_bytes: int = 0
    """Bytes that this finding adds to its story, from the device."""
    downlink_bytes: int = 0
    counts: bool = True
    """False when it only adds bytes or details to a story that is already told."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """The detector's own fields, such as ``image_sha256``; later values replace earlier ones."""


class Detector(Protocol):
    """The contract of a detector; one file in ``detect/`` that declares ``DETECTOR``.

    ``wants`` are observation types; of those in ``wants_unmatched`` it hears even when no signature matched. ``judge`` states facts; ``due`` says what its windows closed at or before an instant.
    """

    NAME: str
    wants: frozenset[str]
    wants_unmatched: frozenset[str]

    def judge(self, observation: Observation, matched: Sequence[Any] | None = None) -> "Sequence[Finding]":
        """State what follows; ``matched`` are the catalog's signatures of the observation, where they are known."""
        ...

    def due(self, now_ns: int) -> "Sequence[Finding]": ...

    @property
    def evictions(self) -> int:
        """What was forgotten before its time."""
        ...

    @property
    def fill(self) -> tuple[int, int]:
        """Entries and capacity of what it remembers."""
        ...

    def state(self) -> State:
        """Return what is to be known after a restart."""
        ...

    def restore(self, state: State) -> None:
        """Remember that instead of everything; raises ValueError and changes nothing when it has a wrong shape.

        What the catalog or the settings no longer know is dropped.
        """
        ...

    def take_over(self, older: Self) -> None:
        """Go on with what another one of its kind remembers, under this catalog and these settings; never slow.

        The other one is of no use after that.
        """
        ...
