"""Names that a resolver can act on: which clauses speak of a look-up, and the merged list of all signatures."""

from typing import NamedTuple

from monitor.catalog.dialects._translation import JOINED, Outcome, Translation
from monitor.catalog.indicators import Clause, is_name
from monitor.catalog.records import Signature
from monitor.catalog.vocabulary import Operator


class LookUp(NamedTuple):
    """A name that is asked for."""

    name: str
    below: bool
    """With every name below it."""


def look_ups(clause: Clause) -> Outcome[LookUp]:
    """Say a clause as names that are asked for."""
    only = clause.only
    if only is None:
        return Outcome(lost=JOINED)
    if only.field != "dns.query":
        return Outcome(lost=_reason(only.field))
    if only.operator is Operator.REGEX:
        return Outcome(lost="a resolver's list holds names, no expressions")
    below = only.operator is Operator.DOMAIN
    return Outcome(tuple(LookUp(str(value), below) for value in only.values))


def by_name(done: Translation[LookUp]) -> dict[LookUp, list[Signature]]:
    """Return each name once, in the order of the labels from the right, with the signatures that name it."""
    merged: dict[LookUp, list[Signature]] = {}
    for stated in done.stated:
        for item in stated.items:
            merged.setdefault(item, []).append(stated.signature)
    return dict(
        sorted(merged.items(), key=lambda entry: (entry[0].name.split(".")[::-1], not entry[0].below))
    )


def parents(name: str) -> list[str]:
    """Return the names above a name, nearest first, without the root."""
    labels = name.split(".")
    return [".".join(labels[place:]) for place in range(1, len(labels))]


def _reason(field: str) -> str:
    return "a resolver sees look-ups only" if is_name(field) else "not a name"
