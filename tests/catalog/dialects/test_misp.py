"""MISP events: types, objects, tags, and that PyMISP reads them."""

import json
from dataclasses import replace
from typing import Any

import pytest

from monitor.catalog.dialects._translation import Chosen, Options
from monitor.catalog.dialects.misp import DIALECT
from monitor.catalog.records import Signature
from monitor.model.finding import Confidence, Severity
from tests.catalog._builders import signature
from tests.catalog.dialects._chosen import ADDRESS, JOINED, NAMES, chosen, library, nasty


def event(*signatures: Signature) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DIALECT.write(chosen(*signatures), Options()).text)["Event"]
    return found


def test_names_are_domains_or_host_names_once_each() -> None:
    found = event(signature(NAMES))["Attribute"]
    assert [("domain", "acme.example"), ("hostname", "www.acme.example")] == [
        (one["type"], one["value"]) for one in found
    ]


def test_address_transport_and_port_are_one_object() -> None:
    found = event(signature(ADDRESS))
    assert [] == found["Attribute"]
    assert 4 == len(found["Object"])
    assert {"dst-port": "5683", "ip-dst": "192.0.2.7", "layer4-protocol": "UDP"} == {
        one["object_relation"]: one["value"] for one in found["Object"][0]["Attribute"]
    }
    assert not any(one["to_ids"] for one in found["Object"][0]["Attribute"])


def test_an_attribute_says_whose_it_is_and_where_it_is_from() -> None:
    (found,) = event(signature())["Attribute"]
    assert "acme.fota: Acme Wireless, Firmware check. Sources: AT command manual" == found["comment"]
    assert {"name": 'umbilical:vendor="acme"'} in found["Tag"]
    assert {"name": 'umbilical:confidence="high"'} in found["Tag"]


def test_hints_and_mere_facts_are_not_for_detection() -> None:
    low = replace(signature(name="low"), confidence=Confidence.LOW)
    info = replace(signature(name="info"), severity=Severity.INFO)
    assert [True, False, False] == [one["to_ids"] for one in event(signature(), low, info)["Attribute"]]


def test_the_date_is_the_newest_day() -> None:
    newer = replace(signature(name="newer"), added="2027-01-02")
    found = event(signature(), newer)
    assert ("2027-01-02", "1798848000") == (found["date"], found["timestamp"])


@pytest.mark.parametrize("match", [JOINED, "any: [{ dns.query: { regex: '^a$', reason: x } }]"])
def test_what_misp_has_no_type_for_is_listed(match: str) -> None:
    written = DIALECT.write(chosen(signature(match)), Options())
    assert (1, 1) == (written.unsaid, len(written.lost))


@pytest.mark.filterwarnings("ignore")
def test_pymisp_reads_the_whole_catalog_and_hostile_text(bundled: Chosen) -> None:
    pymisp = library("pymisp", "pymisp")
    for choice in (bundled, chosen(nasty(), nasty(ADDRESS))):
        text = DIALECT.write(choice, Options()).text
        read = pymisp.MISPEvent()
        read.load(text)
        written = json.loads(text)["Event"]
        assert [one["value"] for one in written["Attribute"]] == [one.value for one in read.attributes]
        assert len(written["Object"]) == len(read.objects)


@pytest.mark.filterwarnings("ignore")
def test_objects_are_those_of_the_template() -> None:
    template = library("pymisp", "pymisp").MISPObject("network-connection", strict=True)
    (found, *_) = event(signature(ADDRESS))["Object"]
    assert template.template_uuid == found["template_uuid"]
    for one in found["Attribute"]:
        made = template.add_attribute(one["object_relation"], value=one["value"])
        assert (made.type, made.category) == (one["type"], one["category"])
