"""What an alert looks like to the far end: our published JSON, or the words of another program's schema."""

from collections.abc import Mapping
from typing import Any, Literal, Protocol

import orjson

from monitor.export._origin import Origin
from monitor.registry import discover

JSON = "json"
FormatName = Literal["json", "ecs", "ocsf", "cef"]
"""``json`` is the published record itself; the others are the modules of ``export/formats``."""
JsonFormatName = Literal["json", "ecs", "ocsf"]
"""Those that are JSON."""


class Format(Protocol):
    """What a module of ``export/formats`` declares as ``FORMAT``."""

    def __call__(self, record: Mapping[str, Any], origin: Origin) -> Mapping[str, Any] | str:
        """Return the alert in its words: an object, or a line of text."""
        ...


def rendered(name: FormatName, record: Mapping[str, Any], origin: Origin) -> bytes:
    """Return the alert in a format, as UTF-8 without a line feed."""
    told = record if name == JSON else _formats()[name](record, origin)
    return told.encode("utf-8", "replace") if isinstance(told, str) else orjson.dumps(told)


def as_object(name: JsonFormatName, record: Mapping[str, Any], origin: Origin) -> Any:
    """Return the alert in a format that is JSON, as an object."""
    return record if name == JSON else _formats()[name](record, origin)


def _formats() -> Mapping[str, Format]:
    if not _FOUND:
        _FOUND.update(discover("monitor.export.formats", "FORMAT"))
    return _FOUND


_FOUND: dict[str, Format] = {}
