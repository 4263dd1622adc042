from typing import Any

from monitor.model.finding import Purpose, Severity
from monitor.model.observation import Observation
from monitor.pipeline.ledger import NAMES_SHOWN, Ledger, Sum
from tests.kit.acme import acme_catalog
from tests.kit.facts import (
    make_contact,
    make_device,
    make_finding,
    make_observation,
    make_remote,
    make_totals,
)

SIGNATURES = acme_catalog().signatures
FOTA = next(one for one in SIGNATURES if one.id == "acme.fota-check")


def ended(**changes: Any) -> Observation:
    return make_observation("flow_end", totals=make_totals(100, 900), **changes)


def test_a_flow_counts_for_each_vendor_and_purpose_once() -> None:
    ledger = Ledger()
    ledger.flow(ended(), (FOTA, FOTA))
    [(key, total)] = ledger.vendors.items()
    assert key == ("acme", "firmware-update")
    assert (total.flows, total.uplink_bytes, total.downlink_bytes) == (1, 100, 900)


def test_bytes_are_as_the_device_sees_them() -> None:
    ledger = Ledger()
    ledger.flow(ended(contact=make_contact(out=False)), (FOTA,))
    total = ledger.vendors["acme", "firmware-update"]
    assert (total.uplink_bytes, total.downlink_bytes) == (900, 100)


def test_places_count_what_leaves_the_site() -> None:
    ledger = Ledger()
    ledger.flow(ended(), ())
    ledger.flow(ended(contact=make_contact(internal=True)), ())
    ledger.flow(ended(contact=make_contact(remote=make_remote(country=None))), ())
    assert {"CN": 1, None: 1} == {country: place.flows for country, place in ledger.places.items()}
    assert ledger.flows == 3


def test_a_finding_counts_under_closed_labels() -> None:
    ledger = Ledger()
    ledger.finding(make_finding(purpose=Purpose.FIRMWARE_UPDATE, severity=Severity.HIGH))
    ledger.finding(make_finding(purpose=Purpose.FIRMWARE_UPDATE, counts=False))
    labels = ("vendor_contact", "acme", "acme.fota-check", "firmware-update", "high")
    assert {labels: 1} == dict(ledger.findings)
    assert ledger.vendors["acme", "firmware-update"].severity is Severity.HIGH


def test_a_device_is_its_makers_when_a_finding_says_so() -> None:
    ledger = Ledger()
    ledger.finding(make_finding(purpose=Purpose.TELEMETRY))
    assert ledger.devices == {"meter-17": "acme"}


def test_the_maker_that_a_mac_address_names_is_not_replaced() -> None:
    ledger = Ledger()
    known = make_contact(make_device(maker_vendor="other"))
    ledger.flow(ended(contact=known), ())
    ledger.finding(make_finding(observation=make_observation(contact=known), purpose=Purpose.TELEMETRY))
    assert ledger.devices == {"meter-17": "other"}


def test_names_shown_are_bounded() -> None:
    ledger = Ledger()
    for number in range(3 * NAMES_SHOWN):
        contact = make_contact(make_device(f"meter-{number}"))
        ledger.finding(make_finding(observation=make_observation(contact=contact), purpose=Purpose.TELEMETRY))
    assert len(ledger.vendors["acme", "telemetry"].devices) == NAMES_SHOWN


def test_a_sum_knows_its_first_and_last_time() -> None:
    total = Sum()
    for ts_ns in (50, 20, 90):
        total.seen(ts_ns)
    assert (total.first_ns, total.last_ns) == (20, 90)
