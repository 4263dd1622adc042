import json

import pytest

from monitor.catalog.catalog import Catalog
from monitor.catalog.listing import Wanted, as_record, listed
from monitor.catalog.vocabulary import Status
from monitor.model.finding import Confidence, Purpose, Severity
from tests.catalog._builders import file_text, parsed, signature_text

FILE = parsed(
    file_text(
        signature_text(),
        signature_text(
            "pos",
            match="any: [{ dns.query: { domain: lbs.acme.example } }]",
            purpose="location",
            severity="high",
        ),
        signature_text("weak", confidence="low", status="experimental"),
    )
)
CATALOG = Catalog(vendors=[FILE.vendor], signatures=FILE.signatures)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(), ["fota", "pos", "weak"]),
        (Wanted(vendor="beta"), []),
        (Wanted(purpose=Purpose.LOCATION), ["pos"]),
        (Wanted(status=Status.EXPERIMENTAL), ["weak"]),
        (Wanted(severity=Severity.MEDIUM), ["pos"]),
        (Wanted(confidence=Confidence.MEDIUM), ["fota", "pos"]),
        (Wanted(text="LBS.acme"), ["pos"]),
        (Wanted(local=True), []),
        (Wanted(vendor="acme", confidence=Confidence.HIGH, text="firmware"), ["fota", "pos"]),
    ],
)
def test_filters_narrow_the_list(wanted: Wanted, expected: list[str]) -> None:
    assert expected == [one.id.removeprefix("acme.") for one in listed(CATALOG, wanted)]


def test_a_record_is_plain_and_has_the_names_of_the_file() -> None:
    record = json.loads(json.dumps(as_record(FILE.signatures[0])))
    assert ("acme.fota", "acme", "firmware-update") == (record["id"], record["vendor"], record["purpose"])
    assert {"any": [{"dns.query": {"domain": "fota.acme.example"}}]} == record["match"]
    assert "manual" == record["sources"][0]["id"]
