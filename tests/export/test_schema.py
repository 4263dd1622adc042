import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from monitor.alert.book import AlertBook
from monitor.export.jsonl import alert_line
from monitor.export.records import ObservationLines, flow_line, flow_row
from monitor.export.schema import SCHEMAS
from monitor.model.observation import FIELDS, FLOW_OBSERVATIONS, OBSERVATIONS, FieldKind, Value
from tests.kit.facts import make_finding, make_observation, make_totals

SAMPLES: dict[FieldKind, Value] = {
    FieldKind.NAME: "a.example",
    FieldKind.TEXT: "text",
    FieldKind.NUMBER: 7,
    FieldKind.FLAG: True,
    FieldKind.ADDRESS: "198.51.100.7",
    FieldKind.BYTES: "00ff",
    FieldKind.NAMES: ["a.example"],
    FieldKind.TEXTS: ["h2"],
    FieldKind.RECORDS: [{"type": "A", "value": "198.51.100.7", "ttl": 60}],
}
PARSED = sorted(OBSERVATIONS.keys() - FLOW_OBSERVATIONS)


def check(kind: str, told: bytes, **changes: Any) -> None:
    Draft202012Validator(SCHEMAS[kind]()).validate({**json.loads(told), **changes})


def alert() -> bytes:
    told = AlertBook().tell(make_finding(details={"image_sha256": None}))
    assert told is not None
    return alert_line(told)


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_schema_is_a_schema(kind: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[kind]())


def test_an_alert_line_follows_its_schema() -> None:
    check("alert", alert())


@pytest.mark.parametrize(
    "changes", [{"severity": "awful"}, {"time": "today"}, {"count": -1}, {"evidence": [{}]}, {"device": None}]
)
def test_a_wrong_alert_does_not(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        check("alert", alert(), **changes)


def test_a_flow_line_follows_its_schema() -> None:
    check("flow", flow_line(flow_row(make_observation("flow_end", totals=make_totals()), "acme")))


def test_a_flow_line_has_no_other_names() -> None:
    told = flow_line(flow_row(make_observation("flow_end", totals=make_totals())))
    with pytest.raises(ValidationError):
        check("flow", told, extra=1)


@pytest.mark.parametrize("kind", PARSED)
def test_an_observation_line_with_all_or_no_fields_follows_its_schema(kind: str) -> None:
    fields = {name: SAMPLES[FIELDS[name].kind] for name in OBSERVATIONS[kind]}
    for some in (fields, {}):
        check("observation", ObservationLines().line(make_observation(kind, some)))


def test_a_field_of_another_type_or_kind_is_refused() -> None:
    told = ObservationLines().line(make_observation("dns_query", {"dns.query": "a.example"}))
    for changes in ({"tls.sni": "a.example"}, {"dns.query": 7}, {"type": "flow_end"}):
        with pytest.raises(ValidationError):
            check("observation", told, **changes)
