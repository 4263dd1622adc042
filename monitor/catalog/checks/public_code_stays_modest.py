"""Code or a report by a third party, alone, is never of high confidence: it shows that somebody wrote a name down."""

from collections.abc import Iterator

from monitor.catalog.checks._names import error
from monitor.catalog.review import Issue, Subject
from monitor.catalog.vocabulary import SourceKind
from monitor.model.finding import Confidence

_WEAK = frozenset({SourceKind.PUBLIC_CODE, SourceKind.REPORT})


def check(subject: Subject) -> Iterator[Issue]:
    """Yield a fault for each claim above its sources."""
    for signature in subject.catalog.signatures:
        kinds = {source.kind for source in signature.sources}
        if kinds <= _WEAK and signature.confidence is Confidence.HIGH and not signature.local:
            yield error(signature, "'confidence: high' needs more than public code and reports")


CHECK = check
