"""Mutes that name what nobody knows: they are no fault, for an id may come with a later pack, and they mute nothing now."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from monitor.catalog.faults import suggestion
from monitor.config.tree import Config

if TYPE_CHECKING:
    from monitor.catalog.catalog import Catalog


def groups_of(config: Config) -> set[str]:
    """Return the names of the groups that a site speaks of: those with rules of their own, and those of its devices."""
    return {*config.site.groups, *(one.group for one in config.site.devices if one.group is not None)}


def idle_mutes(config: Config, catalog: "Catalog") -> Iterator[str]:
    """Yield a note for each condition that nothing can meet."""
    known = {
        "signature": {one.id for one in catalog.signatures},
        "vendor": set(catalog.vendors),
        "group": groups_of(config),
    }
    for place, mute in enumerate(config.alert.mute, 1):
        for key, words in known.items():
            word = getattr(mute, key)
            if word is not None and word not in words:
                yield f"alert.mute, entry {place}: there is no {key} {word!r}{suggestion(word, words)}"
