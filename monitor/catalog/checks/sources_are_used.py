"""Every source of a file is cited by a signature or by the identity; a leftover hides that a claim lost its support."""

from collections.abc import Iterator

from monitor.catalog.review import Gravity, Issue, Subject
from monitor.model.errors import Location


def check(subject: Subject) -> Iterator[Issue]:
    """Yield a fault for each source that nobody cites."""
    for file in subject.contents.files:
        for source in file.sources:
            if not source.cited:
                place = Location(file.vendor.location.path, source.line)
                yield Issue(Gravity.ERROR, place, f"source '{source.id}' is cited by nothing")


CHECK = check
