"""What a signature looks for, in a form that other tools' languages can be written from; nothing here knows such a language.

A signature is a choice of clauses, each a list of conditions that hold together: ``any`` gives one clause for every
test, ``all`` a single one. A dialect says a clause as a whole or not at all, so what is bound stays bound.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import NamedTuple

from monitor.catalog.records import Signature, Test
from monitor.catalog.vocabulary import Joint, Operator
from monitor.model.observation import FIELDS, FieldKind

MAX_COMBINATIONS = 200_000
"""Combinations of values that one clause is spelt out to; as many as one ``one_of`` may hold."""
IP, TCP_PORT, UDP_PORT = "ip.dst", "tcp.dst_port", "udp.dst_port"

_NOT_A_DESTINATION = frozenset({"tls.outer_sni"})
_NAME_KINDS = frozenset({FieldKind.NAME, FieldKind.NAMES})
_PYTHON_ONLY = ("(?P", "(?a", "(?u", "(?L", "\\Z", "\\A")
"""Syntax of expressions that PCRE reads differently or not at all."""

Scalar = str | int | bool


class Condition(NamedTuple):
    """A field and the values of which one is enough."""

    field: str
    operator: Operator
    """Never ``ONE_OF``: that is ``EQUALS`` with several values."""
    values: tuple[Scalar, ...]


class Atom(NamedTuple):
    """A field and one value."""

    field: str
    operator: Operator
    value: Scalar


class Endpoint(NamedTuple):
    """Addresses of remotes, bound to a transport and its ports where those are said."""

    networks: tuple[str, ...]
    """``address`` or ``address/bits``."""
    transport: str | None
    ports: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Clause:
    """Conditions that must hold in one observation."""

    signature_id: str
    conditions: tuple[Condition, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(condition.field for condition in self.conditions)

    @property
    def only(self) -> Condition | None:
        """The condition, when there is just one."""
        return self.conditions[0] if len(self.conditions) == 1 else None


def clauses(signature: Signature) -> tuple[Clause, ...]:
    """Return the ways in which a signature can match."""
    conditions = [_condition(test) for test in signature.match.tests]
    if signature.match.joint is Joint.ALL:
        return (Clause(signature.id, tuple(conditions)),)
    return tuple(Clause(signature.id, (condition,)) for condition in conditions)


def combinations(clause: Clause) -> Iterator[tuple[Atom, ...]]:
    """Yield the clause with one value for each condition; nothing when there would be too many."""
    if prod(len(condition.values) for condition in clause.conditions) > MAX_COMBINATIONS:
        return iter(())
    spelt = ([Atom(one.field, one.operator, value) for value in one.values] for one in clause.conditions)
    return product(*spelt)


def endpoint(clause: Clause) -> Endpoint | None:
    """Return the remote's addresses when the clause speaks of these, and of ports, alone."""
    by_field = {condition.field: condition for condition in clause.conditions}
    addresses = by_field.pop(IP, None)
    if addresses is None or len(by_field) > 1 or len(clause.conditions) != len(by_field) + 1:
        return None
    networks = tuple(str(value) for value in addresses.values)
    if not by_field:
        return Endpoint(networks, None, ())
    field, ports = by_field.popitem()
    if field not in {TCP_PORT, UDP_PORT} or len(networks) * len(ports.values) > MAX_COMBINATIONS:
        return None
    return Endpoint(networks, field[:3], tuple(int(value) for value in ports.values))


def is_name(field: str) -> bool:
    """Whether the field holds the name of a remote."""
    return FIELDS[field].kind in _NAME_KINDS and field not in _NOT_A_DESTINATION


def is_portable(pattern: str) -> bool:
    """Whether an expression means the same to Python and to PCRE."""
    return not any(syntax in pattern for syntax in _PYTHON_ONLY)


def as_pattern(atom: Atom) -> str:
    """Return an anchored expression, in syntax that Python and PCRE share, for a value of text."""
    text = str(atom.value)
    match atom.operator:
        case Operator.REGEX:
            return text
        case Operator.PREFIX:
            return f"^{escaped(text)}"
        case Operator.DOMAIN:
            return rf"^(.+\.)?{escaped(text)}$"
        case _:
            return f"^{escaped(text)}$"


def escaped(text: str) -> str:
    """Return text as an expression that matches only it; ``re.escape`` would also escape what need not be."""
    return "".join("\\" + letter if letter in r"\.^$*+?{}[]|()" else letter for letter in text)


def _condition(test: Test) -> Condition:
    if test.operator is Operator.ONE_OF:
        assert isinstance(test.value, tuple)  # noqa: S101 - the reader saw to it
        return Condition(test.field, Operator.EQUALS, test.value)
    assert not isinstance(test.value, tuple)  # noqa: S101 - as above
    return Condition(test.field, test.operator, (test.value,))
