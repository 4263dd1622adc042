"""Shapes that hold other shapes: lists, tables with free names, alternatives, and records with fixed keys.

Which shape a dataclass has is worked out in ``hint.py``.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from monitor.config.description import texts_under_fields
from monitor.config.fault import Faults, shown
from monitor.config.position import Path
from monitor.config.shape import NOT_READ, Scalar, Shape

_WORD = re.compile(r"\w+")


class ListOf(Shape):
    """A list; kept as a tuple or another collection."""

    def __init__(self, item: Shape, make: Callable[[list[Any]], Any]) -> None:
        self._item = item
        self._make = make
        self.says = f"a list of {item.says}"

    def read(self, raw: object, path: Path, faults: Faults) -> Any:
        if not isinstance(raw, list):
            faults.expected(path, self.says, raw, self._advice(raw))
            return NOT_READ
        items = [self._read_item(item, (*path, place), faults) for place, item in enumerate(raw)]
        return NOT_READ if NOT_READ in items else self._make(items)

    def _read_item(self, raw: object, path: Path, faults: Faults) -> Any:
        """Report a wrong item with what the list should hold."""
        if not isinstance(self._item, Scalar):
            return self._item.read(raw, path, faults)
        try:
            return self._item.take(raw)
        except ValueError as error:
            faults.expected(path, self.says, raw, str(error))
            return NOT_READ

    def _advice(self, raw: object) -> str:
        """People forget the brackets around a single item."""
        own = Faults()
        self._item.read(raw, (), own)
        return "" if own.found else f"write [{shown(raw)}]"

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": self._item.schema()}

    def written(self, value: Any) -> Any:
        return [self._item.written(item) for item in value]


class TableOf(Shape):
    """A table with names of the author's choice."""

    says = "a table"

    def __init__(self, item: Shape) -> None:
        self._item = item

    def read(self, raw: object, path: Path, faults: Faults) -> Any:
        if not isinstance(raw, dict):
            faults.expected(path, self.says, raw)
            return NOT_READ
        items = {name: self._item.read(value, (*path, name), faults) for name, value in raw.items()}
        return NOT_READ if NOT_READ in items.values() else MappingProxyType(items)

    def schema(self) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": self._item.schema()}

    def written(self, value: Any) -> Any:
        return {name: self._item.written(item) for name, item in value.items()}


class AnyOf(Shape):
    """The first of some shapes that fits."""

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self._shapes = shapes
        self.says = " or ".join(shape.says for shape in shapes)

    def read(self, raw: object, path: Path, faults: Faults) -> Any:
        for shape in self._shapes:
            own = Faults()
            value = shape.read(raw, path, own)
            if not own.found:
                return value
        faults.expected(path, self.says, raw)
        return NOT_READ

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [shape.schema() for shape in self._shapes]}

    def written(self, value: Any) -> Any:
        for shape in self._shapes:
            written = shape.written(value)
            if shape.read(written, (), Faults()) == value:
                return written
        return value


class Key(NamedTuple):
    """A field of a record as the author writes it."""

    name: str
    field: str
    shape: Shape
    is_required: bool
    default: Any


class RecordOf(Shape):
    """A table with fixed keys: a dataclass."""

    says = "a table"

    def __init__(self, record: type, keys: Iterable[Key]) -> None:
        self._record = record
        self.keys = {key.name: key for key in keys}

    def read(self, raw: object, path: Path, faults: Faults) -> Any:
        if not isinstance(raw, dict):
            faults.expected(path, self.says, raw)
            return NOT_READ
        unknown = [name for name in raw if name not in self.keys]
        missing = [key.name for key in self.keys.values() if key.is_required and key.name not in raw]
        for name in unknown:
            faults.unknown((*path, name), self.keys)
        for name in missing:
            faults.add((*path, name), "missing")
        values = {
            key.field: key.shape.read(raw[key.name], (*path, key.name), faults)
            for key in self.keys.values()
            if key.name in raw
        }
        good = {field: value for field, value in values.items() if value is not NOT_READ}
        if not unknown and not missing and len(good) == len(values):
            return self._make(good, path, faults)
        self._look_further(good, path, faults)
        return NOT_READ

    def _make(self, values: dict[str, Any], path: Path, faults: Faults) -> Any:
        try:
            return self._record(**values)
        except ValueError as error:
            name, problem = self._told(error)
            faults.add((*path, name) if name else path, problem)
            if name:
                self._look_further(self._without(name, values), path, faults)
            return NOT_READ

    def _look_further(self, values: dict[str, Any], path: Path, faults: Faults) -> None:
        """Report what the record has against the rest, as far as that is not for want of what was left out."""
        while all(key.field in values for key in self.keys.values() if key.is_required):
            try:
                self._record(**values)
            except ValueError as error:
                name, problem = self._told(error)
                if not {name, *_WORD.findall(problem)} & self.keys.keys() <= self._given(values) or not name:
                    return
                faults.add((*path, name), problem)
                values = self._without(name, values)
            else:
                return

    def _told(self, error: ValueError) -> tuple[str, str]:
        """Return the key that a record finds fault with, empty when it names none, and the fault."""
        name, _, problem = str(error).partition(": ")
        return (name, problem) if problem and name in self.keys else ("", str(error))

    def _given(self, values: dict[str, Any]) -> set[str]:
        return {key.name for key in self.keys.values() if key.field in values}

    def _without(self, name: str, values: dict[str, Any]) -> dict[str, Any]:
        return {field: value for field, value in values.items() if field != self.keys[name].field}

    def schema(self) -> dict[str, Any]:
        texts = texts_under_fields(self._record)
        schema: dict[str, Any] = {
            "type": "object",
            "properties": {key.name: _property(key, texts.get(key.field)) for key in self.keys.values()},
            "additionalProperties": False,
        }
        required = [key.name for key in self.keys.values() if key.is_required]
        return schema | ({"required": required} if required else {})

    def written(self, value: Any) -> Any:
        given = {key.name: (key.shape, getattr(value, key.field)) for key in self.keys.values()}
        return {name: shape.written(item) for name, (shape, item) in given.items() if item is not None}


def _property(key: Key, description: str | None) -> dict[str, Any]:
    schema = key.shape.schema()
    if description is not None:
        schema = schema | {"description": description}
    if not key.is_required and key.default is not None:
        schema = schema | {"default": key.shape.written(key.default)}
    return schema
