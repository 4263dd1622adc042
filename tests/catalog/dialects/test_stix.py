"""STIX bundles: patterns, ids, and that the OASIS libraries read them."""

import json
from typing import Any

import pytest

from monitor.catalog.dialects._translation import Chosen, Options
from monitor.catalog.dialects.stix import DIALECT, MAX_VALUES
from tests.catalog._builders import signature
from tests.catalog.dialects._chosen import ADDRESS, JOINED, NAMES, NASTY, chosen, library, nasty

BOUND = (
    "[(network-traffic:dst_ref.value = '192.0.2.7' OR network-traffic:dst_ref.value = '2001:db8::7')"
    " AND (network-traffic:dst_port = 5683 OR network-traffic:dst_port = 5684)"
    " AND network-traffic:protocols[*] = 'udp']"
)
ONE_REQUEST = (
    r"[(network-traffic:extensions.'http-request-ext'.request_header.Host MATCHES"
    r" '(?i)^(.+\\.)?acme\\.example(:[0-9]+)?$')"
    " AND (network-traffic:extensions.'http-request-ext'.request_value MATCHES '^/fota/')]"
)


def objects(*matches: str) -> list[dict[str, Any]]:
    made = [signature(match, f"n{place}") for place, match in enumerate(matches)]
    found: list[dict[str, Any]] = json.loads(DIALECT.write(chosen(*made), Options()).text)["objects"]
    return found


def indicator(match: str) -> dict[str, Any]:
    (found,) = [one for one in objects(match) if one["type"] == "indicator"]
    return found


def test_a_vendor_has_one_identity_that_its_indicators_relate_to() -> None:
    found = objects(NAMES, ADDRESS)
    assert ["identity", "identity", "indicator", "relationship", "indicator", "relationship"] == [
        one["type"] for one in found
    ]
    vendor = found[1]
    assert "Acme Wireless" == vendor["name"]
    assert [vendor["id"]] * 2 == [one["target_ref"] for one in found if one["type"] == "relationship"]


def test_an_indicator_says_what_it_means_and_where_it_is_from() -> None:
    found = indicator(NAMES)
    assert 85 == found["confidence"]
    assert "2026-11-22T00:00:00.000Z" == found["valid_from"]
    assert "umbilical:purpose=firmware-update" in found["labels"]
    assert [
        {"source_name": "umbilical", "external_id": "acme.n0"},
        {"source_name": "vendor-document", "description": "AT command manual"},
    ] == found["external_references"]


@pytest.mark.parametrize(
    ("match", "pattern"),
    [
        (
            NAMES,
            r"[domain-name:value MATCHES '^(.+\\.)?acme\\.example$'] OR [domain-name:value = 'www.acme.example']",
        ),
        (
            ADDRESS,
            BOUND,
        ),
        (
            "any: [{ ip.dst: { cidr: 192.0.2.0/24 } }]",
            "[network-traffic:dst_ref.value ISSUBSET '192.0.2.0/24']",
        ),
        (
            JOINED,
            ONE_REQUEST,
        ),
        (
            'any: [{ http.user_agent: { equals: "it\'s" } }]',
            r"[(network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = 'it\'s')]",
        ),
    ],
)
def test_patterns_bind_what_the_signature_binds(match: str, pattern: str) -> None:
    assert pattern == indicator(match)["pattern"]


def test_ids_do_not_depend_on_what_else_is_written() -> None:
    alone, other = signature(NAMES, "one"), signature(ADDRESS, "other")
    few = json.loads(DIALECT.write(chosen(alone, every=(alone, other)), Options()).text)
    both = json.loads(DIALECT.write(chosen(alone, other), Options()).text)
    assert all(one in both["objects"] for one in few["objects"])
    assert few["id"] != both["id"]


@pytest.mark.parametrize(
    "match",
    [
        "all: [{ dns.query: { equals: a.example } }, { http.host: { equals: a.example } }]",
        "any: [{ mqtt.topic: { prefix: a } }]",
        "any: [{ dns.query: { regex: '^(?P<x>a)$', reason: x } }]",
        f"any: [{{ tcp.dst_port: {{ one_of: {list(range(1, MAX_VALUES + 2))} }} }}]",
    ],
)
def test_what_stix_has_no_object_for_is_listed(match: str) -> None:
    written = DIALECT.write(chosen(signature(match)), Options())
    assert (1, 1) == (written.unsaid, len(written.lost))


def test_hostile_text_comes_back_as_it_was() -> None:
    found = json.loads(DIALECT.write(chosen(nasty()), Options()).text)["objects"]
    assert NASTY in [one.get("description") for one in found]


@pytest.mark.filterwarnings("ignore")
def test_the_oasis_libraries_read_the_whole_catalog_and_hostile_text(bundled: Chosen) -> None:
    stix2 = library("stix2", "stix2")
    validate = library("stix2patterns.validator", "stix2-patterns").run_validator
    for choice in (bundled, chosen(nasty(), nasty(ADDRESS), nasty(JOINED))):
        bundle = stix2.parse(DIALECT.write(choice, Options()).text)
        patterns = [one.pattern for one in bundle.objects if one.type == "indicator"]
        assert [] == [error for one in patterns for error in validate(one, stix_version="2.1")]


def test_ids_of_the_whole_catalog_are_each_used_once(bundled: Chosen) -> None:
    found = [one["id"] for one in json.loads(DIALECT.write(bundled, Options()).text)["objects"]]
    assert len(set(found)) == len(found)
