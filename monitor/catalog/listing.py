"""Chooses signatures by what a person asks for, and shows each as a flat record for a table or JSON. Prints nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from monitor.catalog.catalog import Catalog
from monitor.catalog.records import Signature, Test
from monitor.catalog.vocabulary import Status
from monitor.model.finding import Confidence, Purpose, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to list; None means any."""

    vendor: str | None = None
    purpose: Purpose | None = None
    status: Status | None = None
    severity: Severity | None = None
    """This one or worse."""
    confidence: Confidence | None = None
    """This one or surer."""
    text: str | None = None
    """Part of the id, title, description or an indicator, in any case."""
    local: bool | None = None


def listed(catalog: Catalog, wanted: Wanted) -> Iterator[Signature]:
    """Yield the signatures that are wanted, in the order of the catalog."""
    return (signature for signature in catalog.signatures if _is_wanted(signature, wanted))


def as_record(signature: Signature) -> dict[str, Any]:
    """Return a signature as plain values with the names of the file, for JSON."""
    return {
        "id": signature.id,
        "vendor": signature.vendor_id,
        "title": signature.title,
        "purpose": signature.purpose.value,
        "status": signature.status.value,
        "confidence": signature.confidence.value,
        "severity": signature.severity.value,
        "description": signature.description,
        "match": {signature.match.joint.value: [_test(test) for test in signature.match.tests]},
        "sources": [
            {"id": source.id, "kind": source.kind.value, "title": source.title, "url": source.url}
            for source in signature.sources
        ],
        "false_positives": list(signature.false_positives),
        "added": signature.added,
        "review_by": signature.review_by,
        "replaced_by": signature.replaced_by,
        "note": signature.note,
        "local": signature.local,
    }


def _test(test: Test) -> dict[str, Any]:
    value = list(test.value) if isinstance(test.value, tuple) else test.value
    return {test.field: {test.operator.value: value}}


def _is_wanted(signature: Signature, wanted: Wanted) -> bool:
    return (
        wanted.vendor in {None, signature.vendor_id}
        and wanted.purpose in {None, signature.purpose}
        and wanted.status in {None, signature.status}
        and wanted.local in {None, signature.local}
        and (wanted.severity is None or signature.severity.rank >= wanted.severity.rank)
        and (wanted.confidence is None or signature.confidence.rank >= wanted.confidence.rank)
        and (wanted.text is None or _holds(signature, wanted.text.lower()))
    )


def _holds(signature: Signature, text: str) -> bool:
    words = (signature.id, signature.title, signature.description)
    values = (str(test.value) for test in signature.match.tests)
    return any(text in word.lower() for word in (*words, *values))
