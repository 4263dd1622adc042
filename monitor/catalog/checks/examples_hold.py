"""Every example does what it says, by the matcher alone; ``signatures test`` sends them through the whole pipeline."""

from collections.abc import Iterator

from monitor.catalog.matcher import Matcher
from monitor.catalog.records import Example, Signature
from monitor.catalog.review import Gravity, Issue, Subject
from monitor.catalog.vocabulary import Expect, Status
from monitor.model.errors import Location
from monitor.model.flow import Direction, Flow
from monitor.model.observation import OBSERVATIONS, Observation


def check(subject: Subject) -> Iterator[Issue]:
    """Yield a fault for each example that does not hold."""
    for signature in subject.catalog.signatures:
        if signature.status is Status.DEPRECATED:
            continue
        matcher = Matcher([signature])
        for example in signature.examples:
            if problem := problem_of(signature, example, matcher):
                place = Location(signature.location.path, example.line or signature.location.line)
                yield Issue(Gravity.ERROR, place, f"{signature.id}: {problem}")


def observation_type(example: Example) -> str | None:
    """Return the first type of observation that carries all fields of an example."""
    fields = example.fields.keys()
    return next((kind for kind, carried in OBSERVATIONS.items() if fields <= set(carried)), None)


def problem_of(signature: Signature, example: Example, matcher: Matcher) -> str | None:
    """Return why an example does not hold; ``matcher`` knows the signature."""
    kind = observation_type(example)
    if kind is None:
        return f"no observation carries all of {', '.join(sorted(example.fields))}"
    flow = Flow(
        id=0, start_ns=0, orig_ip="192.0.2.1", orig_port=0, resp_ip="192.0.2.2", resp_port=0, protocol=6
    )
    seen = Observation(kind, dict(example.fields), flow, Direction.ORIGINATOR, 0, 0, 0)
    matched = signature in matcher.match(seen)
    if matched == (example.expect is Expect.MATCH):
        return None
    shown = ", ".join(f"{field} = {value}" for field, value in example.fields.items())
    return f"the example '{shown}' {'matches' if matched else 'does not match'}, against 'expect: {example.expect}'"


CHECK = check
