"""Strict YAML with positions: text in, ``Block`` and ``Items`` out; knows nothing of signatures.

Rule 1: only true, false and decimal integers are converted; every other scalar stays the text it is
(``country: NO`` is a country, ``2026-11-22`` is text).
Rule 2: duplicate keys, anchors, aliases, tags, several documents and deep nesting are refused.
"""

import re
from typing import Any

import yaml

from monitor.model.errors import Location, SignatureError

MAX_DEPTH = 12
"""The format needs seven levels."""

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_NUMBER_STARTS = frozenset("-0123456789")
_FLAGS = {"true": True, "false": False}
_SCALAR, _ALIAS = yaml.ScalarEvent, yaml.AliasEvent
_BLOCK_START, _BLOCK_END, _ITEMS_END = yaml.MappingStartEvent, yaml.MappingEndEvent, yaml.SequenceEndEvent
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
    try:
        tree = _Builder(path).build(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        found = text[mark.index : mark.index + 1] if mark else ""
        raise SignatureError(
            f"not YAML: {_in_plain_words(error.problem or error.context or '', found)}", Location(path, line)
        ) from error
    except yaml.YAMLError as error:
        raise SignatureError(f"not YAML: {str(error).splitlines()[0]}", Location(path)) from error
    if not isinstance(tree, Block):
        raise SignatureError("the file must hold one mapping with format, vendor, signatures", Location(path))
    return tree


def _in_plain_words(problem: str, found: str) -> str:
    """Return what the parser says, with what an author can do about it."""
    if "tab character" in problem or (_NO_START in problem and found == "\t"):
        return "a tab; indent with spaces"
    if _NO_START in problem:
        return f"a text cannot begin with {found!r}; write it in quotes"
    return f"{problem}; quote text that holds ': '" if "mapping values" in problem else problem


_NO_START = "cannot start any token"


class _Builder:
    """Builds the tree from parser events, so that nothing is constructed that the rules forbid."""

    def __init__(self, path: str) -> None:
        self._path = path

    def build(self, text: str) -> Any:
        loader: Any = _LOADER(text)
        try:
            self._next = loader.get_event
            return self._document()
        finally:
            loader.dispose()

    def _document(self) -> Any:
        self._next()
        event = self._next()
        if isinstance(event, yaml.StreamEndEvent):
            return None
        tree = self._value(self._next(), 0)
        self._next()
        event = self._next()
        if not isinstance(event, yaml.StreamEndEvent):
            raise self._refusal("one document per file", event)
        return tree

    def _value(self, event: Any, depth: int) -> Any:
        kind = type(event)
        if kind is _ALIAS or event.anchor is not None:
            raise self._refusal("anchors and aliases are not allowed; repeat the value", event)
        if event.tag is not None:
            raise self._refusal("tags are not allowed", event)
        if kind is _SCALAR:
            return event.value if event.style else _plain(event.value)
        if depth >= MAX_DEPTH:
            raise self._refusal(f"nested deeper than {MAX_DEPTH} levels", event)
        return self._block(event, depth + 1) if kind is _BLOCK_START else self._items(event, depth + 1)

    def _block(self, start: Any, depth: int) -> Block:
        block = Block(_line(start))
        following, lines = self._next, block.lines
        while type(event := following()) is not _BLOCK_END:
            if type(event) is not _SCALAR or event.anchor is not None or event.tag is not None:
                raise self._refusal("a key must be plain text, without anchor or tag", event)
            key = event.value
            if key in lines:
                raise self._refusal(f"duplicate key '{key}' (first on line {lines[key]})", event)
            lines[key] = _line(event)
            block[key] = self._value(following(), depth)
        return block

    def _items(self, start: Any, depth: int) -> Items:
        items = Items(_line(start))
        following, lines = self._next, items.lines
        while type(event := following()) is not _ITEMS_END:
            lines.append(_line(event))
            items.append(self._value(event, depth))
        return items

    def _refusal(self, problem: str, event: Any) -> SignatureError:
        return SignatureError(problem, Location(self._path, _line(event)))


def _line(event: Any) -> int:
    line: int = event.start_mark.line
    return line + 1


def _plain(text: str) -> str | int | bool:
    if text[:1] in _NUMBER_STARTS:
        return int(text) if _INTEGER.fullmatch(text) else text
    return _FLAGS.get(text, text)
