"""What every section is given."""

from dataclasses import dataclass, field

from timing.captures import Captures
from timing.report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What the operator asked for, and where it goes."""

    captures: Captures
    megabytes: float
    rounds: int
    only: frozenset[str] = frozenset()
    """Peers that take part; empty means all that are installed."""
    report: Report = field(default_factory=Report)
