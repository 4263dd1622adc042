"""No name belongs to two vendors without a note: otherwise one contact tells two stories."""

from collections.abc import Iterator

from monitor.catalog.checks._names import names, suffixes, warning
from monitor.catalog.records import Signature, Test
from monitor.catalog.review import Issue, Subject
from monitor.catalog.vocabulary import Operator


def check(subject: Subject) -> Iterator[Issue]:
    """Yield a warning for each name that another vendor's signature also covers."""
    exact: dict[str, list[Signature]] = {}
    below: dict[str, list[Signature]] = {}
    shipped = [signature for signature in subject.catalog.signatures if not signature.local]
    for signature in shipped:
        for test, name in names(signature):
            table = below if test.operator is Operator.DOMAIN else exact
            table.setdefault(name, []).append(signature)
    for signature in shipped:
        told: set[tuple[str, str]] = set()
        for test, name in names(signature):
            for other in _rivals(signature, test, name, exact, below):
                if (name, other.id) not in told:
                    told.add((name, other.id))
                    yield warning(
                        signature, f"'{name}' is also matched by {other.id}; say why in 'note'", test
                    )


def _rivals(
    signature: Signature,
    test: Test,
    name: str,
    exact: dict[str, list[Signature]],
    below: dict[str, list[Signature]],
) -> Iterator[Signature]:
    covering = [other for suffix in suffixes(name) for other in below.get(suffix, ())]
    same = exact.get(name, []) if test.operator is not Operator.DOMAIN else []
    for other in covering + same:
        if other.vendor_id != signature.vendor_id and not (signature.note or other.note):
            yield other


CHECK = check
