"""All faults of a set of files at once: a list to add to, and the one exception that carries it."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from monitor.model.errors import Location, SignatureError

MAX_FAULTS = 200
"""Faults that are kept; after so many the author has enough to do."""


class SignatureErrors(SignatureError):  # noqa: N818 - many errors in one
    """Every fault that a load found; its text has one line for each."""

    def __init__(self, errors: Sequence[SignatureError]) -> None:
        super().__init__("\n".join(str(error) for error in errors))
        self.errors = tuple(errors)


class Faults:
    """Collects faults of one or many files."""

    def __init__(self) -> None:
        self.errors: list[SignatureError] = []
        self.warnings: list[SignatureError] = []
        """What keeps nothing from being loaded, but is hardly meant."""
        self.total = 0

    def add(self, path: str, line: int | None, problem: str) -> None:
        """Note a problem at its place."""
        self.take(SignatureError(problem, Location(path, line)))

    def take(self, error: SignatureError) -> None:
        self.total += 1
        if self.total <= MAX_FAULTS:
            self.errors.append(error)

    def warn(self, path: str, problem: str) -> None:
        """Note what is worth a word and refuses nothing."""
        if len(self.warnings) < MAX_FAULTS:
            self.warnings.append(SignatureError(problem, Location(path)))

    def raise_any(self) -> None:
        """Raise what was collected, in the order of files and lines; a single fault raises as itself."""
        if not self.errors:
            return
        if self.total == 1:
            raise self.errors[0]
        if self.total > MAX_FAULTS:
            self.errors.append(SignatureError(f"{self.total - MAX_FAULTS} more faults are not shown"))
        raise SignatureErrors(sorted(self.errors, key=_place))


def suggestion(word: object, known: Iterable[str]) -> str:
    """Return ``; did you mean '...'?`` when a known word is near, else an empty text."""
    near = get_close_matches(str(word), list(known), n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""


def _place(error: SignatureError) -> tuple[bool, str, int]:
    place = error.location
    return (place is None, place.path if place else "", (place.line or 0) if place else 0)
