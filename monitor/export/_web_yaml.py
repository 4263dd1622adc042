"""Reads a small YAML file strictly: closed keys, typed values, every fault with its line, all faults at once.

Rule: nothing is guessed; a key that stands twice, or that nobody knows, is a fault.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import Enum
from pathlib import Path
from typing import Any

import yaml

from monitor.model.errors import ConfigError, Location

MAX_FILE_BYTES = 1 << 20
"""Of such a file; people write some dozen lines."""
_TRUE = frozenset({"true", "yes", "on"})
_TAG = "tag:yaml.org,2002:"


class Kind(Enum):
    """What a value must be."""

    TEXT = "text"
    FLAG = "true or false"
    WHOLE = "a whole number"
    TEXTS = "a list of texts"
    TEXT_TABLE = "a table of texts"


Shape = Mapping[str, "Kind | Shape"]
"""The known keys of a table, each with its kind or the shape of the table inside."""


@dataclass(slots=True)
class Fields:
    """What the file says, and where."""

    path: Path
    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[tuple[str, ...], int] = field(default_factory=dict)
    faults: list[ConfigError] = field(default_factory=list)

    def fault(self, problem: str, *keys: str) -> None:
        """Note that something is wrong with a key."""
        self.faults.append(ConfigError(problem, Location(str(self.path), self.lines.get(keys))))

    def check(self) -> None:
        """Raise a ConfigError that names every fault, one in a line."""
        if self.faults:
            raise ConfigError("\n".join(map(str, self.faults)))


def read_fields(path: Path, shape: Shape) -> Fields:
    """Return the file's values; raises ConfigError for what is no file or no YAML."""
    fields = Fields(path)
    node = _composed(path)
    if node is not None and not _is_null(node):
        fields.values = _table(node, shape, (), fields)
    return fields


def _composed(path: Path) -> yaml.Node | None:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES:
            raise ConfigError("too large for a web configuration", Location(str(path)))
        node: yaml.Node | None = yaml.compose(content.decode("utf-8-sig"), Loader=yaml.SafeLoader)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError(f"cannot be read: {reason}", Location(str(path))) from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = None if mark is None else mark.line + 1
        problem = getattr(error, "problem", None) or "bytes that are no text"
        raise ConfigError(f"not YAML: {problem}", Location(str(path), line)) from error
    return node


def _table(node: yaml.Node, shape: Shape, keys: tuple[str, ...], fields: Fields) -> dict[str, Any]:
    if not isinstance(node, yaml.MappingNode):
        fields.lines[keys] = node.start_mark.line + 1
        fields.fault("expected a table" + (f" in {'.'.join(keys)}" if keys else ""), *keys)
        return {}
    values: dict[str, Any] = {}
    for name_node, value_node in node.value:
        name = str(name_node.value)
        place = (*keys, name)
        is_repeated = place in fields.lines
        fields.lines[place] = name_node.start_mark.line + 1
        if name not in shape:
            fields.fault(_unknown(name, shape, keys), *place)
        elif is_repeated:
            fields.fault(f"'{name}' stands here a second time", *place)
        elif not _is_null(value_node):
            values[name] = _value(value_node, shape[name], place, fields)
    return values


def _value(node: yaml.Node, kind: "Kind | Shape", keys: tuple[str, ...], fields: Fields) -> Any:
    if not isinstance(kind, Kind):
        return _table(node, kind, keys, fields)
    value = _READERS[kind](node)
    if value is None:
        fields.fault(f"{keys[-1]}: expected {kind.value}", *keys)
    return value


def _text(node: yaml.Node) -> str | None:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else None


def _flag(node: yaml.Node) -> bool | None:
    return node.value.lower() in _TRUE if node.tag == f"{_TAG}bool" else None


def _whole(node: yaml.Node) -> int | None:
    is_whole = isinstance(node, yaml.ScalarNode) and node.value.isascii() and node.value.isdigit()
    return int(node.value) if is_whole and len(node.value) < 10 else None


def _texts(node: yaml.Node) -> list[str] | None:
    if not isinstance(node, yaml.SequenceNode):
        return None
    texts = [_text(one) for one in node.value]
    return [text for text in texts if text is not None] if None not in texts else None


def _text_table(node: yaml.Node) -> dict[str, str] | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    pairs = [(_text(name), "" if _is_null(value) else _text(value)) for name, value in node.value]
    table = {name: value for name, value in pairs if name is not None and value is not None}
    return table if len(table) == len(pairs) else None


_READERS = {
    Kind.TEXT: _text,
    Kind.FLAG: _flag,
    Kind.WHOLE: _whole,
    Kind.TEXTS: _texts,
    Kind.TEXT_TABLE: _text_table,
}


def _is_null(node: yaml.Node) -> bool:
    return node.tag == f"{_TAG}null"


def _unknown(name: str, shape: Shape, keys: tuple[str, ...]) -> str:
    place = f" in {'.'.join(keys)}" if keys else ""
    near = get_close_matches(name, shape, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"known here: {', '.join(shape)}"
    return f"unknown field '{name}'{place}; {hint}"
