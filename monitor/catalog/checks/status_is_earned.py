"""A status is earned by evidence: ``test`` by the maker's own words or a capture, ``stable`` by a capture case."""

from collections.abc import Iterator

from monitor.catalog.checks._names import error
from monitor.catalog.records import Signature
from monitor.catalog.review import Issue, Subject
from monitor.catalog.vocabulary import SourceKind, Status

_STRONG = frozenset({SourceKind.CAPTURE, SourceKind.VENDOR_DOCUMENT, SourceKind.VENDOR_CODE})


def check(subject: Subject) -> Iterator[Issue]:
    """Yield a fault for each status above its evidence, and for each heir that is missing or dead."""
    for signature in subject.catalog.signatures:
        if problem := _problem(signature, subject):
            yield error(signature, problem)


def _problem(signature: Signature, subject: Subject) -> str | None:
    kinds = {source.kind for source in signature.sources}
    if signature.status is Status.TEST and kinds.isdisjoint(_STRONG):
        return "'status: test' needs a source of kind capture, vendor-document or vendor-code"
    if signature.status is Status.STABLE and not any(source.case for source in signature.sources):
        return "'status: stable' needs a source with a 'case' in pcaps/"
    if (signature.status is Status.DEPRECATED) != (signature.replaced_by is not None):
        return "'replaced_by' belongs to 'status: deprecated', and both are needed"
    heir = subject.catalog.signature(signature.replaced_by) if signature.replaced_by else None
    if signature.replaced_by and (heir is None or heir.status is Status.DEPRECATED):
        return f"'replaced_by' names '{signature.replaced_by}', which is no living signature"
    return None


CHECK = check
