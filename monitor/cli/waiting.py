"""What of a new configuration waits for the next start: a running sensor keeps its sockets, processes, folders and port."""

from collections.abc import Iterator

from monitor.config.hint import record_of
from monitor.config.tree import Config

_SECTIONS = ("capture", "export.prometheus", "export.recorder")
"""Sections that are read at the start only, besides ``[sensor]``."""


def waiting_keys(begun: Config, new: Config) -> list[str]:
    """Return the keys that say something else than what the sensor was started with, and need a restart."""
    keys = list(_changed("sensor", begun.sensor, new.sensor))
    for section in _SECTIONS:
        keys += _changed(section, begun.settings(section), new.settings(section))
    if begun.settings("flow").capacity != new.settings("flow").capacity:
        keys.append("flow.capacity")
    return keys


def _changed(section: str, before: object, after: object) -> Iterator[str]:
    record: type = type(before)
    for key in record_of(record).keys.values():
        if getattr(before, key.field) != getattr(after, key.field):
            yield f"{section}.{key.name}"
