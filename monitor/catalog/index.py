"""Finds the entries whose test on one field holds, at a cost that does not grow with their number.

Names go by labels, addresses by longest prefix, text and bytes by exact value or by their first characters, and only
regular expressions without a fixed beginning (few) are tried one by one. An entry is whatever the caller adds;
results keep no order. The finders are closures over plain dictionaries: this is the hottest Python of the room.
"""

import re
from collections.abc import Callable
from socket import AF_INET, AF_INET6, inet_pton
from typing import Any, Generic, TypeVar

from monitor.catalog.predicate import LISTS, MAX_REGEX_INPUT, compiled
from monitor.catalog.records import Test
from monitor.catalog.vocabulary import Operator
from monitor.model.observation import FIELDS, FieldKind

T = TypeVar("T")
Finder = Callable[[Any], list[T]]
Matches = Callable[[str], Any]

_NOTHING: list[Any] = []
"""Shared and never changed: results are joined with ``+``."""
_FIXED_START = re.compile(r"\^((?:[A-Za-z0-9/_:@ -]|\\[./-])+)(?![?*{+])")
"""Literal characters after the anchor; the last one may be repeated or optional and does not count."""


class FieldIndex(Generic[T]):
    """All tests on one field."""

    def __init__(self, field: str) -> None:
        self.field = field
        self._exact: dict[Any, list[T]] = {}
        self._domains: dict[str, list[T]] = {}
        self._prefixes: dict[str, list[T]] = {}
        self._networks: dict[int, dict[int, dict[int, list[T]]]] = {AF_INET: {}, AF_INET6: {}}
        """Address family -> host bits -> network without them -> entries."""
        self._patterns: list[tuple[str, str, T]] = []
        """Fixed beginning, expression, entry."""

    def add(self, test: Test, entry: T) -> None:
        """Index an entry under a test on this field."""
        value: Any = test.value
        match test.operator:
            case Operator.EQUALS:
                self._exact.setdefault(value, []).append(entry)
            case Operator.ONE_OF:
                for one in value:
                    self._exact.setdefault(one, []).append(entry)
            case Operator.DOMAIN:
                self._domains.setdefault(value, []).append(entry)
            case Operator.PREFIX | Operator.HEX:
                self._prefixes.setdefault(value, []).append(entry)
            case Operator.CIDR:
                self._add_network(value, entry)
            case Operator.REGEX:
                self._patterns.append((fixed_start(value), value, entry))

    def finder(self) -> Finder[T]:
        """Return the cheapest function that finds the entries for a value of this field."""
        kind = FIELDS[self.field].kind
        if kind is FieldKind.ADDRESS:
            find = _address_finder(self._exact, self._networks)
        elif kind in {FieldKind.NAME, FieldKind.NAMES}:
            find = _name_finder(self._exact, self._domains)
        else:
            find = _exact_finder(self._exact)
        if self._prefixes:
            find = _joined(find, _prefix_finder(self._prefixes))
        if self._patterns:
            find = _joined(find, _pattern_finder(self._patterns))
        if kind in LISTS:
            one = find
            return lambda values: [entry for value in values for entry in one(value)]
        return find

    def _add_network(self, network: str, entry: T) -> None:
        address, _, length = network.partition("/")
        family = AF_INET6 if ":" in address else AF_INET
        host_bits = (128 if family == AF_INET6 else 32) - int(length)
        if host_bits == 0:
            self._exact.setdefault(address, []).append(entry)
            return
        value = int.from_bytes(inet_pton(family, address), "big") >> host_bits
        self._networks[family].setdefault(host_bits, {}).setdefault(value, []).append(entry)


def fixed_start(pattern: str) -> str:
    """Return the characters that every match of an anchored expression begins with, as far as they are plain."""
    found = _FIXED_START.match(pattern)
    if found is None or _has_top_level_choice(pattern):
        return ""
    return found[1].replace("\\", "")


def _has_top_level_choice(pattern: str) -> bool:
    before, bar, _ = pattern.partition("|")
    while bar:
        if before.count("(") <= before.count(")"):
            return True
        more, bar, _ = pattern[len(before) + 1 :].partition("|")
        before += "|" + more
    return False


def _joined(first: Finder[T], second: Finder[T]) -> Finder[T]:
    def find(value: Any) -> list[T]:
        found, more = first(value), second(value)
        return found + more if more else found

    return find


def _exact_finder(exact: dict[Any, list[T]]) -> Finder[T]:
    get = exact.get
    return lambda value: get(value, _NOTHING)


def _name_finder(exact: dict[str, list[T]], domains: dict[str, list[T]]) -> Finder[T]:
    """File names by their last two labels: most names of the world fail at the first look."""
    by_tail: dict[str, tuple[dict[str, list[T]], dict[str, list[T]]]] = {}
    for name, entries in exact.items():
        by_tail.setdefault(_tail(name), ({}, {}))[0][name] = entries
    for name, entries in domains.items():
        by_tail.setdefault(_tail(name), ({}, {}))[1][name] = entries
    get = by_tail.get

    def find(name: str) -> list[T]:
        tables = get(name[name.rfind(".", 0, name.rfind(".")) + 1 :])
        if tables is None:
            return _NOTHING
        found = tables[0].get(name, _NOTHING)
        return found + _walk(tables[1], name) if tables[1] else found

    return find


def _tail(name: str) -> str:
    """Return the last two labels of a name."""
    return ".".join(name.rsplit(".", 2)[-2:])


def _walk(domains: dict[str, list[T]], name: str) -> list[T]:
    """Return the entries of a name and of every parent that is filed, longest first."""
    found: list[T] = []
    start = 0
    while True:
        hit = domains.get(name[start:])
        if hit is not None:
            found += hit
        dot = name.find(".", start)
        if dot < 0:
            return found
        start = dot + 1


def _prefix_finder(prefixes: dict[str, list[T]]) -> Finder[T]:
    """File prefixes by their first characters: most texts fail at one look, whatever lengths there are."""
    head = min(map(len, prefixes))
    by_head: dict[str, dict[int, dict[str, list[T]]]] = {}
    for prefix, entries in prefixes.items():
        by_head.setdefault(prefix[:head], {}).setdefault(len(prefix), {})[prefix] = entries
    get = by_head.get

    def find(text: str) -> list[T]:
        by_length = get(text[:head])
        if by_length is None:
            return _NOTHING
        return [entry for length, table in by_length.items() for entry in table.get(text[:length], ())]

    return find


def _pattern_finder(patterns: list[tuple[str, str, T]]) -> Finder[T]:
    """Try an expression only on text that has its fixed beginning; those without one share one first look."""
    free = tuple((compiled(pattern).match, entry) for start, pattern, entry in patterns if not start)
    by_start: dict[str, list[tuple[Matches, T]]] = {}
    for start, pattern, entry in patterns:
        if start:
            by_start.setdefault(start, []).append((compiled(pattern).match, entry))
    begun: Finder[tuple[Matches, T]] | None = _prefix_finder(by_start) if by_start else None
    any_free = _any_of([pattern for start, pattern, _ in patterns if not start]) if free else None

    def find(text: str) -> list[T]:
        if len(text) > MAX_REGEX_INPUT:
            text = text[:MAX_REGEX_INPUT]
        found = _NOTHING
        if any_free is not None and any_free(text):
            found = [entry for matches, entry in free if matches(text)]
        candidates = begun(text) if begun is not None else _NOTHING
        return found + [entry for matches, entry in candidates if matches(text)] if candidates else found

    return find


def _any_of(patterns: list[str]) -> Matches:
    scoped = [
        f"(?i:{pattern[4:]})" if pattern.startswith("(?i)") else f"(?:{pattern})" for pattern in patterns
    ]
    return compiled("|".join(scoped)).match


def _address_finder(
    exact: dict[str, list[T]], networks: dict[int, dict[int, dict[int, list[T]]]]
) -> Finder[T]:
    if not any(networks.values()):
        return _exact_finder(exact)

    def find(address: str) -> list[T]:
        found = exact.get(address, _NOTHING)
        family = AF_INET6 if ":" in address else AF_INET
        tables = networks[family]
        if not tables:
            return found
        value = int.from_bytes(inet_pton(family, address), "big")
        for host_bits, table in tables.items():
            hit = table.get(value >> host_bits)
            if hit is not None:
                found = found + hit
        return found

    return find
