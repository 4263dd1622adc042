"""One test as a function of a field's value: the slow and plain meaning of every operator.

The indexes find candidates fast; this file says what is true, and serves ``all`` signatures, checks and tests.
"""

import re
from collections.abc import Callable
from functools import cache
from ipaddress import ip_address, ip_network
from typing import Any

from monitor.catalog.records import Test
from monitor.catalog.vocabulary import Operator
from monitor.model.observation import FIELDS, FieldKind

MAX_NAME = 253
"""Characters of a host name (RFC 1035 section 2.3.4, without length octets); a longer one names nothing."""
MAX_REGEX_INPUT = 1024
"""Characters of a value that a regular expression sees."""

Predicate = Callable[[Any], bool]

LISTS = frozenset({FieldKind.NAMES, FieldKind.TEXTS})
"""Kinds of which one element is enough."""
NAMES = frozenset({FieldKind.NAME, FieldKind.NAMES})


def predicate(test: Test) -> Predicate:
    """Return the function that says whether a field's value passes the test."""
    holds = _plain(test)
    if FIELDS[test.field].kind in LISTS:
        return lambda values: any(holds(value) for value in values)
    return holds


def _plain(test: Test) -> Predicate:
    wanted: Any = test.value
    match test.operator:
        case Operator.EQUALS:
            return lambda value: bool(value == wanted)
        case Operator.ONE_OF:
            values = frozenset(wanted)
            return lambda value: value in values
        case Operator.DOMAIN:
            below = "." + wanted
            return lambda value: len(value) <= MAX_NAME and (value == wanted or value.endswith(below))
        case Operator.PREFIX | Operator.HEX:
            return lambda value: value.startswith(wanted)
        case Operator.CIDR:
            network = ip_network(wanted)
            return lambda value: ip_address(value) in network
        case Operator.REGEX:
            longest = MAX_NAME if FIELDS[test.field].kind in NAMES else None
            return _expression(compiled(wanted), longest)


def _expression(pattern: re.Pattern[str], longest: int | None) -> Predicate:
    if longest is None:
        return lambda value: pattern.match(value, 0, MAX_REGEX_INPUT) is not None
    return lambda value: len(value) <= longest and pattern.match(value) is not None


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Return a compiled expression; the catalog's set is finite, so the cache is too."""
    return re.compile(pattern)
