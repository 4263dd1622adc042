"""Checks a tree against the tables of ``shape`` and notes every fault; builds no records."""

import re
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from typing import Any

from monitor.catalog.faults import Faults, suggestion
from monitor.catalog.reader import Block, Items
from monitor.catalog.shape import Key, Kind, Shape
from monitor.catalog.vocabulary import FORMAT

_Reader = Callable[[Any, Key, str, int], Any]
"""Takes a value, its key, the key's name and its line; None when the value is wrong."""


class Checker:
    """Reads mappings of one file by their shape."""

    def __init__(self, path: str, faults: Faults) -> None:
        self.path = path
        self.faults = faults
        self._readers: dict[Kind, _Reader] = {
            Kind.TEXT: self._text,
            Kind.CHOICE: self._choice,
            Kind.TEXTS: self._texts,
            Kind.FORMAT: self._format,
            Kind.BLOCK: self._block,
            Kind.MATCH: self._block,
            Kind.BLOCKS: self._blocks,
            Kind.EXAMPLES: self._blocks,
        }

    def block(self, block: Block, shape: Shape, what: str) -> dict[str, Any] | None:
        """Return the values that are right; None when a required one is missing or wrong."""
        whole, known = True, 0
        values: dict[str, Any] = {}
        for name, key in shape.items():
            told = block.get(name)
            if told is None:
                if key.required:
                    self.fault(block.line, f"{what} has no '{name}' ({key.meaning})")
                    whole = False
                continue
            known += 1
            value = self._readers[key.kind](told, key, name, block.lines[name])
            if value is not None:
                values[name] = value
            elif key.required:
                whole = False
        if known != len(block):
            for name in block.keys() - shape.keys():
                self.fault(block.line_of(name), f"unknown field '{name}'{suggestion(name, shape)}")
        return values if whole else None

    def fault(self, line: int | None, problem: str) -> None:
        self.faults.add(self.path, line, problem)

    def _text(self, value: Any, key: Key, name: str, line: int) -> str | None:
        if type(value) is not str and isinstance(value, bool | int):
            self.fault(line, f"'{name}' must be text; write it in quotes: \"{str(value).lower()}\"")
            return None
        if not isinstance(value, str) or not value or value.isspace():
            self.fault(line, f"'{name}' must be text and not empty")
            return None
        if key.pattern is not None and not _compiled(key.pattern).fullmatch(value):
            self.fault(line, f"'{name}' must be {key.pattern_means}, not '{value}'")
            return None
        return value if "\n" not in value else " ".join(value.split())

    def _choice(self, value: Any, key: Key, name: str, line: int) -> Any:
        assert key.choices is not None  # noqa: S101 - the tables are ours
        known = ", ".join(key.choices)
        if not isinstance(value, str):
            self.fault(line, f"'{name}' must be one word, and is one of: {known}")
            return None
        chosen = _members(key.choices).get(value)
        if chosen is None:
            hint = suggestion(value, key.choices) or f"; it is one of: {known}"
            self.fault(line, f"'{name}' has no value '{value}'{hint}")
        return chosen

    def _texts(self, value: Any, key: Key, name: str, line: int) -> tuple[str, ...] | None:
        if not isinstance(value, Items) or not value:
            self.fault(line, f"'{name}' must be a list with at least one text")
            return None
        found = [self._text(text, key, name, at) for text, at in zip(value, value.lines, strict=True)]
        return tuple(text for text in found if text is not None)

    def _format(self, value: Any, _key: Key, _name: str, line: int) -> int | None:
        if value == FORMAT and not isinstance(value, bool):
            return FORMAT
        self.fault(line, f"this program reads format {FORMAT}, not {value!r}")
        return None

    def _blocks(self, value: Any, _key: Key, name: str, line: int) -> Items | None:
        if not isinstance(value, Items) or not all(isinstance(item, Block) for item in value):
            self.fault(line, f"'{name}' must be a list of mappings")
            return None
        return value

    def _block(self, value: Any, _key: Key, name: str, line: int) -> Block | None:
        if isinstance(value, Block):
            return value
        self.fault(line, f"'{name}' must be a mapping")
        return None


@cache
def _members(choices: type[StrEnum]) -> dict[str, StrEnum]:
    return {choice.value: choice for choice in choices}


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
