"""The JSON Schema of ``umbilical.toml``, for editors and for ``umbilical schema config``; draft-07, which editors know best.

It is made of the same shapes that read the file, so it cannot say anything else. Every plug-in is imported for it.
"""

from typing import Any

from monitor.config.hint import record_of
from monitor.config.reader import FIXED_SECTIONS
from monitor.config.tree import ROOMS, plugins, room_has_settings, settings_class


def json_schema() -> dict[str, Any]:
    """Return the schema of the whole file."""
    properties = {name: _of(record) for name, record in FIXED_SECTIONS.items()}
    for room in ROOMS:
        section = _room(room)
        if section["properties"]:
            properties[room] = section
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "umbilical.toml",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def _room(room: str) -> dict[str, Any]:
    own = settings_class(room) if room_has_settings(room) else None
    schema: dict[str, Any] = _of(own) if own else {"type": "object", "additionalProperties": False}
    records = {name: settings_class(f"{room}.{name}") for name in plugins(room)}
    sections = {name: _of(record) for name, record in records.items() if record is not None}
    return schema | {"properties": schema.get("properties", {}) | sections}


def _of(record: type) -> dict[str, Any]:
    return record_of(record).schema() | {"description": (record.__doc__ or "").strip()}
