"""A flat table for everything else: one row for each value of a clause, so it says all that the catalog looks for.

What is joined by ``all`` stays in one row, its fields, operators and values each separated by a bar.
"""

import csv
import io

from monitor.catalog.dialects._translation import (
    TOO_MANY,
    Chosen,
    Dialect,
    Options,
    Outcome,
    Written,
    one_line,
    sources_of,
    translate,
)
from monitor.catalog.indicators import Atom, Clause, combinations

COLUMNS = (
    "signature",
    "vendor",
    "vendor_name",
    "purpose",
    "severity",
    "confidence",
    "status",
    "field",
    "operator",
    "value",
    "title",
    "sources",
    "added",
    "review_by",
)
BAR = "|"


def _write(chosen: Chosen, _: Options) -> Written:
    done = translate(chosen.signatures, _express)
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for signature, items in done.stated:
        before = (
            signature.id,
            signature.vendor_id,
            one_line(chosen.vendor_name(signature)),
            signature.purpose.value,
            signature.severity.value,
            signature.confidence.value,
            signature.status.value,
        )
        after = (
            one_line(signature.title),
            one_line("; ".join(sources_of(signature))),
            signature.added,
            signature.review_by,
        )
        table.writerows((*before, *_cells(atoms), *after) for atoms in items)
    return Written.of(text.getvalue().rstrip("\n").split("\n"), done)


def _express(clause: Clause) -> Outcome[tuple[Atom, ...]]:
    rows = tuple(combinations(clause))
    return Outcome(rows) if rows else Outcome(lost=TOO_MANY)


def _cells(atoms: tuple[Atom, ...]) -> tuple[str, str, str]:
    values = [str(atom.value) for atom in atoms]
    if len(values) > 1:
        values = [value.replace("\\", "\\\\").replace(BAR, "\\" + BAR) for value in values]
    fields, operators = (atom.field for atom in atoms), (atom.operator.value for atom in atoms)
    return BAR.join(fields), BAR.join(operators), BAR.join(values)


DIALECT = Dialect("spreadsheets and scripts", _write)
