"""Finds the entries whose test on one field holds, at a cost that does not grow with their number.

Names go by labels, addresses by longest prefix, text and bytes by exact value or by their first characters, and only
regular expressions without a fixed part (few) are tried one by one. An entry is whatever the caller adds; results keep
no order. The finders are closures over plain dictionaries: this is the hottest Python of the room.
"""

from collections.abc import Callable
from socket import AF_INET, AF_INET6, inet_pton
from typing import Any, Generic, TypeVar

from monitor.catalog.expression import Expressions
from monitor.catalog.predicate import LISTS, MAX_NAME, MAX_REGEX_INPUT, NAMES
from monitor.catalog.records import Test
from monitor.catalog.vocabulary import Operator
from monitor.model.observation import FIELDS, FieldKind

T = TypeVar("T")
Finder = Callable[[Any], list[T]]
Exact = dict[Any, list[T]]
Networks = dict[int, dict[int, dict[int, list[T]]]]
"""Address family -> host bits -> network without them -> entries."""

LEAST_HEAD_CHARACTERS = 4
"""Shorter beginnings are filed apart, so that a single one does not make the first look of all others useless."""

_NOTHING: list[Any] = []
"""Shared and never changed: results are joined with ``+``."""


class FieldIndex(Generic[T]):
    """All tests on one field."""

    def __init__(self, field: str) -> None:
        self.field = field
        self._exact: Exact[T] = {}
        self._domains: dict[str, list[T]] = {}
        self._prefixes: dict[str, list[T]] = {}
        self._networks: Networks[T] = {AF_INET: {}, AF_INET6: {}}
        self._expressions: list[tuple[str, T]] = []

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
                self._expressions.append((value, entry))

    def finder(self) -> Finder[T]:
        """Return the cheapest function that finds the entries for a value of this field."""
        kind = FIELDS[self.field].kind
        if kind is FieldKind.ADDRESS:
            find = _address_finder(self._exact, self._networks)
        elif kind in NAMES:
            find = _name_finder(self._exact, self._domains, Expressions(self._expressions))
        else:
            find = _text_finder(self._exact, self._prefixes, Expressions(self._expressions))
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


def _exact_finder(exact: Exact[T]) -> Finder[T]:
    get = exact.get
    return lambda value: get(value, _NOTHING)


def _name_finder(exact: Exact[T], domains: dict[str, list[T]], expressions: Expressions[T]) -> Finder[T]:
    """File names by their last characters, then by their last two labels: most names of the world fail at the first look."""
    by_tail: dict[str, tuple[Exact[T], dict[str, list[T]], Expressions[T]]] = {}

    def tables(name: str) -> tuple[Exact[T], dict[str, list[T]], Expressions[T]]:
        return by_tail.setdefault(".".join(name.rsplit(".", 2)[-2:]), ({}, {}, Expressions()))

    for name, entries in exact.items():
        tables(name)[0][name] = entries
    for name, entries in domains.items():
        tables(name)[1][name] = entries
    for name, fitting in expressions.by_end():
        tables(name)[2].extend(fitting)
    filed = [*exact, *domains, *(name for name, _ in expressions.by_end())]
    ending = max(1, min(map(len, filed), default=1))
    endings = {name[-ending:] for name in filed}
    get = by_tail.get

    def find(name: str) -> list[T]:
        if name[-ending:] not in endings:
            return _NOTHING
        found = get(name[name.rfind(".", 0, name.rfind(".")) + 1 :])
        return _NOTHING if found is None else _within(name, *found)

    free = expressions.without_end()
    if not free:
        return find
    return lambda name: find(name) + (free.tried(name) if len(name) <= MAX_NAME else _NOTHING)


def _within(name: str, exact: Exact[T], domains: dict[str, list[T]], expressions: Expressions[T]) -> list[T]:
    """Return the entries of a name among those that share its last two labels."""
    found = exact.get(name, _NOTHING)
    if len(name) > MAX_NAME:
        return found
    if domains:
        found = found + _walk(domains, name)
    return found + expressions.tried(name) if expressions else found


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


def _text_finder(exact: Exact[T], prefixes: dict[str, list[T]], expressions: Expressions[T]) -> Finder[T]:
    """Look for the whole text, then for its first characters; what has no fixed beginning shares one first look."""
    heads, free = _heads(prefixes, expressions), expressions.without_start()
    if not heads and not free:
        return _exact_finder(exact)
    get, looks = exact.get, free.first_looks() if free else ()

    def find(text: str) -> list[T]:
        found = get(text, _NOTHING)
        for length, tables_of in heads:
            tables = tables_of(text[:length])
            if tables is not None:
                found = found + _begun(tables, text)
        if looks:
            shown = text if len(text) <= MAX_REGEX_INPUT else text[:MAX_REGEX_INPUT]
            for look in looks:
                if look(shown):
                    return found + free.tried(shown)
        return found

    return find


_Begun = tuple[list[T], Expressions[T]]
"""Entries of a prefix, and the expressions whose fixed beginning it is."""


_Tables = dict[int, dict[str, _Begun[T]]]
"""Length of a beginning -> the beginning -> what begins so."""


def _heads(
    prefixes: dict[str, list[T]], expressions: Expressions[T]
) -> list[tuple[int, Callable[[str], _Tables[T] | None]]]:
    """File beginnings by the first characters that all long ones have: most texts fail at one look."""
    begun: dict[str, _Begun[T]] = {prefix: (entries, Expressions()) for prefix, entries in prefixes.items()}
    for start, starting in expressions.by_start():
        begun.setdefault(start, ([], Expressions()))[1].extend(starting)
    short = [start for start in begun if len(start) < LEAST_HEAD_CHARACTERS]
    long = [start for start in begun if len(start) >= LEAST_HEAD_CHARACTERS]
    heads: list[tuple[int, Callable[[str], _Tables[T] | None]]] = []
    for starts in filter(None, (short, long)):
        head = min(map(len, starts))
        by_head: dict[str, _Tables[T]] = {}
        for start in starts:
            by_head.setdefault(start[:head], {}).setdefault(len(start), {})[start] = begun[start]
        heads.append((head, by_head.get))
    return heads


def _begun(tables: _Tables[T], text: str) -> list[T]:
    found: list[T] = []
    for length, table in tables.items():
        hit = table.get(text[:length])
        if hit is not None:
            found += hit[0]
            found += hit[1].tried(text)
    return found


def _address_finder(exact: Exact[T], networks: Networks[T]) -> Finder[T]:
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
