"""The closed JSON Schema (draft-07) of a vendor file, generated from the tables and the model.

Draft-07, because editors' YAML servers support it; every choice carries a sentence that the editor shows.
"""

import json
from enum import StrEnum
from typing import Any

from monitor.catalog.shape import FILE, Key, Kind, Shape
from monitor.catalog.vocabulary import FORMAT, OPERATORS, Expect, Joint, Operator, meaning
from monitor.model.observation import FIELDS, FieldKind

Schema = dict[str, Any]

_LEAST_EXAMPLES = 2
_TEXT: Schema = {"type": "string", "minLength": 1}
_VALUES: dict[FieldKind, Schema] = {
    FieldKind.NUMBER: {"type": "integer"},
    FieldKind.FLAG: {"type": "boolean"},
    FieldKind.NAMES: {"type": "array", "items": _TEXT},
    FieldKind.TEXTS: {"type": "array", "items": _TEXT},
    FieldKind.RECORDS: {"type": "array"},
}


def vendor_schema() -> Schema:
    """Return the schema of one vendor file."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Umbilical vendor file",
        **_block(FILE),
        "definitions": {
            **{f"test_{kind.value}": _comparison(kind) for kind in FieldKind if OPERATORS[kind]},
            "test": _test(),
            "example": _example(),
        },
    }


def schema_text() -> str:
    """Return the schema as it is stored beside the vendor files."""
    return json.dumps(vendor_schema(), indent=1, ensure_ascii=False) + "\n"


def _block(shape: Shape) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [name for name, key in shape.items() if key.required],
        "properties": {name: {"description": key.meaning, **_key(key)} for name, key in shape.items()},
    }


def _key(key: Key) -> Schema:
    if key.choices is not None:
        return _choice(key.choices)
    if key.shape is not None:
        inner = _block(key.shape)
        return inner if key.kind is Kind.BLOCK else {"type": "array", "items": inner}
    text = _TEXT if key.pattern is None else {"type": "string", "pattern": f"^(?:{key.pattern})$"}
    plain: dict[Kind, Schema] = {
        Kind.FORMAT: {"const": FORMAT},
        Kind.TEXTS: {"type": "array", "minItems": 1, "items": text},
        Kind.MATCH: _match(),
        Kind.EXAMPLES: _examples(),
    }
    return plain.get(key.kind, text)


def _choice(choices: type[StrEnum]) -> Schema:
    return {"oneOf": [{"const": choice.value, "description": meaning(choice)} for choice in choices]}


def _match() -> Schema:
    tests = {"type": "array", "minItems": 1, "items": {"$ref": "#/definitions/test"}}
    return {
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
        "properties": {joint.value: {"description": meaning(joint), **tests} for joint in Joint},
    }


def _test() -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
        "properties": {
            name: {"description": field.meaning, "$ref": f"#/definitions/test_{field.kind.value}"}
            for name, field in FIELDS.items()
            if OPERATORS[field.kind]
        },
    }


def _comparison(kind: FieldKind) -> Schema:
    operators = OPERATORS[kind]
    properties = {
        operator.value: {"description": meaning(operator), **_operand(kind, operator)}
        for operator in operators
    }
    schema: Schema = {"type": "object", "additionalProperties": False, "properties": properties}
    if Operator.REGEX in operators:
        properties["reason"] = {"description": "Why no other operator will do.", **_TEXT}
        schema["dependencies"] = {"regex": ["reason"], "reason": ["regex"]}
    schema["oneOf"] = [{"required": [operator.value]} for operator in operators]
    return schema


def _operand(kind: FieldKind, operator: Operator) -> Schema:
    single = _VALUES[kind] if kind in {FieldKind.NUMBER, FieldKind.FLAG} else _TEXT
    if operator is Operator.ONE_OF:
        return {"type": "array", "minItems": 1, "uniqueItems": True, "items": single}
    if operator is Operator.REGEX:
        return {"type": "string", "pattern": r"^(?:\(\?i\))?\^"}
    return single


def _example() -> Schema:
    fields = {
        name: {"description": field.meaning, **_VALUES.get(field.kind, _TEXT)}
        for name, field in FIELDS.items()
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["expect"],
        "minProperties": 2,
        "properties": {
            "expect": {"description": "What the signature must do with these fields.", **_choice(Expect)},
            "why": {"description": "What the example shows.", **_TEXT},
            **fields,
        },
    }


def _examples() -> Schema:
    signs = [{"contains": {"properties": {"expect": {"const": sign.value}}}} for sign in Expect]
    return {
        "type": "array",
        "minItems": _LEAST_EXAMPLES,
        "items": {"$ref": "#/definitions/example"},
        "allOf": signs,
    }
