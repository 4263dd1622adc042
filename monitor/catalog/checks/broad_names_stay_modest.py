"""A cloud's or CDN's suffix is never an indicator, and a full host below one is never of high confidence."""

from collections.abc import Iterator

from monitor.catalog.checks._names import error, names, suffixes
from monitor.catalog.review import Issue, Subject
from monitor.catalog.vocabulary import Operator
from monitor.model.finding import Confidence


def check(subject: Subject) -> Iterator[Issue]:
    """Yield a fault for each claim on shared hosting."""
    for signature in subject.catalog.signatures:
        for test, name in names(signature):
            shared = next((suffix for suffix in suffixes(name) if suffix in subject.shared_hosting), None)
            if shared is None:
                continue
            if test.operator is Operator.DOMAIN and name == shared:
                yield error(signature, f"'{name}' is shared hosting; name full hosts only", test)
            elif signature.confidence is Confidence.HIGH:
                yield error(signature, f"'{name}' stands on shared hosting: not of high confidence", test)


CHECK = check
