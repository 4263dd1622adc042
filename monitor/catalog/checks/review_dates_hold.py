"""A signature is looked at again by its day of review: a day that is past is told, never acted upon."""

from collections.abc import Iterator

from monitor.catalog.checks._names import error, warning
from monitor.catalog.review import Issue, Subject


def check(subject: Subject) -> Iterator[Issue]:
    """Yield a warning for each day that is past, a fault for each that was never ahead."""
    for signature in subject.catalog.signatures:
        if signature.review_by <= signature.added:
            yield error(
                signature, f"'review_by' {signature.review_by} is not after 'added' {signature.added}"
            )
        elif subject.today is not None and signature.review_by < subject.today:
            yield warning(signature, f"was due for review on {signature.review_by}")


CHECK = check
