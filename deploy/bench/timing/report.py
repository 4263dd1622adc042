"""What is shown: tables in Markdown, targets met or missed, and all figures for a JSON file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Target(NamedTuple):
    """A figure to reach."""

    what: str
    limit: str
    got: str
    met: bool | None
    """None when it could not be measured."""


@dataclass(slots=True)
class Report:
    """Collects targets and figures while sections print their tables."""

    targets: list[Target] = field(default_factory=list)
    figures: dict[str, object] = field(default_factory=dict)

    def at_most(self, what: str, limit: float, got: float | None, unit: str = "") -> None:
        """State a figure that may not be above its limit."""
        self._state(what, f"<= {limit:g}{unit}", got, unit, met=got is not None and got <= limit)

    def at_least(self, what: str, limit: float, got: float | None, unit: str = "") -> None:
        """State a figure that may not be below its limit."""
        self._state(what, f">= {limit:g}{unit}", got, unit, met=got is not None and got >= limit)

    def holds(self, what: str, *, met: bool) -> None:
        """State something that is so or not."""
        self.targets.append(Target(what, "yes", "yes" if met else "no", met))

    def print_targets(self) -> None:
        """Print all that was stated."""
        print("\n## Targets\n")
        words = {True: "met", False: "missed", None: "not measured"}
        table(("target", "limit", "here", ""), [(*target[:3], words[target.met]) for target in self.targets])

    def plain(self) -> dict[str, object]:
        """Return everything for a JSON file."""
        return {"figures": self.figures, "targets": [target._asdict() for target in self.targets]}

    def _state(self, what: str, limit: str, got: float | None, unit: str, *, met: bool) -> None:
        if got is None:
            self.targets.append(Target(what, limit, "-", None))
        else:
            self.targets.append(Target(what, limit, f"{got:.3g}{unit}", met))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; the first column is text, the others are figures."""
    rows = [head, *rows]
    widths = [max(len(row[place]) for row in rows) for place in range(len(head))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    for row in (rows[0], rule, *rows[1:]):
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print("|", " | ".join(cells), "|")


def ratio(part: float, whole: float) -> float | None:
    """Return a ratio if there is one."""
    return part / whole if whole else None
