"""Checks a tree against the tables of ``shape`` and notes every fault; builds no records."""

import re
from functools import cache
from typing import Any

from monitor.catalog.faults import Faults, suggestion
from monitor.catalog.reader import Block, Items
from monitor.catalog.shape import Key, Kind, Shape
from monitor.catalog.vocabulary import FORMAT


class Checker:
    """Reads mappings of one file by their shape."""

    def __init__(self, path: str, faults: Faults) -> None:
        self.path = path
        self.faults = faults

    def block(self, block: Block, shape: Shape, what: str) -> dict[str, Any] | None:
        """Return the values that are right; None when a required one is missing or wrong."""
        whole = True
        for name in block.keys() - shape.keys():
            self.fault(block.line_of(name), f"unknown field '{name}'{suggestion(name, shape)}")
        values: dict[str, Any] = {}
        for name, key in shape.items():
            if name not in block:
                if key.required:
                    self.fault(block.line, f"{what} has no '{name}' ({key.meaning})")
                    whole = False
                continue
            value = self._value(block[name], key, name, block.line_of(name))
            if value is not None:
                values[name] = value
            elif key.required:
                whole = False
        return values if whole else None

    def fault(self, line: int | None, problem: str) -> None:
        self.faults.add(self.path, line, problem)

    def _value(self, value: Any, key: Key, name: str, line: int) -> Any:
        match key.kind:
            case Kind.TEXT:
                return self._text(value, key, name, line)
            case Kind.CHOICE:
                return self._choice(value, key, name, line)
            case Kind.TEXTS:
                return self._texts(value, key, name, line)
            case Kind.FORMAT:
                return self._format(value, line)
            case Kind.BLOCK | Kind.MATCH:
                return self._of_type(value, Block, f"'{name}' must be a mapping", line)
            case Kind.BLOCKS | Kind.EXAMPLES:
                return self._blocks(value, name, line)

    def _text(self, value: Any, key: Key, name: str, line: int) -> str | None:
        if isinstance(value, bool | int):
            self.fault(line, f"'{name}' must be text; write it in quotes: \"{str(value).lower()}\"")
            return None
        if not isinstance(value, str) or not value.strip():
            self.fault(line, f"'{name}' must be text and not empty")
            return None
        if key.pattern is not None and not _compiled(key.pattern).fullmatch(value):
            self.fault(line, f"'{name}' must be {key.pattern_means}, not '{value}'")
            return None
        return value if "\n" not in value else " ".join(value.split())

    def _choice(self, value: Any, key: Key, name: str, line: int) -> Any:
        assert key.choices is not None  # noqa: S101 - the tables are ours
        try:
            return key.choices(value)
        except ValueError:
            known = ", ".join(key.choices)
            hint = suggestion(value, key.choices) or f"; it is one of: {known}"
            self.fault(line, f"'{name}' has no value '{value}'{hint}")
            return None

    def _texts(self, value: Any, key: Key, name: str, line: int) -> tuple[str, ...] | None:
        if not isinstance(value, Items) or not value:
            self.fault(line, f"'{name}' must be a list with at least one text")
            return None
        found = [self._text(text, key, name, at) for text, at in zip(value, value.lines, strict=True)]
        return tuple(text for text in found if text is not None)

    def _format(self, value: Any, line: int) -> int | None:
        if value == FORMAT and not isinstance(value, bool):
            return FORMAT
        self.fault(line, f"this program reads format {FORMAT}, not {value!r}")
        return None

    def _blocks(self, value: Any, name: str, line: int) -> Items | None:
        if not isinstance(value, Items) or not all(isinstance(item, Block) for item in value):
            self.fault(line, f"'{name}' must be a list of mappings")
            return None
        return value

    def _of_type(self, value: Any, kind: type, problem: str, line: int) -> Any:
        if isinstance(value, kind):
            return value
        self.fault(line, problem)
        return None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
