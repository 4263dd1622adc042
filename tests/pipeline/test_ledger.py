from random import Random
from typing import Any

from monitor.model.finding import Purpose, Severity
from monitor.model.observation import Observation
from monitor.model.state import without_counts
from monitor.pipeline.ledger import NAMES_SHOWN, Ledger, Sum
from tests.kit.acme import acme_catalog
from tests.kit.facts import (
    T0,
    make_contact,
    make_device,
    make_finding,
    make_observation,
    make_remote,
    make_totals,
)
from tests.kit.states import again, spoiled

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


def used() -> Ledger:
    """Return a ledger in which everything has been counted."""
    ledger = Ledger()
    ledger.finding(make_finding(purpose=Purpose.FIRMWARE_UPDATE, severity=Severity.HIGH))
    ledger.flow(ended(), (FOTA,))
    ledger.flow(ended(contact=make_contact(remote=make_remote(country=None))), ())
    ledger.hidden_names = 3
    return ledger


def test_the_sums_outlive_a_restart_and_go_on() -> None:
    once, twice = used(), Ledger()
    twice.restore(again(once.state()))
    for ledger in (once, twice):
        ledger.flow(ended(contact=make_contact(make_device("meter-18", mac=None))), (FOTA,))
        ledger.finding(make_finding(purpose=Purpose.FIRMWARE_UPDATE))
    assert vars(once) == vars(twice)


def test_without_its_counts_a_ledger_still_knows_whom_and_when() -> None:
    ledger = Ledger()
    ledger.restore(without_counts(again(used().state())))
    total = ledger.vendors["acme", "firmware-update"]
    assert (total.flows, total.uplink_bytes, sum(ledger.findings.values()), ledger.hidden_names) == (
        0,
        0,
        0,
        0,
    )
    assert (total.last_ns, total.severity, list(ledger.places)) == (T0, Severity.HIGH, ["CN", None])
    assert ledger.devices == used().devices


def test_a_state_of_another_shape_changes_nothing() -> None:
    before, refused = used().state(), 0
    for state in spoiled(again(before), Random(1), 300):
        ledger = used()
        try:
            ledger.restore(state)
        except ValueError:
            refused += 1
            assert ledger.state() == before
        else:
            ledger.flow(ended(), (FOTA,))
    assert refused > 100


def test_a_flow_that_lives_long_is_counted_once_and_its_bytes_bit_by_bit() -> None:
    ledger = Ledger()
    active = make_observation("flow_active", totals=make_totals(60, 400))
    told = make_totals(100, 900)._replace(told_orig_bytes=60, told_resp_bytes=400)
    ledger.flow(active, (FOTA,), {FOTA.id})
    ledger.flow(ended()._replace(totals=told), (FOTA,))
    total, place = ledger.vendors["acme", "firmware-update"], ledger.places["CN"]
    assert (total.flows, total.uplink_bytes, total.downlink_bytes) == (1, 100, 900)
    assert (place.flows, place.uplink_bytes, place.downlink_bytes, ledger.flows) == (1, 100, 900, 1)


def test_a_vendor_that_is_known_late_gets_the_bytes_of_the_whole_flow() -> None:
    ledger = Ledger()
    told = make_totals(100, 900)._replace(told_orig_bytes=60, told_resp_bytes=400)
    ledger.flow(ended()._replace(totals=told), (FOTA,), {FOTA.id})
    assert ledger.vendor_bytes["acme"].uplink_bytes == 100
    assert ledger.places["CN"].uplink_bytes == 40


def test_devices_are_counted_by_the_vendor_of_their_module() -> None:
    ledger = Ledger()
    ledger.flow(ended(contact=make_contact(make_device("meter-17", maker_vendor=None))), ())
    ledger.flow(ended(contact=make_contact(make_device("meter-18", maker_vendor="other"))), ())
    assert ledger.devices_by_vendor == {"": 1, "other": 1}
    ledger.finding(make_finding(purpose=Purpose.TELEMETRY))
    assert +ledger.devices_by_vendor == {"acme": 1, "other": 1}
    assert sum(ledger.devices_by_vendor.values()) == len(ledger.devices)
