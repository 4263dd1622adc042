"""A signature with a regular expression shows three things that it must not match: expressions are easy to get wrong."""

from collections.abc import Iterator

from monitor.catalog.checks._names import error
from monitor.catalog.review import Issue, Subject
from monitor.catalog.vocabulary import Expect, Operator

LEAST_NEGATIVES = 3


def check(subject: Subject) -> Iterator[Issue]:
    """Yield a fault for each signature with too few negatives."""
    for signature in subject.catalog.signatures:
        tests = [test for test in signature.match.tests if test.operator is Operator.REGEX]
        negatives = sum(example.expect is Expect.NO_MATCH for example in signature.examples)
        if tests and negatives < LEAST_NEGATIVES:
            yield error(
                signature, f"a 'regex' needs {LEAST_NEGATIVES} examples with 'expect: no-match'", tests[0]
            )


CHECK = check
