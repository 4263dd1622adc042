"""State that outlives a run: plain data, and the checks by which a room takes it back without trusting it.

A room gives ``state()`` (dict, list, tuple, str, int, float, bool, None, bytes, numpy arrays) and takes ``restore(state)``.
What comes back was read from a file, perhaps written under another configuration: whatever has a wrong shape raises
ValueError before anything is changed.

Two names mean the same in every state, wherever they stand:

``counters``  what only counts. After a stop that was not clean it begins at 0 again (``without_counts``), because a
              counter that goes back by a little would be taken for one that began anew and was all counted since.
``by_flow``   what is remembered by ``Flow.id``. It goes (``without_flows``) when the flow table does not come back.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from monitor.model import address

State = dict[str, Any]
Check = Callable[[Any], bool]

COUNTERS, BY_FLOW = "counters", "by_flow"
MAX_DEPTH = 32
"""Nesting of a state; ours are some six deep."""
_MAC_LIMIT = 1 << 48
_ROWS = (list, tuple)
_SIMPLE = frozenset({str, int, float, bool, type(None)})


def without_counts(state: Any, depth: int = MAX_DEPTH) -> Any:
    """Return the state with every number under ``counters`` 0 and every list there empty."""
    return _mended(state, COUNTERS, _nothing, depth)


def without_flows(state: Any, depth: int = MAX_DEPTH) -> Any:
    """Return the state with nothing under ``by_flow``."""
    return _mended(state, BY_FLOW, lambda _: [], depth)


def part(state: Any, name: str) -> State:
    """Return a part that must be there."""
    found = state.get(name) if isinstance(state, Mapping) else None
    if not isinstance(found, dict):
        raise ValueError(f"{name}: not there, or of a wrong shape")  # noqa: TRY004 - the file is wrong, not the caller
    return found


def rows(state: Any, name: str, *checks: Check) -> list[Any]:
    """Return a table of a state; each row holds a value for each check, and passes it."""
    if not isinstance(state, Mapping):
        raise ValueError(f"{name}: not there")  # noqa: TRY004 - as above
    return checked(state.get(name), name, *checks)


def checked(table: Any, name: str, *checks: Check) -> list[Any]:
    """Return a list of rows after a look at each value."""
    if not isinstance(table, list | tuple):
        raise ValueError(f"{name}: no table")  # noqa: TRY004 - as above
    width = len(checks)
    for number, row in enumerate(table):
        if type(row) not in _ROWS or len(row) != width:
            raise ValueError(f"{name}: row {number} has a wrong shape")
        for check, value in zip(checks, row, strict=False):
            if not check(value):
                raise ValueError(f"{name}: row {number} holds a wrong value")
    return list(table)


def value(state: Any, name: str, check: Check) -> Any:
    """Return one value of a state."""
    found = state.get(name) if isinstance(state, Mapping) else None
    if not check(found):
        raise ValueError(f"{name}: not there, or of a wrong shape")
    return found


def counters(state: Any) -> Mapping[str, Any]:
    """Return what a part counted."""
    return part(state, COUNTERS)


def count(state: Any, name: str) -> int:
    """Return one number of a part's counters; one that is not there is 0."""
    found = counters(state).get(name, 0)
    if not is_count(found):
        raise ValueError(f"{COUNTERS}: {name} is no count")
    return int(found)


def is_text(value: Any) -> bool:
    """Whether it is text."""
    return type(value) is str


def is_number(value: Any) -> bool:
    """Whether it is a whole number; a flag is none."""
    return type(value) is int


def is_count(value: Any) -> bool:
    """Whether it is a whole number of 0 or more."""
    return type(value) is int and value >= 0


def is_flag(value: Any) -> bool:
    """Whether it is true or false."""
    return type(value) is bool


def is_list(value: Any) -> bool:
    """Whether it is a list, or a tuple: a file makes no difference."""
    return isinstance(value, list | tuple)


def is_texts(value: Any) -> bool:
    """Whether it is a list of texts."""
    return isinstance(value, list | tuple) and all(type(one) is str for one in value)


def is_mac(value: Any) -> bool:
    """Whether it is a MAC address as 48 bits, or 0."""
    return type(value) is int and 0 <= value < _MAC_LIMIT


def is_address(value: Any) -> bool:
    """Whether it is the text of an IP address, as ``model.address`` reads it."""
    if type(value) is not str:
        return False
    try:
        address.packed(value)
    except (OSError, ValueError):  # ValueError: a text with a zero in it, or one that is no Unicode
        return False
    return True


def is_part(value: Any) -> bool:
    """Whether it is a dictionary; what is in it is for who reads it to check."""
    return type(value) is dict


def is_details(value: Any) -> bool:
    """Whether it is a dictionary of plain values under names."""
    return isinstance(value, dict) and is_plain(value)


def is_plain(value: Any, depth: int = MAX_DEPTH) -> bool:
    """Whether it is such a value as a detector's details hold."""
    if type(value) in _SIMPLE:
        return True
    if depth == 0 or not isinstance(value, list | tuple | dict):
        return False
    if isinstance(value, dict):
        return is_texts(tuple(value)) and is_plain(tuple(value.values()), depth)
    return all(is_plain(one, depth - 1) for one in value)


def maybe(check: Check) -> Check:
    """Return a check that lets None through as well."""
    return lambda value: value is None or check(value)


def one_of(words: Iterable[str]) -> Check:
    """Return a check for a word of a closed set."""
    known = frozenset(map(str, words))
    return lambda value: type(value) is str and value in known


def _mended(state: Any, name: str, mend: Callable[[Any], Any], depth: int) -> Any:
    if depth == 0 or not isinstance(state, dict | list | tuple):
        return state
    if isinstance(state, dict):
        return {
            key: mend(one) if key == name else _mended(one, name, mend, depth - 1)
            for key, one in state.items()
        }
    # A table's rows are values; only lists of parts, one for each worker, are looked into.
    return [_mended(one, name, mend, depth - 1) for one in state] if _is_parts(state) else state


def _is_parts(state: Collection[Any]) -> bool:
    return len(state) > 0 and all(isinstance(one, dict) for one in state)


def _nothing(value: Any, depth: int = MAX_DEPTH) -> Any:
    if isinstance(value, dict) and depth:
        return {key: _nothing(one, depth - 1) for key, one in value.items()}
    return [] if isinstance(value, list | tuple) else 0
