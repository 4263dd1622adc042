"""The flat table: everything is in it, and what is bound shares a row."""

import csv

from monitor.catalog.dialects._translation import Chosen, Options
from monitor.catalog.dialects.csv import COLUMNS, DIALECT
from monitor.catalog.indicators import clauses, combinations
from tests.catalog._builders import signature
from tests.catalog.dialects._chosen import ADDRESS, NAMES, chosen


def rows(choice: Chosen) -> list[dict[str, str]]:
    reader = csv.DictReader(DIALECT.write(choice, Options()).text.splitlines(), strict=True)
    assert COLUMNS == tuple(reader.fieldnames or ())
    return list(reader)


def test_each_value_has_its_row() -> None:
    assert [
        ("dns.query", "domain", "acme.example"),
        ("tls.sni", "domain", "acme.example"),
        ("http.host", "equals", "www.acme.example"),
    ] == [(row["field"], row["operator"], row["value"]) for row in rows(chosen(signature(NAMES)))]


def test_what_holds_together_shares_a_row() -> None:
    first, *others = rows(chosen(signature(ADDRESS)))
    assert ("ip.dst|udp.dst_port", "equals|equals", "192.0.2.7|5683") == (
        first["field"],
        first["operator"],
        first["value"],
    )
    assert 3 == len(others)


def test_a_bar_in_a_joined_value_is_escaped() -> None:
    match = "all: [{ http.path: { equals: 'a|b\\c' } }, { http.method: { equals: GET } }]"
    assert "a\\|b\\\\c|GET" == rows(chosen(signature(match)))[0]["value"]


def test_a_single_value_stands_as_it_is() -> None:
    assert "a|b" == rows(chosen(signature("any: [{ http.path: { equals: 'a|b' } }]")))[0]["value"]


def test_a_row_says_whose_it_is_and_where_it_is_from() -> None:
    row = rows(chosen(signature()))[0]
    assert ("acme", "Acme Wireless", "high") == (row["vendor"], row["vendor_name"], row["confidence"])
    assert "AT command manual" == row["sources"]


def test_the_whole_catalog_is_in_it(bundled: Chosen) -> None:
    spelt = sum(len(list(combinations(one))) for each in bundled.signatures for one in clauses(each))
    assert spelt >= len(rows(bundled)) > len(bundled.signatures)
    assert 0 == len(DIALECT.write(bundled, Options()).lost)


def test_too_many_combinations_are_listed() -> None:
    many = list(range(1, 1001))
    match = f"all: [{{ http.status: {{ one_of: {many} }} }}, {{ http.content_length: {{ one_of: {many} }} }}]"
    assert 1 == DIALECT.write(chosen(signature(match)), Options()).unsaid
