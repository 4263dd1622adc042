"""Every source of a file is cited by a signature or by the identity; a leftover hides that a claim lost its support."""

from collections.abc import Iterator

from monitor.catalog.review import Gravity, Issue, Subject
from monitor.model.errors import Location


def check(subject: Subject) -> Iterator[Issue]:
    """Yield a fault for each source that nobody cites."""
    for file in subject.contents.files:
        cited = {source.id for signature in file.signatures for source in signature.sources}
        identity = file.tree.get("identity")
        if isinstance(identity, dict):
            cited.update(identity.get("sources", ()))
        for source, line in zip(file.sources, file.source_lines, strict=True):
            if source.id not in cited:
                place = Location(file.vendor.location.path, line)
                yield Issue(Gravity.ERROR, place, f"source '{source.id}' is cited by nothing")


CHECK = check
