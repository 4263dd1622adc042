"""What several checks need of names: which tests hold one, and under which suffix it stands."""

from collections.abc import Iterator

from monitor.catalog.records import Signature, Test
from monitor.catalog.review import Gravity, Issue
from monitor.catalog.vocabulary import Operator
from monitor.model.errors import Location
from monitor.model.observation import FIELDS, FieldKind

NAME_KINDS = frozenset({FieldKind.NAME, FieldKind.NAMES})


def values(test: Test) -> tuple[str, ...]:
    """Return the texts that a test compares with."""
    value = test.value
    return tuple(str(one) for one in value) if isinstance(value, tuple) else (str(value),)


def names(signature: Signature) -> Iterator[tuple[Test, str]]:
    """Yield every host name of a signature with the test that holds it."""
    for test in signature.match.tests:
        if FIELDS[test.field].kind in NAME_KINDS and test.operator is not Operator.REGEX:
            for name in values(test):
                yield test, name


def suffixes(name: str) -> Iterator[str]:
    """Yield a name and each of its parents."""
    while name:
        yield name
        name = name.partition(".")[2]


def at(signature: Signature, test: Test | None = None) -> Location:
    """Return the place of a test, or of the whole signature."""
    return Location(signature.location.path, test.line) if test and test.line else signature.location


def error(signature: Signature, problem: str, test: Test | None = None) -> Issue:
    """Return an issue that keeps the set from being used."""
    return Issue(Gravity.ERROR, at(signature, test), f"{signature.id}: {problem}")


def warning(signature: Signature, problem: str, test: Test | None = None) -> Issue:
    """Return an issue that somebody should look at."""
    return Issue(Gravity.WARNING, at(signature, test), f"{signature.id}: {problem}")
