from pathlib import Path
from typing import Any

import pytest

from monitor.export.formats.ecs import FORMAT, SEVERITIES
from monitor.model.finding import Severity
from tests.kit.receivers import make_origin, make_record

FIELDS = {
    "@timestamp": "date",
    "message": "text",
    "ecs.version": "keyword",
    "event.kind": "keyword",
    "event.category": "keyword",
    "event.type": "keyword",
    "event.id": "keyword",
    "event.code": "keyword",
    "event.action": "keyword",
    "event.module": "keyword",
    "event.dataset": "keyword",
    "event.provider": "keyword",
    "event.severity": "long",
    "event.risk_score": "float",
    "event.reason": "keyword",
    "event.start": "date",
    "event.end": "date",
    "rule.id": "keyword",
    "rule.name": "keyword",
    "rule.description": "keyword",
    "rule.category": "keyword",
    "rule.ruleset": "keyword",
    "host.name": "keyword",
    "host.ip": "ip",
    "host.mac": "keyword",
    "device.manufacturer": "keyword",
    "source.address": "keyword",
    "source.ip": "ip",
    "source.mac": "keyword",
    "source.bytes": "long",
    "destination.address": "keyword",
    "destination.ip": "ip",
    "destination.port": "long",
    "destination.domain": "keyword",
    "destination.bytes": "long",
    "destination.geo.country_iso_code": "keyword",
    "destination.as.number": "long",
    "destination.as.organization.name": "keyword",
    "network.community_id": "keyword",
    "network.bytes": "long",
    "observer.vendor": "keyword",
    "observer.product": "keyword",
    "observer.type": "keyword",
    "observer.hostname": "keyword",
    "observer.name": "keyword",
    "observer.version": "keyword",
    "observer.ingress.interface.name": "keyword",
    "related.ip": "ip",
    "related.hosts": "keyword",
    "related.hash": "keyword",
}
"""From ``generated/elasticsearch/composable/component/*.json`` of elastic/ecs, 8.5 to 9.3: fields that never changed."""
TYPES = {
    "date": str,
    "text": str,
    "keyword": str,
    "ip": str,
    "long": int,
    "float": float,
}
CATEGORIES = {"network": {"end", "info", "start"}, "intrusion_detection": {"allowed", "denied", "info"}}
"""Types that the field reference expects with a category."""
ORIGIN = make_origin(Path())


def flat(document: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, value in document.items():
        if isinstance(value, dict):
            told |= flat(value, f"{prefix}{name}.")
        else:
            told[f"{prefix}{name}"] = value
    return told


def schema_fields(document: dict[str, Any]) -> dict[str, Any]:
    return flat({name: value for name, value in document.items() if name != "umbilical"})


def full_record(**changes: Any) -> dict[str, Any]:
    return make_record(
        device_maker="Acme Wireless",
        remote_name="fota.acme.example",
        image_sha256="ab" * 32,
        completeness=0.99,
        **changes,
    )


@pytest.mark.parametrize(
    "record", [full_record(), make_record(remote_ip=None, remote_port=None, device_mac=None)]
)
def test_only_fields_of_the_schema_are_used_with_their_types(record: dict[str, Any]) -> None:
    for name, value in schema_fields(FORMAT(record, ORIGIN)).items():
        for one in value if isinstance(value, list) else [value]:
            assert isinstance(one, TYPES[FIELDS[name]]), name


def test_a_full_alert_fills_every_field_of_the_list() -> None:
    assert schema_fields(FORMAT(full_record(), ORIGIN)).keys() == FIELDS.keys()


def test_nothing_of_the_record_is_lost() -> None:
    record = full_record()
    told = {str(value) for value in flat(FORMAT(record, ORIGIN)).values()}
    told |= {
        str(one)
        for value in flat(FORMAT(record, ORIGIN)).values()
        if isinstance(value, list)
        for one in value
    }
    for name, value in record.items():
        if value is not None and name != "device_mac":
            assert str(value) in told, name
    assert FORMAT(record, ORIGIN)["umbilical"]["completeness"] == 0.99


def test_an_alert_is_an_alert_of_elastic() -> None:
    event = FORMAT(make_record(severity="high"), ORIGIN)["event"]
    assert (event["kind"], event["severity"], event["type"]) == ("alert", 73, ["info"])
    resolved = FORMAT(make_record(state="resolved", time="2027-01-16T00:00:00.000000000Z"), ORIGIN)
    assert (resolved["event"]["type"], resolved["@timestamp"]) == (["end"], "2027-01-16T00:00:00.000000000Z")
    assert set(SEVERITIES) == set(Severity)


def test_categories_and_types_go_together() -> None:
    for state in ("firing", "resolved"):
        event = FORMAT(make_record(state=state), ORIGIN)["event"]
        assert set(event["type"]) <= set().union(*(CATEGORIES[one] for one in event["category"]))


def test_mac_addresses_are_written_as_the_schema_wants() -> None:
    assert FORMAT(make_record(), ORIGIN)["source"]["mac"] == "02-00-00-00-00-11"
