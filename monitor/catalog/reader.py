"""Strict YAML with positions: text in, ``Block`` and ``Items`` out; knows nothing of signatures.

Rule 1: only true, false and decimal integers are converted; every other scalar stays the text it is
(``country: NO`` is a country, ``2026-11-22`` is text).
Rule 2: duplicate keys, anchors, aliases, tags, several documents and deep nesting are refused.
"""

import re
from typing import Any

import yaml

from monitor.model.errors import Location, SignatureError

MAX_FILE_BYTES = 256 << 20
"""A file beyond this is a mistake; the largest sensible one holds a few megabytes."""
MAX_DEPTH = 12
"""The format needs seven levels."""

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_FLAGS = {"true": True, "false": False}
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Block(dict[str, Any]):
    """A mapping that knows the line of each key."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def line_of(self, key: str) -> int:
        return self.lines.get(key, self.line)


class Items(list[Any]):
    """A list that knows the line of each element."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []


def read(text: str, path: str) -> Block:
    """Return the one mapping that a file holds; raises SignatureError with its place."""
    if len(text) > MAX_FILE_BYTES:
        raise SignatureError(f"the file has more than {MAX_FILE_BYTES} characters", Location(path))
    try:
        tree = _Builder(path).build(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        raise SignatureError(f"not YAML: {error.problem or error.context}", Location(path, line)) from error
    except yaml.YAMLError as error:
        raise SignatureError(f"not YAML: {error}", Location(path)) from error
    if not isinstance(tree, Block):
        raise SignatureError("the file must hold one mapping with format, vendor, signatures", Location(path))
    return tree


class _Builder:
    """Builds the tree from parser events, so that nothing is constructed that the rules forbid."""

    def __init__(self, path: str) -> None:
        self._path = path

    def build(self, text: str) -> Any:
        self._events = yaml.parse(text, Loader=_LOADER)
        self._expect(yaml.StreamStartEvent)
        event = next(self._events)
        if isinstance(event, yaml.StreamEndEvent):
            return None
        tree = self._value(next(self._events), 0)
        self._expect(yaml.DocumentEndEvent)
        self._expect(yaml.StreamEndEvent)
        return tree

    def _expect(self, kind: type[yaml.Event]) -> None:
        event = next(self._events)
        if not isinstance(event, kind):
            raise self._refusal("one document per file", event)

    def _value(self, event: yaml.Event, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise self._refusal(f"nested deeper than {MAX_DEPTH} levels", event)
        if getattr(event, "anchor", None) is not None:
            raise self._refusal("anchors and aliases are not allowed; repeat the value", event)
        if getattr(event, "tag", None) is not None:
            raise self._refusal("tags are not allowed", event)
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        if isinstance(event, yaml.MappingStartEvent):
            return self._block(event, depth)
        return self._items(event, depth)

    def _block(self, start: yaml.Event, depth: int) -> Block:
        block = Block(_line(start))
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise self._refusal("a key must be plain text", event)
            self._value(event, depth + 1)
            key = event.value
            if key in block:
                raise self._refusal(f"duplicate key '{key}' (first on line {block.lines[key]})", event)
            block.lines[key] = _line(event)
            block[key] = self._value(next(self._events), depth + 1)
        return block

    def _items(self, start: yaml.Event, depth: int) -> Items:
        items = Items(_line(start))
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.lines.append(_line(event))
            items.append(self._value(event, depth + 1))
        return items

    def _refusal(self, problem: str, event: yaml.Event) -> SignatureError:
        return SignatureError(problem, Location(self._path, _line(event)))


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark is not None else 1


def _scalar(event: yaml.ScalarEvent) -> str | int | bool:
    text: str = event.value
    if event.style:
        return text
    if text in _FLAGS:
        return _FLAGS[text]
    return int(text) if _INTEGER.fullmatch(text) else text
