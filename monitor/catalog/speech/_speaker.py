"""The contract of ``SPEAK``, and how a field of an example is taken."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from monitor.catalog.wire import Conversation
from monitor.model.observation import Value

Fields = Mapping[str, Value]


class Speaker(NamedTuple):
    """One kind of observation that can be said in packets."""

    fields: frozenset[str]
    """Fields that reach the wire as they stand."""
    speak: Callable[[Fields], list[Conversation]]


def text(fields: Fields, name: str, otherwise: str) -> str:
    """Return a field as text, or what it is when the example leaves it open."""
    return str(fields.get(name, otherwise))


def number(fields: Fields, name: str, otherwise: int) -> int:
    """Return a field as a number, or what it is when the example leaves it open."""
    value = fields.get(name, otherwise)
    return value if isinstance(value, int) else otherwise


def texts(fields: Fields, name: str) -> list[str]:
    """Return a list field; empty when the example leaves it open."""
    value = fields.get(name, [])
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]
