"""A signature in plain words: what it means, what it looks like, why we believe it, what else causes it. Prints nothing."""

import textwrap
from collections.abc import Iterable, Iterator

from monitor.catalog.records import Signature, Source, Test, Vendor
from monitor.catalog.vocabulary import Joint, Operator, meaning
from monitor.model.observation import FIELDS

WIDTH = 100
MOST_VALUES = 12
"""Values of one test that are spelt out; the file holds the rest."""

_VERBS = {
    Operator.DOMAIN: "is {} or below it",
    Operator.EQUALS: "is {}",
    Operator.ONE_OF: "is one of {}",
    Operator.PREFIX: "begins with {}",
    Operator.CIDR: "is in {}",
    Operator.HEX: "begins with the bytes {}",
    Operator.REGEX: "matches {}",
}


def describe(signature: Signature, vendor: Vendor | None) -> str:
    """Return everything about a signature, as text for a terminal or a report."""
    sections = [
        f"{signature.id}: {signature.title}" + (" (added by this site)" if signature.local else ""),
        "\n".join(_facts(signature, vendor)),
        _section("What it means and what to do", [signature.description]),
        _section("What it looks like", looks_like(signature)),
        _section("Why we believe it", map(believe, signature.sources)),
        _section("What else causes it", signature.false_positives or ["Nothing else is known."]),
        _section("Note", [signature.note] if signature.note else []),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def looks_like(signature: Signature) -> list[str]:
    """Return one sentence for each test, and how they are joined."""
    joint = signature.match.joint
    sentences = [in_words(test) for test in signature.match.tests]
    if len(sentences) == 1:
        return sentences
    return [
        f"{'Any' if joint is Joint.ANY else 'All'} of these:",
        *[f"- {sentence}" for sentence in sentences],
    ]


def in_words(test: Test) -> str:
    """Return a test as a sentence, such as ``dns.query (name asked for) is fota.acme.example or below it``."""
    values = test.value if isinstance(test.value, tuple) else (test.value,)
    shown = ", ".join(str(value) for value in values[:MOST_VALUES])
    more = f" and {len(values) - MOST_VALUES} more" if len(values) > MOST_VALUES else ""
    field = FIELDS[test.field].meaning.partition(" (")[0]
    return f"{test.field} ({field}) {_VERBS[test.operator].format(shown + more)}"


def believe(source: Source) -> str:
    """Return a source as a sentence with its address."""
    where = f" {source.url}" if source.url else ""
    when = f" (read {source.retrieved})" if source.retrieved else ""
    return f"- {source.kind}: {source.title}{when}{where}"


def _facts(signature: Signature, vendor: Vendor | None) -> Iterator[str]:
    if vendor is not None:
        country = f", {vendor.country}" if vendor.country else ""
        yield f"Vendor      {vendor.name}{country}. {meaning(vendor.role)}"
    for word, value in (
        ("Purpose", signature.purpose),
        ("Severity", signature.severity),
        ("Confidence", signature.confidence),
        ("Status", signature.status),
    ):
        yield f"{word:<12}{value}. {meaning(value)}"
    if signature.replaced_by:
        yield f"Replaced by {signature.replaced_by}"
    yield f"Added       {signature.added}, to be reviewed by {signature.review_by}"
    yield f"File        {signature.location}"


def _section(title: str, lines: Iterable[str]) -> str:
    wrapped = [
        textwrap.fill(
            line,
            WIDTH,
            initial_indent="  ",
            subsequent_indent="    " if line.startswith("- ") else "  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in lines
    ]
    return "\n".join([title, *wrapped]) if wrapped else ""
