"""Whether the signatures are there and of our days."""

from collections.abc import Iterator

from monitor.cli.catalog_words import counted
from monitor.cli.checks._subject import Remark, Subject, fault, ok, warning

OLD_DAYS = 180
_DAY_NS = 86_400_000_000_000


def check(subject: Subject) -> Iterator[Remark]:
    """Yield the age of the catalog."""
    checked = subject.checked
    if checked.catalog is None or checked.signatures_day_ns is None:
        yield fault("the signatures cannot be loaded", "umbilical signatures check")
        return
    days = (subject.now_ns - checked.signatures_day_ns) // _DAY_NS
    vendors = counted(len(checked.catalog.vendors), "vendor")
    text = f"{counted(len(checked.catalog.signatures), 'signature')} of {vendors}, {counted(days, 'day')} old"
    yield ok(text) if days <= OLD_DAYS else warning(text, "umbilical signatures update")


CHECK = check
