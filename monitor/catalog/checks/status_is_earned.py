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
    if signature.replaced_by and not _is_living(signature.replaced_by, subject):
        return f"'replaced_by' names '{signature.replaced_by}', which is no living signature"
    return None


def _is_living(name: str, subject: Subject) -> bool:
    """Whether a signature is there and in use; one that is missing may stand in a file that could not be read."""
    heir = subject.catalog.signature(name)
    return not subject.is_whole if heir is None else heir.status is not Status.DEPRECATED


CHECK = check
