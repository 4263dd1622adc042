"""Zeek's table, read by the rules of its ASCII reader (Debian has no Zeek)."""

import re

import pytest

from monitor.catalog.dialects._translation import Chosen, Options
from monitor.catalog.dialects.zeek_intel import COLUMNS, DIALECT
from tests.catalog._builders import signature
from tests.catalog.dialects._chosen import ADDRESS, NAMES, NASTY, chosen, nasty

TYPES = {"Intel::DOMAIN", "Intel::ADDR", "Intel::SUBNET", "Intel::SOFTWARE", "Intel::FILE_HASH"}


def read(text: str) -> list[dict[str, str]]:
    """Return the rows as Zeek reads them: ``#fields`` first, other comments skipped, every cell there and not empty."""
    assert text.endswith("\n")
    fields: list[str] | None = None
    rows = []
    for line in text[:-1].split("\n"):
        if line.startswith("#fields\t"):
            assert fields is None, "two headers"
            fields = line.split("\t")[1:]
        elif not line.startswith("#"):
            assert fields is not None, "a row before the header"
            cells = line.split("\t")
            assert len(cells) == len(fields), line
            assert all(cells), line
            rows.append(dict(zip(fields, map(_decoded, cells), strict=True)))
    assert tuple(fields or ()) == COLUMNS
    return rows


def _decoded(cell: str) -> str:
    raw = re.sub(rb"\\x([0-9a-f]{2})", lambda found: bytes.fromhex(found[1].decode()), cell.encode())
    return raw.decode()


def rows(match: str) -> list[dict[str, str]]:
    return read(DIALECT.write(chosen(signature(match)), Options()).text)


def test_a_row_says_what_it_is_and_where_it_is_from() -> None:
    (row,) = rows("any: [{ tls.sni: { equals: a.example } }]")
    assert ("a.example", "Intel::DOMAIN") == (row["indicator"], row["indicator_type"])
    assert "umbilical:acme.fota" == row["meta.source"]
    assert (
        "Acme Wireless: Firmware check (purpose firmware-update, severity low, confidence high)"
        == row["meta.desc"]
    )
    assert "-" == row["meta.url"]


def test_the_same_name_in_several_fields_is_one_row() -> None:
    assert ["acme.example", "www.acme.example"] == [row["indicator"] for row in rows(NAMES)]


def test_names_below_a_domain_are_listed_as_lost() -> None:
    written = DIALECT.write(chosen(signature("any: [{ dns.query: { domain: a.example } }]")), Options())
    assert 1 == written.in_part
    assert "names below it are not seen" in written.lost[0].reason


def test_an_address_that_is_bound_to_a_port_is_not_said() -> None:
    assert [] == rows(ADDRESS)


@pytest.mark.parametrize(
    ("match", "value", "kind"),
    [
        ("ip.dst: { equals: 192.0.2.7 }", "192.0.2.7", "Intel::ADDR"),
        ("ip.dst: { cidr: 192.0.2.0/24 }", "192.0.2.0/24", "Intel::SUBNET"),
        ("http.user_agent: { equals: 'a b' }", "a b", "Intel::SOFTWARE"),
    ],
)
def test_values_have_the_type_that_zeek_compares(match: str, value: str, kind: str) -> None:
    (row,) = rows(f"any: [{{ {match} }}]")
    assert (value, kind) == (row["indicator"], row["indicator_type"])


def test_hostile_text_comes_back_as_it_was() -> None:
    for row in read(DIALECT.write(chosen(nasty()), Options()).text):
        assert NASTY in row["meta.desc"]


def test_the_whole_catalog_can_be_read(bundled: Chosen) -> None:
    found = read(DIALECT.write(bundled, Options()).text)
    assert {row["indicator_type"] for row in found} <= TYPES
    keys = [(row["indicator"], row["indicator_type"], row["meta.source"]) for row in found]
    assert len(keys) == len(set(keys))
