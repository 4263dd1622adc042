"""Zeek's Intelligence Framework: a table of exact values with tabs between the columns.

``Intel::DOMAIN`` is compared with look-ups, Host headers and server names alike, and matches whole names only: of a
``domain`` the name itself is said, and those below it are listed as lost. An address cannot be bound to its port.
"""

from collections.abc import Mapping
from typing import NamedTuple

from monitor.catalog.dialects._translation import (
    JOINED,
    Chosen,
    Dialect,
    Options,
    Outcome,
    Written,
    closing,
    commented,
    heading,
    said,
    translate,
    urls_of,
)
from monitor.catalog.indicators import IP, Clause
from monitor.catalog.records import Signature
from monitor.catalog.vocabulary import Operator

COLUMNS = ("indicator", "indicator_type", "meta.source", "meta.desc", "meta.url")
EMPTY = "-"

_TYPES: Mapping[tuple[str, Operator], str] = {
    **dict.fromkeys(
        ((field, Operator.EQUALS) for field in ("dns.query", "tls.sni", "http.host")), "Intel::DOMAIN"
    ),
    **dict.fromkeys(
        ((field, Operator.DOMAIN) for field in ("dns.query", "tls.sni", "http.host")), "Intel::DOMAIN"
    ),
    ("http.user_agent", Operator.EQUALS): "Intel::SOFTWARE",
    ("http.body_sha256", Operator.EQUALS): "Intel::FILE_HASH",
    (IP, Operator.EQUALS): "Intel::ADDR",
    (IP, Operator.CIDR): "Intel::SUBNET",
}


class Row(NamedTuple):
    """One value that Zeek compares."""

    indicator: str
    kind: str


def _write(chosen: Chosen, _: Options) -> Written:
    done = translate(chosen.signatures, _express)
    rows = [_line(chosen, stated.signature, row) for stated in done.stated for row in stated.items]
    lines = [
        *commented(heading("Zeek's Intelligence Framework", chosen, done)),
        "\t".join(("#fields", *COLUMNS)),
        *rows,
        *commented(closing(done)),
    ]
    return Written.of(lines, done)


def _express(clause: Clause) -> Outcome[Row]:
    only = clause.only
    if only is None:
        return Outcome(lost=JOINED)
    kind = _TYPES.get((only.field, only.operator))
    if kind is None:
        return Outcome(lost=_reason(only.operator))
    rows = [Row(str(value), kind) for value in only.values]
    if only.operator is Operator.DOMAIN:
        return said(*rows, but="Intel::DOMAIN is compared whole: names below it are not seen")
    return said(*rows)


def _reason(operator: Operator) -> str:
    if operator in {Operator.REGEX, Operator.PREFIX, Operator.HEX}:
        return "Intel compares whole values only"
    return "Intel has no type for it"


def _line(chosen: Chosen, signature: Signature, row: Row) -> str:
    about = (
        f"{chosen.vendor_name(signature)}: {signature.title} (purpose {signature.purpose},"
        f" severity {signature.severity}, confidence {signature.confidence})"
    )
    urls = urls_of(signature)
    cells = (*row, f"umbilical:{signature.id}", about, urls[0] if urls else EMPTY)
    return "\t".join(map(_cell, cells))


def _cell(text: str) -> str:
    r"""Return text as Zeek's ASCII reader takes it: what would end a cell, and the backslash, as ``\xNN``."""
    return "".join(
        letter
        if letter.isprintable() and letter != "\\"
        else "".join(f"\\x{byte:02x}" for byte in letter.encode())
        for letter in text
    )


DIALECT = Dialect("Zeek's Intelligence Framework", _write)
