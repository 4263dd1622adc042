"""Every row of the long tables belongs to a vendor with a file: a misspelt id would silently tell nothing."""

from collections.abc import Iterator

from monitor.catalog.faults import suggestion
from monitor.catalog.review import Gravity, Issue, Subject


def check(subject: Subject) -> Iterator[Issue]:
    """Yield a fault for each vendor id of a table that has no file."""
    if not subject.is_whole:
        return
    known = subject.catalog.vendors
    macs, tacs = subject.contents.macs, subject.contents.tacs
    named = {row.vendor_id for row in macs} | {row.vendor_id for row in tacs}
    for vendor_id in sorted(named - known.keys()):
        hint = suggestion(vendor_id, known)
        yield Issue(
            Gravity.ERROR, None, f"a table in data/ names vendor '{vendor_id}', which has no file{hint}"
        )


CHECK = check
