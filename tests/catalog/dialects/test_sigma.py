"""Sigma rules: logs, fields and modifiers, and that pySigma reads and converts them."""

from typing import Any

import pytest
import yaml

from monitor.catalog.dialects._translation import Chosen, Options
from monitor.catalog.dialects.sigma import DIALECT
from tests.catalog._builders import signature
from tests.catalog.dialects._chosen import ADDRESS, JOINED, NAMES, NASTY, chosen, library, nasty


def rules(*matches: str) -> list[dict[str, Any]]:
    made = [signature(match, f"n{place}") for place, match in enumerate(matches)]
    return list(yaml.safe_load_all(DIALECT.write(chosen(*made), Options()).text))


def selection(match: str) -> dict[str, Any]:
    (rule,) = rules(match)
    found: dict[str, Any] = rule["detection"]["selection_1"]
    return found


def test_each_kind_of_log_has_its_rule_and_they_know_each_other() -> None:
    dns, tls, proxy = rules(NAMES)
    assert [{"category": "dns"}, {"product": "zeek", "service": "ssl"}, {"category": "proxy"}] == [
        rule["logsource"] for rule in (dns, tls, proxy)
    ]
    assert [tls["id"], proxy["id"]] == [one["id"] for one in dns["related"]]


def test_a_rule_says_whose_it_is_and_where_it_is_from() -> None:
    (rule,) = rules("any: [{ dns.query: { equals: a.example } }]")
    assert "Acme Wireless: Firmware check" == rule["title"]
    assert ["AT command manual"] == rule["references"]
    assert ("low", "test", "2026-11-22") == (rule["level"], rule["status"], rule["date"])
    assert {
        "signature": "acme.n0",
        "vendor": "acme",
        "purpose": "firmware-update",
        "confidence": "high",
    } == rule["umbilical"]


def test_a_domain_is_the_name_or_what_ends_in_a_dot_and_the_name() -> None:
    (rule,) = rules("any: [{ dns.query: { domain: a.example } }]")
    detection = rule["detection"]
    assert {"query": "a.example"} == detection["selection_1"]
    assert {"query|endswith": ".a.example"} == detection["selection_2"]
    assert "1 of selection_*" == detection["condition"]


def test_address_transport_and_port_stay_bound() -> None:
    assert {
        "id.resp_h": ["192.0.2.7", "2001:db8::7"],
        "id.resp_p": [5683, 5684],
        "proto": "udp",
    } == selection(ADDRESS)


def test_networks_are_compared_as_such() -> None:
    assert {"id.resp_h|cidr": "192.0.2.0/24"} == selection("any: [{ ip.dst: { cidr: 192.0.2.0/24 } }]")


def test_conditions_on_one_request_share_a_selection() -> None:
    assert {"host|re": r"(?i)^(.+\.)?acme\.example$", "uri|startswith|cased": "/fota/"} == selection(JOINED)


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ("http.path: { equals: '/a*b?c\\d' }", {"uri|cased": r"/a\*b\?c\\d"}),
        ("http.path: { regex: '^/a[0-9]$', reason: x }", {"uri|re": "^/a[0-9]$"}),
        ("dns.query: { regex: '^a[0-9].example$', reason: x }", {"query|re|i": "^a[0-9].example$"}),
        ("http.user_agent: { equals: 'a b' }", {"c-useragent|cased": "a b"}),
    ],
)
def test_values_are_written_so_that_they_mean_themselves(match: str, expected: dict[str, str]) -> None:
    assert expected == selection(f"any: [{{ {match} }}]")


def test_single_values_on_one_field_become_one_list() -> None:
    (rule,) = rules("any: [{ dns.query: { equals: a.example } }, { dns.query: { equals: b.example } }]")
    assert {"query": ["a.example", "b.example"]} == rule["detection"]["selection_1"]


@pytest.mark.parametrize(
    "match",
    [
        "all: [{ dns.query: { equals: a.example } }, { http.host: { equals: a.example } }]",
        "any: [{ payload.prefix: { hex: '00' } }]",
        "any: [{ http.path: { regex: '^(?P<x>a)$', reason: x } }]",
    ],
)
def test_what_no_log_shows_is_listed(match: str) -> None:
    written = DIALECT.write(chosen(signature(match)), Options())
    assert (1, 1) == (written.unsaid, len(written.lost))


def test_hostile_text_comes_back_as_it_was() -> None:
    for rule in yaml.safe_load_all(DIALECT.write(chosen(nasty()), Options()).text):
        assert NASTY == rule["description"]


@pytest.mark.filterwarnings("ignore")
def test_pysigma_reads_and_converts_the_whole_catalog_and_hostile_text(bundled: Chosen) -> None:
    collection = library("sigma.collection", "pysigma").SigmaCollection
    backend = library("sigma.backends.test", "pysigma").TextQueryTestBackend()
    for choice in (bundled, chosen(nasty(), nasty(ADDRESS), nasty(JOINED))):
        read = collection.from_yaml(DIALECT.write(choice, Options()).text)
        assert [] == read.errors
        assert len({rule.id for rule in read.rules}) == len(read.rules)
        assert len(read.rules) == len(backend.convert(read))
