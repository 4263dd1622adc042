"""Says which signatures an observation matches; built once from all signatures, then never changed."""

from collections.abc import Iterable
from typing import NamedTuple

from monitor.catalog.index import FieldIndex, Finder
from monitor.catalog.predicate import Predicate, predicate
from monitor.catalog.records import Signature, Test
from monitor.catalog.vocabulary import Joint, Operator
from monitor.model.observation import FIELDS, OBSERVATIONS, FieldKind, Observation

NAME_FIELD = "dns.query"
"""The field whose tests also speak for a name that the device learnt earlier."""


class _Entry(NamedTuple):
    rank: int
    """Place of the signature in the catalog, so that results have one order."""
    signature: Signature
    others: tuple[tuple[str, Predicate], ...]
    """Tests that must hold as well; none for ``any``."""


class Matcher:
    """Indexes of every field that a signature tests."""

    def __init__(self, signatures: Iterable[Signature]) -> None:
        self._indexes: dict[str, FieldIndex[_Entry]] = {}
        fields: set[str] = set()
        for rank, signature in enumerate(signatures):
            fields.update(test.field for test in signature.match.tests)
            self._add(rank, signature)
        self.fields_used = frozenset(fields)
        finders = {field: index.finder() for field, index in self._indexes.items()}
        self._find_name = finders.get(NAME_FIELD)
        self._finders: dict[str, tuple[tuple[str, Finder[_Entry]], ...]] = {
            kind: tuple((field, finders[field]) for field in names if field in finders)
            for kind, names in OBSERVATIONS.items()
        }

    @property
    def types_needed(self) -> frozenset[str]:
        """Observation types that carry a field which some signature tests."""
        return frozenset(
            kind for kind, names in OBSERVATIONS.items() if not self.fields_used.isdisjoint(names)
        )

    def match(self, observation: Observation) -> tuple[Signature, ...]:
        """Return the signatures that the observation matches, in the order of the catalog."""
        fields = observation.fields
        found: list[_Entry] | None = None
        for field, find in self._finders.get(observation.type, ()):
            value = fields.get(field)
            if value is not None and (hits := find(value)):
                found = hits if found is None else found + hits
        if found is None:
            return ()
        confirmed = {
            entry.rank: entry.signature
            for entry in found
            if all(name in fields and holds(fields[name]) for name, holds in entry.others)
        }
        return tuple(confirmed[rank] for rank in sorted(confirmed)) if confirmed else ()

    def match_name(self, name: str) -> tuple[Signature, ...]:
        """Return the signatures for which a name asked of DNS is enough by itself."""
        if self._find_name is None:
            return ()
        found = self._find_name(name)
        if not found:
            return ()
        confirmed = {entry.rank: entry.signature for entry in found if not entry.others}
        return tuple(confirmed[rank] for rank in sorted(confirmed))

    def _add(self, rank: int, signature: Signature) -> None:
        tests = signature.match.tests
        if signature.match.joint is Joint.ANY:
            entry = _Entry(rank, signature, ())
            for test in tests:
                self._index(test.field).add(test, entry)
            return
        best = min(tests, key=_width)
        others = tuple((test.field, predicate(test)) for test in tests if test is not best)
        self._index(best.field).add(best, _Entry(rank, signature, others))

    def _index(self, field: str) -> FieldIndex[_Entry]:
        if field not in self._indexes:
            self._indexes[field] = FieldIndex(field)
        return self._indexes[field]


def _width(test: Test) -> int:
    """Rank a test by how much of the traffic passes it; ``all`` is indexed under the narrowest."""
    if FIELDS[test.field].kind in {FieldKind.NUMBER, FieldKind.FLAG}:
        return len(Operator)
    return _WIDTHS.index(test.operator)


_WIDTHS = (
    Operator.EQUALS,
    Operator.ONE_OF,
    Operator.DOMAIN,
    Operator.CIDR,
    Operator.HEX,
    Operator.PREFIX,
    Operator.REGEX,
)
