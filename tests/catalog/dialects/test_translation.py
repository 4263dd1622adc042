"""The book that all dialects keep, and laws that hold for each of them."""

import re
from collections.abc import Sequence

import pytest

from monitor.catalog import dialects
from monitor.catalog.dialects._translation import (
    JOINED,
    Chosen,
    Dialect,
    Lost,
    Options,
    Outcome,
    Policy,
    about,
    closing,
    commented,
    heading,
    one_line,
    said,
    translate,
    urls_of,
)
from monitor.catalog.indicators import Clause
from monitor.registry import discover
from tests.catalog._builders import signature
from tests.catalog.dialects._chosen import ADDRESS, NAMES, NASTY, chosen, nasty
from tests.catalog.dialects._chosen import JOINED as JOINED_MATCH

DIALECTS: dict[str, Dialect] = discover(dialects.__name__, "DIALECT")
OPTIONS = Options(policy=Policy.NXDOMAIN)
each_dialect = pytest.mark.parametrize("name", DIALECTS)


@each_dialect
def test_every_signature_is_said_or_listed(name: str, bundled: Chosen) -> None:
    written = DIALECTS[name].write(bundled, OPTIONS)
    assert len(bundled.signatures) == written.whole + written.in_part + written.unsaid
    missing = {one.signature_id for one in written.lost if not one.covered}
    assert written.in_part + written.unsaid == len(missing)
    silent = [
        one.id for one in bundled.signatures if one.id not in missing and not _speaks_of(written.text, one.id)
    ]
    assert [] == silent


def _speaks_of(text: str, signature_id: str) -> bool:
    return re.search(rf"(?<![\w.-]){re.escape(signature_id)}(?![\w.-])", text) is not None


@each_dialect
def test_the_same_choice_gives_the_same_bytes(name: str, bundled: Chosen) -> None:
    write = DIALECTS[name].write
    assert write(bundled, OPTIONS).text == write(bundled, OPTIONS).text


@each_dialect
def test_hostile_text_starts_no_line_of_its_own(name: str) -> None:
    text = DIALECTS[name].write(chosen(nasty(), nasty(ADDRESS)), OPTIONS).text
    assert not any(line.startswith("qq:") for line in re.split("[\n\r]", text))


@each_dialect
def test_a_choice_of_which_nothing_can_be_said_is_still_written(name: str) -> None:
    match = "any: [{ dhcp.vendor_class: { prefix: acme } }]"
    written = DIALECTS[name].write(chosen(signature(match)), OPTIONS)
    assert written.text.endswith("\n")
    assert (0, 1) == (written.in_part, written.whole + written.unsaid)


@each_dialect
def test_what_holds_together_is_never_said_in_part(name: str) -> None:
    match = "all: [{ dns.query: { domain: acme.example } }, { dns.qtype: { equals: TXT } }]"
    written = DIALECTS[name].write(chosen(signature(match)), OPTIONS)
    if name != "csv":
        assert (0, 0, 1) == (written.whole, written.in_part, written.unsaid)
        assert ("dns.query", "dns.qtype") == written.lost[0].fields


def _only_look_ups(clause: Clause) -> Outcome[str]:
    if clause.only is not None and clause.only.field == "dns.query":
        return said(*map(str, clause.only.values))
    return Outcome(lost="no look-up" if clause.only is not None else JOINED)


def _translated(*matches: str) -> tuple[Sequence[str], list[Lost]]:
    done = translate([signature(match) for match in matches], _only_look_ups)
    return [item for stated in done.stated for item in stated.items], done.lost


def test_names_that_are_said_in_another_field_are_covered() -> None:
    said_names, lost = _translated(NAMES)
    assert ["acme.example"] == said_names
    assert [Lost("acme.fota", ("tls.sni", "http.host"), "no look-up", covered=True)] == lost


def test_a_wider_name_is_not_covered_by_a_narrower_one() -> None:
    _, lost = _translated("any: [{ dns.query: { equals: a.example } }, { tls.sni: { domain: a.example } }]")
    assert [False] == [one.covered for one in lost]


def test_a_name_is_not_covered_by_another_signature() -> None:
    _, lost = _translated(
        "any: [{ dns.query: { domain: a.example } }]", "any: [{ tls.sni: { domain: a.example } }]"
    )
    assert [False] == [one.covered for one in lost]


def test_reasons_are_listed_once_with_all_their_fields() -> None:
    _, lost = _translated("any: [{ http.path: { equals: /a } }, { http.user_agent: { equals: b } }]")
    assert ["acme.fota: http.path, http.user_agent: no look-up"] == list(map(str, lost))


def test_a_part_that_is_said_makes_no_whole() -> None:
    done = translate([signature(NAMES), signature(JOINED_MATCH)], lambda _: said("x", but="half"))
    assert (0, 2, 0) == (done.whole, done.in_part, done.unsaid)


def test_heading_and_closing_count() -> None:
    both = chosen(signature(NAMES), signature(JOINED_MATCH))
    done = translate(both.signatures, _only_look_ups)
    assert "said as they are: 1, in part: 0, not at all: 1" in heading("x", both, done)
    assert "Not said here: 1" in closing(done)


def test_a_comment_stays_one_line() -> None:
    assert ["# a b c"] == commented(["a\nb\u2028c"])
    assert one_line(NASTY).isprintable()


def test_about_names_title_scales_and_sources() -> None:
    title, source = about(signature())
    assert "acme.fota: Firmware check (firmware-update, severity low, confidence high)" == title
    assert "  source: AT command manual" == source


def test_only_web_addresses_count_as_such() -> None:
    assert () == urls_of(signature())
    assert 1 == len(urls_of(nasty()))
