from dataclasses import replace
from random import Random
from typing import Any

from monitor.catalog.catalog import Catalog
from monitor.detect.firmware_update import DETECTOR, FirmwareUpdate, Settings
from monitor.model.entity import Contact
from monitor.model.finding import Confidence, Finding, Purpose, Severity
from monitor.model.observation import Observation, Value
from tests.kit.acme import acme_catalog
from tests.kit.facts import make_contact, make_device, make_observation, make_totals
from tests.kit.states import again, spoiled

SHA256 = "ab" * 32
LOOK_UP = make_observation("dns_query", {"dns.query": "fota.acme.example"}, flow_id=1, protocol=17)
HELLO = make_observation("tls_client_hello", {"tls.sni": "fota.acme.example"}, flow_id=2, at=1)


def detector(**settings: Any) -> FirmwareUpdate:
    return FirmwareUpdate(Settings(**settings), acme_catalog())


def judged(*observations: Observation) -> list[Finding]:
    tried = detector()
    return [finding for one in observations for finding in tried.judge(one)]


def answer(
    host: str = "fota.acme.example", *, flow_id: int = 2, contact: Contact | None = None, **changes: Value
) -> Observation:
    fields: dict[str, Value] = {
        "http.status": 200,
        "http.host": host,
        "http.path": "/AC100/image",
        "http.body_bytes": 50_000,
        "http.body_complete": True,
        "http.body_prefix": "68737173" + "00" * 12,
        "http.body_sha256": SHA256,
    }
    fields |= {f"http.{name}": value for name, value in changes.items()}
    return make_observation("http_response", fields, flow_id=flow_id, contact=contact, at=2, remote_name=host)


def part(first: int, last: int, total: int = 3000) -> Observation:
    stated = f"bytes {first}-{last}/{total}"
    return answer(status=206, content_range=stated, body_bytes=last + 1 - first, body_prefix="00" * 16)


def end(flow_id: int = 2, down: int = 900) -> Observation:
    totals = make_totals(100, down)
    return make_observation("flow_end", flow_id=flow_id, totals=totals, remote_name="fota.acme.example")


def test_a_check_alone_is_left_to_vendor_contact() -> None:
    assert judged(LOOK_UP, HELLO, end()) == []


def test_a_whole_image_is_told_with_its_hash_and_the_check_before_it() -> None:
    (finding,) = judged(LOOK_UP, answer())
    assert finding.identity == ("meter-17", "acme")
    assert (finding.severity, finding.confidence, finding.purpose) == (
        Severity.MEDIUM,
        Confidence.HIGH,
        Purpose.FIRMWARE_UPDATE,
    )
    assert finding.title == "Acme Wireless: firmware received whole"
    assert finding.why.startswith(
        "meter-17 received a whole firmware image (50000 bytes): fota.acme.example/AC100/image"
    )
    assert finding.saw == "http.path = /AC100/image"
    assert finding.details == {
        "stage": "complete",
        "stages": ["check", "download", "complete"],
        "checked": "2027-01-15T08:00:00.000000000Z",
        "url": "fota.acme.example/AC100/image",
        "image_bytes": 50_000,
        "image_sha256": SHA256,
        "image_magic": "squashfs",
    }


def test_an_image_that_was_not_seen_whole_is_a_download() -> None:
    fields = dict(answer(body_complete=False).fields)
    del fields["http.body_sha256"]
    (finding,) = judged(answer()._replace(fields=fields))
    assert finding.title == "Acme Wireless: firmware download"
    assert (finding.details["stage"], finding.details["image_sha256"]) == ("download", None)


def test_parts_are_added_up_and_only_the_first_and_the_last_count() -> None:
    findings = judged(part(0, 999), part(1000, 1999), part(2000, 2999))
    assert [finding.counts for finding in findings] == [True, False, True]
    assert [finding.details["parts"] for finding in findings] == [1, 2, 3]
    assert [finding.details["stage"] for finding in findings] == ["download", "download", "complete"]
    assert (findings[-1].details["image_bytes"], findings[-1].details["image_sha256"]) == (3000, None)


def test_the_magic_of_the_first_part_is_not_lost_by_the_second() -> None:
    first = answer(status=206, content_range="bytes 0-999/3000", body_bytes=1000)
    findings = judged(first, part(1000, 1999))
    assert findings[0].details["image_magic"] == "squashfs"
    assert "image_magic" not in findings[1].details


def test_a_flow_that_brought_an_image_adds_its_bytes() -> None:
    finding = judged(answer(), end())[-1]
    assert (finding.uplink_bytes, finding.downlink_bytes, finding.counts, finding.saw) == (
        100,
        900,
        False,
        "",
    )


def test_an_encrypted_flow_that_brought_much_is_a_guess() -> None:
    (finding,) = judged(HELLO, end(down=500_000))
    assert (finding.severity, finding.confidence) == (Severity.MEDIUM, Confidence.LOW)
    assert finding.title == "Acme Wireless: firmware download"
    assert "guess" in finding.why
    assert (finding.details["stage"], finding.details["unreadable"]) == ("download", True)
    assert finding.downlink_bytes == 500_000


def test_a_flow_that_can_be_read_is_not_guessed_about() -> None:
    request = make_observation("http_request", {"http.host": "fota.acme.example"}, flow_id=2)
    assert judged(request, end(down=500_000)) == []


def test_a_download_of_a_benign_device_from_a_stranger_is_nothing() -> None:
    assert judged(answer("downloads.example.org", path="/fota/image.bin"), end()) == []


def test_a_module_that_fetches_firmware_from_a_stranger_is_low() -> None:
    module = make_contact(make_device(maker_vendor="acme"))
    (finding,) = judged(answer("cdn.example", contact=module))
    assert (finding.severity, finding.confidence, finding.signature, finding.vendor) == (
        Severity.LOW,
        Confidence.LOW,
        None,
        None,
    )
    assert finding.identity == ("meter-17", "cdn.example")
    assert finding.title == "Acme Wireless: firmware received whole"


def test_an_image_from_a_neighbour_is_nothing() -> None:
    assert judged(answer(contact=make_contact(internal=True))) == []


def test_a_page_of_an_update_service_is_nothing() -> None:
    assert judged(answer(body_prefix="7b22" + "61" * 14), end(down=500_000)) == []


def test_an_observation_that_nobody_enriched_is_nothing() -> None:
    assert judged(answer()._replace(contact=None)) == []
    tried = detector()
    tried.judge(HELLO)
    assert tried.judge(end(down=500_000)._replace(contact=None)) == []


def test_incidents_and_flows_are_bounded_and_counted() -> None:
    tried = detector(incident_capacity=2, flow_capacity=3)
    for number in range(10):
        contact = make_contact(make_device(f"meter-{number}"))
        tried.judge(answer(contact=contact, flow_id=number))
    assert tried.evictions == 8 + 7


def test_series_of_update_signatures_are_known() -> None:
    tried = detector()
    assert tried.known_series() == (
        ("acme", "acme.fota-check", "firmware-update", "medium"),
        (None, None, "firmware-update", "low"),
    )
    assert {"http_response", "flow_start", "flow_end"} <= tried.wants


def test_it_is_declared_and_has_no_windows() -> None:
    assert DETECTOR is FirmwareUpdate
    assert detector().due(10**30) == []


def again_as(tried: FirmwareUpdate, catalog: Catalog | None = None) -> FirmwareUpdate:
    fresh = FirmwareUpdate(Settings(), catalog or acme_catalog())
    fresh.restore(again(tried.state()))
    return fresh


def test_an_update_outlives_a_restart_at_any_point() -> None:
    story = (LOOK_UP, HELLO, part(0, 999), part(1000, 1999), part(2000, 2999), end())
    whole = judged(*story)
    for cut in range(len(story)):
        tried = detector()
        told = [finding for one in story[:cut] for finding in tried.judge(one)]
        tried = again_as(tried)
        assert whole == told + [finding for one in story[cut:] for finding in tried.judge(one)]


def test_an_image_that_was_on_its_way_when_the_sensor_began_again_is_guessed_by_its_size() -> None:
    tried = detector()
    request = make_observation("http_request", {"http.host": "fota.acme.example"}, flow_id=2)
    tried.judge(request)
    (finding,) = again_as(tried).judge(end(down=500_000))
    assert (finding.details["unreadable"], finding.confidence) == (True, Confidence.LOW)
    assert tried.judge(end(down=500_000)) == []


def test_a_flow_whose_signature_is_gone_is_not_remembered() -> None:
    tried = detector()
    tried.judge(HELLO)
    assert again_as(tried, Catalog(vendors=[], signatures=[])).judge(end(down=500_000)) == []


def test_a_state_of_another_shape_changes_nothing() -> None:
    tried = detector()
    for one in (LOOK_UP, part(0, 999)):
        tried.judge(one)
    before = tried.state()
    for state in spoiled(again(before), Random(1), 300):
        fresh = detector()
        empty = fresh.state()
        try:
            fresh.restore(state)
        except ValueError:
            assert fresh.state() == empty
        else:
            fresh.judge(part(1000, 1999))
            fresh.judge(end())


def test_another_detector_goes_on_with_what_is_on_its_way() -> None:
    older, fresh = detector(), detector()
    for one in (LOOK_UP, HELLO, part(0, 999), part(1000, 1999)):
        older.judge(one)
    fresh.take_over(older)
    assert [finding.details["stage"] for finding in fresh.judge(part(2000, 2999))] == ["complete"]


def test_under_another_catalog_a_flow_has_its_signature_of_today_or_is_not_remembered() -> None:
    catalog = acme_catalog()
    raised = tuple(replace(one, confidence=Confidence.MEDIUM) for one in catalog.signatures)
    newer = Catalog(vendors=catalog.vendors.values(), signatures=raised)
    for known, flows in ((newer, 1), (Catalog(vendors=[], signatures=[]), 0)):
        older, fresh = detector(), FirmwareUpdate(Settings(), known)
        older.judge(HELLO)
        fresh.take_over(older)
        assert len(fresh.state()["by_flow"]) == flows
