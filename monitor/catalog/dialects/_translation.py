"""The contract of ``DIALECT``, and the bookkeeping that they share: every clause is said, or listed with the reason why not."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar
from urllib.parse import urlsplit

from monitor.catalog.indicators import Clause, Condition, clauses, is_name
from monitor.catalog.records import Signature, Vendor
from monitor.catalog.vocabulary import Operator

T = TypeVar("T")

JOINED = "its conditions hold together only, and this format cannot bind them"
TOO_MANY = "too many combinations of values"


class Policy(StrEnum):
    """What a resolver does with a name."""

    NXDOMAIN = "nxdomain"
    NODATA = "nodata"
    PASSTHRU = "passthru"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the caller may choose; a dialect names those that it heeds."""

    policy: Policy = Policy.NXDOMAIN
    serial: int | None = None
    """Of the zone; None takes it from the newest date in the signatures."""
    drop: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Signatures to be written, and what is known around them."""

    signatures: Sequence[Signature]
    vendors: Mapping[str, Vendor]
    every: Sequence[Signature]
    """The whole catalog: a number given to a rule must not depend on which others are written."""
    digest: str

    def vendor_name(self, signature: Signature) -> str:
        """Return the name of a signature's vendor."""
        vendor = self.vendors.get(signature.vendor_id)
        return vendor.name if vendor is not None else signature.vendor_id

    @property
    def newest(self) -> date:
        """The newest day in the signatures: the only time that an export knows."""
        return max(date.fromisoformat(one.added) for one in self.signatures)


class Lost(NamedTuple):
    """Tests of a signature that a dialect does not say, or not fully."""

    signature_id: str
    fields: tuple[str, ...]
    reason: str
    covered: bool = False
    """The same names are said for another field of the signature."""

    def __str__(self) -> str:
        return f"{self.signature_id}: {', '.join(self.fields)}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """How a clause is said."""

    items: tuple[T, ...] = ()
    lost: str | None = None
    """Why it is not said, or what of it is not."""


class Stated(NamedTuple, Generic[T]):
    """A signature and what is said of it."""

    signature: Signature
    items: tuple[T, ...]


@dataclass(slots=True)
class Translation(Generic[T]):
    """All that is said and all that is not."""

    stated: list[Stated[T]] = field(default_factory=list)
    """Signatures of which something is said."""
    lost: list[Lost] = field(default_factory=list)
    whole: int = 0
    in_part: int = 0
    unsaid: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A finished export."""

    text: str
    lost: tuple[Lost, ...]
    whole: int
    """Signatures that are said as they are."""
    in_part: int
    unsaid: int

    @classmethod
    def of(cls, lines: Iterable[str], done: Translation[T]) -> "Written":
        """Return the lines as a text, with the book of what was lost."""
        return cls(
            text="".join(f"{line}\n" for line in lines),
            lost=tuple(done.lost),
            whole=done.whole,
            in_part=done.in_part,
            unsaid=done.unsaid,
        )


class Dialect(NamedTuple):
    """The contract of a dialect; its name is that of its file, with hyphens."""

    reader: str
    """Who reads it, in a few words."""
    write: Callable[[Chosen, Options], Written]
    """Pure: the same choice gives the same text."""
    heeds: frozenset[str] = frozenset()
    """Options of the command that mean something to it."""


def said(*items: T, but: str | None = None) -> Outcome[T]:
    """Return that a clause is said, perhaps with a part that is not."""
    return Outcome(items, but)


def translate(signatures: Iterable[Signature], express: Callable[[Clause], Outcome[T]]) -> Translation[T]:
    """Say each clause of each signature, and keep the book."""
    done: Translation[T] = Translation()
    for signature in signatures:
        outcomes = [(clause, express(clause)) for clause in clauses(signature)]
        items = tuple(dict.fromkeys(item for _, outcome in outcomes for item in outcome.items))
        lost = list(_lost(outcomes))
        if items:
            done.stated.append(Stated(signature, items))
        done.lost += lost
        missing = any(not one.covered for one in lost)
        done.unsaid += not items
        done.in_part += bool(items) and missing
        done.whole += bool(items) and not missing
    return done


def heading(title: str, chosen: Chosen, done: Translation[T]) -> list[str]:
    """Return the lines that a file with comments begins with."""
    return [
        f"Umbilical signatures for {title}; catalog {chosen.digest}",
        f"signatures: {len(chosen.signatures)}",
        f"said as they are: {done.whole}, in part: {done.in_part}, not at all: {done.unsaid}",
    ]


def closing(done: Translation[T]) -> list[str]:
    """Return the lines that a file with comments ends with: what it does not say."""
    missing = [one for one in done.lost if not one.covered]
    covered = [one for one in done.lost if one.covered]
    return [
        f"Not said here: {len(missing)}",
        *[one_line(str(one)) for one in missing],
        f"Said for the same names in another field: {len(covered)}",
        *[one_line(str(one)) for one in covered],
    ]


def commented(lines: Iterable[str], mark: str = "# ") -> list[str]:
    """Return lines as comments."""
    return [f"{mark}{one_line(line)}" for line in lines]


def one_line(text: str) -> str:
    """Return text without what ends a line or means nothing on paper: a comment must stay one."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def sources_of(signature: Signature) -> Iterator[str]:
    """Yield each source in one line."""
    for source in signature.sources:
        yield source.title + (f" {source.url}" if source.url else "")


def about(signature: Signature) -> list[str]:
    """Return what a comment says of a signature: meaning, scales, sources."""
    scales = f"severity {signature.severity}, confidence {signature.confidence}"
    return [
        f"{signature.id}: {signature.title} ({signature.purpose}, {scales})",
        *(f"  source: {source}" for source in sources_of(signature)),
    ]


def urls_of(signature: Signature) -> tuple[str, ...]:
    """Return the web addresses of the sources, each once."""
    urls = (source.url for source in signature.sources if source.url)
    return tuple(dict.fromkeys(url for url in urls if urlsplit(url).scheme in {"http", "https"}))


def _lost(outcomes: list[tuple[Clause, Outcome[T]]]) -> Iterator[Lost]:
    names = frozenset(
        (one.operator, str(value))
        for clause, outcome in outcomes
        if outcome.items and outcome.lost is None and (one := clause.only) is not None and is_name(one.field)
        for value in one.values
    )
    grouped: dict[tuple[str, bool], dict[str, None]] = {}
    owner = ""
    for clause, outcome in outcomes:
        if outcome.lost is not None:
            owner = clause.signature_id
            key = outcome.lost, _is_covered(clause.only, names)
            grouped.setdefault(key, {}).update(dict.fromkeys(clause.fields))
    for (reason, covered), fields in grouped.items():
        yield Lost(owner, tuple(fields), reason, covered)


def _is_covered(condition: Condition | None, names: frozenset[tuple[Operator, str]]) -> bool:
    if condition is None or not is_name(condition.field):
        return False
    if condition.operator is Operator.REGEX:
        return (Operator.REGEX, condition.values[0]) in names
    return all(_holds(names, condition.operator, str(value)) for value in condition.values)


def _holds(names: frozenset[tuple[Operator, str]], operator: Operator, name: str) -> bool:
    if (operator, name) in names:
        return True
    labels = name.split(".")
    return any((Operator.DOMAIN, ".".join(labels[place:])) in names for place in range(len(labels)))
