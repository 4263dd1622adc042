"""The contract of a check, and the run of all of them; a check is one file in ``checks/`` that declares ``CHECK``.

A check looks at the whole catalog as it was read and yields issues; it opens no file and reads no clock (the day of
today comes from who asks).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from monitor.catalog.catalog import Catalog
from monitor.catalog.contents import Contents, read_contents
from monitor.catalog.faults import Faults
from monitor.catalog.folder import bundled_folder, word_list
from monitor.model.errors import Location
from monitor.registry import discover

CANARIES = "canaries.txt"
SHARED_HOSTING = "shared_hosting.txt"
LOADER = "loads"
"""Name under which the faults of the loader itself are reported."""


class Gravity(StrEnum):
    """Whether an issue keeps a set from being used."""

    ERROR = "error"
    WARNING = "warning"


class Issue(NamedTuple):
    """One thing that is wrong, and where."""

    gravity: Gravity
    location: Location | None
    problem: str
    check: str = ""
    """Name of the check's file; the run fills it in."""

    def __str__(self) -> str:
        place = f"{self.location}: " if self.location is not None else ""
        return f"{place}{self.problem} [{self.check}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What checks look at."""

    catalog: Catalog
    contents: Contents
    canaries: tuple[str, ...] = ()
    """Ordinary names that no bundled signature may match; a site's own may."""
    shared_hosting: frozenset[str] = frozenset()
    """Suffixes of clouds and CDNs where anybody may have a name."""
    is_whole: bool = True
    """Every file was read without a fault; else what a check misses may stand in one that was not."""
    today: str | None = None
    """YYYY-MM-DD; None when dates are not to be judged."""


Check = Callable[[Subject], Iterable[Issue]]


class Reviewed(NamedTuple):
    """What was looked at, and what is wrong with it."""

    issues: list[Issue]
    files: int
    signatures: int


def review(
    folders: Sequence[Path] | None = None, *, local: Sequence[Path] = (), today: str | None = None
) -> list[Issue]:
    """Return every issue of a set of folders, the loader's faults first, then by place; each once."""
    return reviewed(folders, local=local, today=today).issues


def reviewed(
    folders: Sequence[Path] | None = None, *, local: Sequence[Path] = (), today: str | None = None
) -> Reviewed:
    """Return the same, and how much was looked at."""
    faults = Faults()
    shipped = [bundled_folder()] if folders is None else folders
    contents = read_contents(shipped, local, faults)
    subject = Subject(
        catalog=Catalog.of(contents),
        contents=contents,
        canaries=word_list(bundled_folder(), CANARIES, faults),
        shared_hosting=frozenset(word_list(bundled_folder(), SHARED_HOSTING, faults)),
        is_whole=not faults.errors,
        today=today,
    )
    found = [
        Issue(Gravity.ERROR, fault.location, fault.problem, LOADER)
        for fault in (*faults.errors, *faults.warnings)
    ]
    if not (found or subject.catalog.signatures):
        found.append(Issue(Gravity.ERROR, None, "there are no signatures", LOADER))
    found += sorted(run_checks(subject), key=_order)
    files = len(contents.files) + len(contents.lists)
    return Reviewed(list(dict.fromkeys(found)), files, len(subject.catalog.signatures))


def run_checks(subject: Subject) -> Iterator[Issue]:
    """Yield the issues of every check in ``checks/``."""
    for name, check in discover("monitor.catalog.checks", "CHECK").items():
        for issue in check(subject):
            yield issue._replace(check=name)


def _order(issue: Issue) -> tuple[bool, str, int]:
    place = issue.location
    return (issue.gravity is Gravity.WARNING, place.path if place else "", (place.line or 0) if place else 0)
