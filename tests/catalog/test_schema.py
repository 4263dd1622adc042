import json

import jsonschema
import pytest

from monitor.catalog.folder import bundled_folder
from monitor.catalog.reader import read
from monitor.catalog.schema import schema_text, vendor_schema
from monitor.model.observation import FIELDS
from tests.catalog._builders import file_text, signature_text


def faults(text: str) -> list[str]:
    validator = jsonschema.Draft7Validator(vendor_schema())
    return [error.message for error in validator.iter_errors(read(text, "acme.yaml"))]


def test_the_stored_schema_is_the_generated_one() -> None:
    stored = (bundled_folder() / "schema" / "vendor.schema.json").read_text(encoding="utf-8")
    assert schema_text() == stored, "write schema_text() to signatures/schema/vendor.schema.json"


def test_the_schema_is_itself_valid() -> None:
    jsonschema.Draft7Validator.check_schema(json.loads(schema_text()))


@pytest.mark.parametrize("path", sorted(bundled_folder().glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_file_follows_the_schema(path: object) -> None:
    assert [] == faults(path.read_text(encoding="utf-8"))  # type: ignore[attr-defined]  # a Path


def test_a_right_file_follows_and_a_misspelt_key_does_not() -> None:
    assert [] == faults(file_text())
    assert any("confidense" in fault for fault in faults(file_text(signature_text(confidense="high"))))


def test_negative_examples_are_required() -> None:
    only = "[{ expect: match, dns.query: a.example }, { expect: match, dns.query: b.example }]"
    assert faults(file_text(signature_text(examples=only)))


def test_a_field_takes_only_the_operators_of_its_kind() -> None:
    assert faults(file_text(signature_text(match="any: [{ dns.query: { cidr: 198.51.100.0/24 } }]")))
    assert faults(file_text(signature_text(match="any: [{ mqtt.topic: { regex: ^a } }]")))
    assert [] == faults(file_text(signature_text(match="any: [{ mqtt.topic: { regex: ^a, reason: b } }]")))


def test_every_choice_and_field_is_explained() -> None:
    schema = vendor_schema()
    purposes = schema["properties"]["signatures"]["items"]["properties"]["purpose"]["oneOf"]
    assert all(choice["description"] for choice in purposes)
    assert FIELDS.keys() == schema["definitions"]["example"]["properties"].keys() - {"expect", "why"}
