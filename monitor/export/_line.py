"""Turns a record into one line of JSON, whatever text a packet put into it; knows no record by name."""

from typing import Any

import orjson

_NEWLINE = orjson.OPT_APPEND_NEWLINE
MAX_DEPTH = 8
"""Nesting that is kept of a record that had to be cleaned; ours are two deep."""


def line(record: dict[str, Any]) -> bytes:
    r"""Return the record as UTF-8 JSON with a line feed; what is no Unicode is escaped, never refused.

    A file name that is no UTF-8 is so written as on the screen: ``bad\udcff.pcap``.
    """
    try:
        return orjson.dumps(record, option=_NEWLINE)
    except TypeError:  # lone surrogates, or a whole number beyond 64 bits
        return orjson.dumps(_clean(record, MAX_DEPTH), option=_NEWLINE)


def _clean(value: Any, depth: int) -> Any:
    if isinstance(value, dict | list | tuple):
        return None if depth == 0 else _clean_inside(value, depth - 1)
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 64:
        return str(value)
    if value is None or isinstance(value, int | float):
        return value
    return str(value).encode("utf-8", "backslashreplace").decode("utf-8")


def _clean_inside(value: dict[Any, Any] | list[Any] | tuple[Any, ...], depth: int) -> Any:
    if isinstance(value, dict):
        return {_clean(str(name), depth): _clean(one, depth) for name, one in value.items()}
    return [_clean(one, depth) for one in value]
