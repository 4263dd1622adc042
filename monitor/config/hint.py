"""Works out the shape of a frozen dataclass from its fields, so that a room's ``Settings`` need not know of this room.

- A field's name is the key. ``learning_ns`` is written ``learning = "7d"``, ``limit_bytes`` is written
  ``limit = "64MiB"``: a field whose name ends in a unit is given as text, without the unit in the key.
- Text whose default is a duration or a size must be one.
- ``until_ns`` is a day or an instant; ``countries`` are codes of ISO 3166-1 alpha-2, ``asns`` are AS numbers.
- A ``ValueError`` of ``__post_init__`` is reported at the table, or at a key when it begins with ``key:``.
"""

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from enum import Enum
from functools import lru_cache
from pathlib import Path as FilePath
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from monitor.config.container import AnyOf, Key, ListOf, RecordOf, TableOf
from monitor.config.country import check_country
from monitor.config.shape import (
    Choice,
    Duration,
    Flag,
    Instant,
    Number,
    Shape,
    Size,
    Text,
    Whole,
)
from monitor.model.instant import duration_ns
from monitor.model.size import size_bytes

_MAX_ASN = (1 << 32) - 1


def _only(check: Callable[[str], object]) -> Callable[[str], None]:
    """Return a check that leaves it to the shape to say what was expected."""

    def checked(text: str) -> None:
        if not _accepts(check, text):
            raise ValueError

    return checked


def _accepts(check: Callable[[str], object], text: str) -> bool:
    try:
        check(text)
    except ValueError:
        return False
    return True


_COUNTRY = Text("two-letter country codes", check_country, pattern="^[A-Z]{2}$")
_ASN = Whole(minimum=1, maximum=_MAX_ASN, says="AS numbers")
_DURATION_TEXT = Text(Duration.says, _only(duration_ns), pattern=Duration().schema()["pattern"])
_SIZE_TEXT = Text(Size.says, _only(size_bytes), pattern=Size().schema()["pattern"])
_BY_NAME: Mapping[str, Shape] = {"countries": _COUNTRY, "asns": _ASN, "until_ns": Instant()}
_UNITS: Mapping[str, Shape] = {"_ns": Duration(), "_bytes": Size()}


@lru_cache(maxsize=256)
def record_of(record: type) -> RecordOf:
    """Return the shape of a dataclass."""
    return RecordOf(record, _keys(record))


def _keys(record: type) -> list[Key]:
    hints = get_type_hints(record, include_extras=True)
    return [_key(field, hints[field.name]) for field in dataclasses.fields(record)]


def _key(field: "dataclasses.Field[Any]", hint: Any) -> Key:
    default = field.default
    if field.default_factory is not dataclasses.MISSING:
        default = field.default_factory()
    is_required = default is dataclasses.MISSING
    given = None if is_required else default
    shape = _named_shape(field.name, hint, given)
    return Key(_key_name(field.name), field.name, shape, is_required, given)


def _key_name(field: str) -> str:
    for unit in _UNITS:
        field = field.removesuffix(unit)
    return field


def _named_shape(name: str, hint: Any, default: object) -> Shape:
    """Return the shape of a field whose name says more than its type."""
    kinds = _without_none(hint)
    is_list = get_origin(kinds[0]) in {tuple, list, frozenset, set}
    if name in _BY_NAME:
        return ListOf(_BY_NAME[name], get_origin(kinds[0])) if is_list else _BY_NAME[name]
    for unit, shape in _UNITS.items():
        if name.endswith(unit) and kinds == [int]:
            return shape
    return _default_shape(hint, default)


def _default_shape(hint: Any, default: object) -> Shape:
    """Return the shape of a field whose default says more than its type."""
    if isinstance(default, str) and hint is str and not default.isdigit():
        for shape, check in ((_DURATION_TEXT, duration_ns), (_SIZE_TEXT, size_bytes)):
            if _accepts(check, default):
                return shape
    if isinstance(default, int) and hint is int and default < 0:
        return Whole(minimum=None)
    return shape_of(hint)


def shape_of(hint: Any) -> Shape:
    """Return the shape of a type; raises TypeError for one that a configuration cannot hold."""
    shape = _PLAIN.get(hint) or _class_shape(hint) or _generic_shape(hint)
    if shape is None:
        raise TypeError(f"a configuration cannot hold {hint!r}")
    return shape


def _class_shape(hint: Any) -> Shape | None:
    if not isinstance(hint, type):
        return None
    if issubclass(hint, Enum):
        return Choice({member.value: member for member in hint})
    return record_of(hint) if dataclasses.is_dataclass(hint) else None


def _generic_shape(hint: Any) -> Shape | None:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return next((extra for extra in arguments[1:] if isinstance(extra, Shape)), shape_of(arguments[0]))
    if origin is Literal:
        return Choice({choice: choice for choice in arguments})
    if origin in {Union, UnionType}:
        shapes = [shape_of(kind) for kind in _without_none(hint)]
        return shapes[0] if len(shapes) == 1 else AnyOf(shapes)
    if origin in {dict, Mapping}:
        return TableOf(shape_of(arguments[1]))
    make = _COLLECTIONS.get(origin)
    is_pair = origin is tuple and arguments[1:] != (Ellipsis,)
    return None if make is None or is_pair else ListOf(shape_of(arguments[0]), make)


_PLAIN: Mapping[Any, Shape] = {
    str: Text(),
    int: Whole(),
    bool: Flag(),
    float: Number(),
    FilePath: Text("a path", make=FilePath),
    date: Text('a day such as "2027-01-01"', date.fromisoformat, make=date.fromisoformat),
}
_COLLECTIONS: Mapping[Any, Callable[[list[Any]], Any]] = {
    tuple: tuple,
    list: list,
    frozenset: frozenset,
    set: set,
    Sequence: tuple,
    Collection: tuple,
}


def _without_none(hint: Any) -> list[Any]:
    if get_origin(hint) in {Union, UnionType}:
        return [kind for kind in get_args(hint) if kind is not NoneType]
    return [hint]
