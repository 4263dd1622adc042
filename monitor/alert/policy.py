"""What the site decided about alerts, as data: what it expects, what it mutes, how long a story stays quiet.

Rule 1: nothing here looks at a finding; ``_ruler.py`` applies the decisions.
Rule 2: a host name or vendor that stands here came from the site's configuration, never from the program.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from monitor.model.finding import Severity
from monitor.model.instant import duration_ns


class Ruling(StrEnum):
    """What the policy makes of a finding; every finding gets exactly one, so the tally adds up."""

    ALERT = "alert"
    EXPECTED = "expected"
    """The site names the remote among those it expects."""
    MUTED = "muted"
    BELOW = "below"
    """Less severe than the site wants to hear of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """Findings to count and not to tell; every condition that is given must hold."""

    reason: str
    until_ns: int | None = None
    """Event time at which the mute ends; None means never."""
    signature: str | None = None
    detector: str | None = None
    vendor: str | None = None
    device: str | None = None
    group: str | None = None

    def __post_init__(self) -> None:
        if not any((self.signature, self.detector, self.vendor, self.device, self.group)):
            raise ValueError(
                "a mute without a condition would silence everything; name a signature or device"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The whole policy; an empty one tells everything."""

    suppress_for_ns: int = duration_ns("1h")
    """A firing story is told again at the earliest after this time."""
    resolve_after_ns: int = duration_ns("24h")
    """A story is resolved when nothing was added to it for this time."""
    min_severity: Severity = Severity.INFO
    mutes: tuple[Mute, ...] = ()
    expected_remotes: tuple[str, ...] = ()
    """Domains (with every name below them), addresses and networks."""
    group_remotes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The same for the devices of one group, by its name."""

    def __post_init__(self) -> None:
        if self.suppress_for_ns < 0 or self.resolve_after_ns <= 0:
            raise ValueError("suppress_for must not be negative and resolve_after must be positive")
