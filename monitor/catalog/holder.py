"""The catalog in use, and its exchange for a newer one while packets go by; loads nothing, and holds no lock.

Who reads asks for ``current`` once per observation and keeps what it was given; the exchange is one assignment, so a
reader has the old one or the new one and never waits. Loading takes as long as it takes, in a thread of the caller's.
"""

from collections.abc import Callable
from typing import NamedTuple

from monitor.catalog.catalog import Catalog
from monitor.model.errors import SignatureError


class Reload(NamedTuple):
    """What came of an attempt."""

    changed: bool
    """The new set is in use and says something else than the old one."""
    refused: SignatureError | None = None
    """Why the old set stays."""


class CatalogHolder:
    """Holds the catalog that is in use."""

    def __init__(self, catalog: Catalog) -> None:
        self.current = catalog
        """Replaced as a whole, never changed."""
        self.reloads = 0
        self.refusals = 0

    def reload(self, load: Callable[[], Catalog]) -> Reload:
        """Load a newer catalog and put it in place; an empty, broken or much smaller one is refused and the old stays."""
        try:
            newer = self.current.replaced_by(load())
        except SignatureError as error:
            self.refusals += 1
            return Reload(changed=False, refused=error)
        changed = newer.digest != self.current.digest
        if changed:
            self.current = newer
        self.reloads += 1
        return Reload(changed=changed)
