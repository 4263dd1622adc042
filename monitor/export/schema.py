"""The JSON Schemas (2020-12) of alert, flow and observation lines, made from the tables that the writers follow."""

from collections.abc import Callable, Mapping
from typing import Any

from monitor.export._columns import ALERT, EVIDENCE, FLOW, OBSERVATION_HEAD, Column, Kind
from monitor.model.observation import FIELDS, FLOW_OBSERVATIONS, OBSERVATIONS, Field, FieldKind

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TIME_PATTERN = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{9}Z$"

Schema = dict[str, Any]


def alert_schema() -> Schema:
    """Return the schema of an alert line; the detectors' own fields come after the named ones."""
    return {
        **_object("An alert of Umbilical: one story at one moment.", ALERT),
        "additionalProperties": {"description": "a field of the detector's own, null when not known"},
    }


def flow_schema() -> Schema:
    """Return the schema of a flow line."""
    return _object("A flow that Umbilical saw end.", FLOW)


def observation_schema() -> Schema:
    """Return the schema of an observation line: a head, and the fields of its type."""
    types = [kind for kind in OBSERVATIONS if kind not in FLOW_OBSERVATIONS]
    return {
        "$schema": DIALECT,
        "title": "A typed statement of what Umbilical saw on the wire.",
        "type": "object",
        "properties": {"type": {"enum": types}},
        "required": ["type"],
        "oneOf": [_observation(kind, OBSERVATIONS[kind]) for kind in types],
    }


SCHEMAS: Mapping[str, Callable[[], Schema]] = {
    "alert": alert_schema,
    "flow": flow_schema,
    "observation": observation_schema,
}
"""Schemas by the word of ``umbilical schema``."""


def _observation(kind: str, fields: tuple[str, ...]) -> Schema:
    properties = {column.name: _column(column) for column in OBSERVATION_HEAD}
    properties["type"] = {"const": kind}
    properties |= {name: _field(FIELDS[name]) for name in fields}
    return {
        "title": kind,
        "type": "object",
        "properties": properties,
        "required": [column.name for column in OBSERVATION_HEAD],
        "additionalProperties": False,
    }


def _object(title: str, columns: tuple[Column, ...]) -> Schema:
    return {
        "$schema": DIALECT,
        "title": title,
        "type": "object",
        "properties": {column.name: _column(column) for column in columns},
        "required": [column.name for column in columns],
        "additionalProperties": False,
    }


def _column(column: Column) -> Schema:
    shape = dict(_SHAPES[column.kind])
    if column.kind is Kind.EVIDENCE:
        item = _object("Where it can be looked up again.", EVIDENCE)
        del item["$schema"]
        shape["items"] = item
    if column.choices is not None:
        shape["enum"] = [*column.choices, *([None] if column.nullable else [])]
    if column.nullable:
        shape["type"] = [shape["type"], "null"]
    return {"description": column.meaning, **shape}


def _field(field: Field) -> Schema:
    return {"description": field.meaning, **_FIELD_SHAPES[field.kind]}


_SHAPES: Mapping[Kind, Schema] = {
    Kind.TEXT: {"type": "string"},
    Kind.NUMBER: {"type": "integer", "minimum": 0},
    Kind.TIME: {"type": "string", "pattern": TIME_PATTERN},
    Kind.RATIO: {"type": "number", "minimum": 0, "maximum": 1},
    Kind.EVIDENCE: {"type": "array"},
}

_TEXTS: Schema = {"type": "array", "items": {"type": "string"}}
_FIELD_SHAPES: Mapping[FieldKind, Schema] = {
    FieldKind.NAME: {"type": "string"},
    FieldKind.TEXT: {"type": "string"},
    FieldKind.NUMBER: {"type": "integer"},
    FieldKind.FLAG: {"type": "boolean"},
    FieldKind.ADDRESS: {"type": "string"},
    FieldKind.BYTES: {"type": "string", "pattern": "^([0-9a-f]{2})*$"},
    FieldKind.NAMES: _TEXTS,
    FieldKind.TEXTS: _TEXTS,
    FieldKind.RECORDS: {"type": "array", "items": {"type": "object"}},
}
