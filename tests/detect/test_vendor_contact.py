from dataclasses import replace
from random import Random

from monitor.catalog.catalog import Catalog
from monitor.detect.vendor_contact import DETECTOR, Settings, VendorContact
from monitor.model.finding import Confidence, Finding, Purpose, Severity
from monitor.model.observation import Observation, Value
from tests.kit.acme import acme_catalog
from tests.kit.facts import make_contact, make_device, make_observation, make_totals
from tests.kit.states import again, spoiled

LOOK_UP = make_observation("dns_query", {"dns.query": "fota.acme.example"}, flow_id=1, protocol=17)
START = make_observation("flow_start", {"ip.dst": "198.51.100.7"}, flow_id=2, remote_name="fota.acme.example")
HELLO = make_observation("tls_client_hello", {"tls.sni": "fota.acme.example"}, flow_id=2)
BENIGN = make_observation("tls_client_hello", {"tls.sni": "www.example.org"}, flow_id=3)


def end(flow_id: int) -> Observation:
    return make_observation("flow_end", flow_id=flow_id, totals=make_totals(100, 900))


def detector(flow_capacity: int = 100) -> VendorContact:
    return VendorContact(Settings(flow_capacity=flow_capacity), acme_catalog())


def judged(*observations: Observation) -> list[Finding]:
    tried = detector()
    return [finding for one in observations for finding in tried.judge(one)]


def test_a_look_up_of_a_vendor_is_a_finding_in_plain_words() -> None:
    (finding,) = judged(LOOK_UP)
    assert finding.identity == ("acme.fota-check", "meter-17")
    assert (finding.signature, finding.vendor, finding.purpose) == (
        "acme.fota-check",
        "acme",
        Purpose.FIRMWARE_UPDATE,
    )
    assert (finding.severity, finding.confidence) == (Severity.LOW, Confidence.HIGH)
    assert finding.title == "Acme Wireless: Firmware update poll"
    assert finding.why.startswith("meter-17 asked DNS for fota.acme.example. The module asks its vendor")
    assert finding.saw == "dns.query = fota.acme.example"


def test_look_ups_flows_and_hellos_of_one_device_are_one_story() -> None:
    assert {finding.identity for finding in judged(LOOK_UP, START, HELLO, end(2))} == {
        ("acme.fota-check", "meter-17")
    }


def test_another_device_is_another_story() -> None:
    other = make_observation(
        "dns_query", {"dns.query": "fota.acme.example"}, contact=make_contact(make_device("meter-18"))
    )
    assert [finding.identity[1] for finding in judged(LOOK_UP, other)] == ["meter-17", "meter-18"]


def test_benign_names_state_nothing() -> None:
    assert judged(BENIGN, end(3)) == []


def test_a_flow_that_ends_adds_its_bytes_without_counting() -> None:
    finding = judged(HELLO, end(2))[-1]
    assert (finding.uplink_bytes, finding.downlink_bytes, finding.counts, finding.saw) == (
        100,
        900,
        False,
        "",
    )


def test_a_look_up_adds_no_bytes_to_the_vendor() -> None:
    assert len(judged(LOOK_UP, end(1))) == 1


def test_an_answer_to_a_request_that_matched_does_not_count_again() -> None:
    answer = make_observation("dns_answer", {"dns.query": "fota.acme.example"}, flow_id=1, protocol=17)
    assert [finding.counts for finding in judged(LOOK_UP, answer)] == [True, False]
    assert [finding.counts for finding in judged(answer)] == [True]


def test_a_repeated_request_in_one_flow_counts_each_time() -> None:
    assert [finding.counts for finding in judged(LOOK_UP, LOOK_UP)] == [True, True]


def test_a_shared_address_whose_hello_names_somebody_else_gets_no_bytes() -> None:
    other = make_observation("tls_client_hello", {"tls.sni": "www.example.org"}, flow_id=2)
    findings = judged(START, other, end(2))
    assert [finding.counts for finding in findings] == [True]


def test_a_hello_without_a_name_leaves_the_look_up_its_word() -> None:
    hidden = make_observation("tls_client_hello", {"tls.ech": True}, flow_id=2)
    assert judged(START, hidden, end(2))[-1].downlink_bytes == 900


def test_a_hello_that_confirms_the_look_up_keeps_the_bytes() -> None:
    assert judged(START, HELLO, end(2))[-1].downlink_bytes == 900


def test_two_signatures_in_one_flow_are_two_stories_with_the_same_bytes() -> None:
    connect = make_observation("mqtt_connect", {"mqtt.client_id": "AC100-7"}, flow_id=2)
    added = [finding for finding in judged(HELLO, connect, end(2)) if not finding.counts]
    assert [(finding.signature, finding.downlink_bytes) for finding in added] == [
        ("acme.fota-check", 900),
        ("acme.cloud", 900),
    ]


def test_the_signatures_of_a_flow_are_told_with_its_bytes_until_those_of_the_next() -> None:
    tried = detector()
    for one in (LOOK_UP, HELLO, end(2)):
        tried.judge(one)
    assert [one.id for one in tried.told] == ["acme.fota-check"]
    tried.judge(end(1))
    assert tried.told == ()


def test_a_remote_that_contacts_the_device_uploads_what_it_downloads() -> None:
    contact = make_contact(out=False)
    fields: dict[str, Value] = {"ip.dst": "198.51.100.7", "udp.dst_port": 9000}
    start = make_observation("flow_start", fields, contact=contact, flow_id=5, protocol=17)
    finish = make_observation("flow_end", contact=contact, flow_id=5, totals=make_totals(100, 900))
    finding = judged(start, finish)[-1]
    assert (finding.uplink_bytes, finding.downlink_bytes) == (900, 100)


def test_forgotten_flows_are_counted() -> None:
    tried = detector(flow_capacity=1)
    for flow_id in range(3):
        tried.judge(make_observation("tls_client_hello", {"tls.sni": "fota.acme.example"}, flow_id=flow_id))
    assert tried.evictions == 2
    assert tried.judge(end(0)) == ()


def test_it_wants_what_the_catalog_can_match_and_both_ends_of_flows() -> None:
    tried = detector()
    assert {"dns_query", "tls_client_hello", "mqtt_connect", "flow_start", "flow_end"} <= tried.wants
    assert "ssdp" not in tried.wants


def test_every_series_it_can_state_is_known() -> None:
    tried = detector()
    known = set(tried.known_series())
    for finding in [*tried.judge(LOOK_UP), *tried.judge(HELLO)]:
        assert (finding.vendor, finding.signature, finding.purpose, finding.severity) in known
    assert len(known) == 5


def test_it_is_declared() -> None:
    assert DETECTOR is VendorContact
    assert detector().due(10**30) == []


def again_as(tried: VendorContact, catalog: Catalog | None = None, flow_capacity: int = 100) -> VendorContact:
    fresh = VendorContact(Settings(flow_capacity=flow_capacity), catalog or acme_catalog())
    fresh.restore(again(tried.state()))
    return fresh


def test_an_open_flow_outlives_a_restart() -> None:
    once = detector()
    once.judge(HELLO)
    after = again_as(once)
    assert (list(after.judge(end(2))), after.evictions) == (list(once.judge(end(2))), 0)
    assert [one.id for one in after.told] == ["acme.fota-check"]


def test_a_signature_that_is_gone_takes_its_flows_with_it() -> None:
    once = detector()
    once.judge(HELLO)
    after = again_as(once, Catalog(vendors=[], signatures=[]))
    assert (after.judge(end(2)), after.told) == ((), ())


def test_a_smaller_detector_keeps_the_flows_that_matched_last() -> None:
    once = detector()
    for flow_id in (2, 3, 4):
        once.judge(HELLO._replace(flow=HELLO.flow._replace(id=flow_id)))
    after = again_as(once, flow_capacity=2)
    assert ([bool(after.judge(end(flow_id))) for flow_id in (2, 3, 4)], after.evictions) == (
        [False, True, True],
        1,
    )


def test_a_state_of_another_shape_changes_nothing() -> None:
    once = detector()
    once.judge(HELLO)
    before = once.state()
    for state in spoiled(again(before), Random(1), 200):
        try:
            once.restore(state)
        except ValueError:
            assert once.state() == before
        else:
            once.judge(end(2))
            once.restore(before)


def lives(flow_id: int, orig: int, resp: int, *told: int) -> Observation:
    totals = make_totals(orig, resp)._replace(told_orig_bytes=told[0], told_resp_bytes=told[1])
    return make_observation("flow_active", flow_id=flow_id, totals=totals)


def test_a_flow_that_lives_long_adds_its_bytes_bit_by_bit() -> None:
    tried = detector()
    last = end(2)._replace(totals=make_totals(100, 900)._replace(told_orig_bytes=70, told_resp_bytes=500))
    shown = [HELLO, lives(2, 40, 300, 0, 0), lives(2, 70, 500, 40, 300), last]
    findings = [finding for one in shown for finding in tried.judge(one)][1:]
    assert [(40, 300), (30, 200), (30, 400)] == [(one.uplink_bytes, one.downlink_bytes) for one in findings]
    assert not any(one.counts for one in findings)


def test_a_signature_that_comes_late_gets_the_bytes_of_the_whole_flow() -> None:
    tried = detector()
    shown = [lives(2, 40, 300, 0, 0), HELLO, lives(2, 70, 500, 40, 300)]
    _, finding = [finding for one in shown for finding in tried.judge(one)]
    assert (70, 500) == (finding.uplink_bytes, finding.downlink_bytes)
    assert {"acme.fota-check"} == tried.first_told
    tried.judge(lives(2, 80, 500, 70, 500))
    assert not tried.first_told
    assert [one.id for one in tried.told] == ["acme.fota-check"]


def test_another_detector_goes_on_with_the_open_flows_under_its_own_catalog() -> None:
    catalog, older = acme_catalog(), detector()
    older.judge(HELLO)
    raised = tuple(replace(one, severity=Severity.CRITICAL) for one in catalog.signatures)
    fresh = VendorContact(Settings(), Catalog(vendors=catalog.vendors.values(), signatures=raised))
    fresh.take_over(older)
    (finding,) = fresh.judge(end(2))
    assert (finding.signature, finding.severity) == ("acme.fota-check", Severity.CRITICAL)


def test_of_signatures_that_are_gone_another_detector_tells_nothing() -> None:
    older, fresh = detector(), VendorContact(Settings(), Catalog(vendors=[], signatures=[]))
    older.judge(HELLO)
    fresh.take_over(older)
    assert (list(fresh.judge(end(2))), fresh.told) == ([], ())


def test_with_the_same_catalog_another_detector_remembers_the_same() -> None:
    older, fresh = detector(), detector()
    older.judge(HELLO)
    before = older.state()
    fresh.take_over(older)
    assert fresh.state() == before


def test_of_what_matched_nothing_only_names_and_amounts_are_wanted() -> None:
    tried = detector()
    silent = make_observation("dns_query", {"dns.query": "www.example.org"}, protocol=17)
    assert "dns_query" not in tried.wants_unmatched
    assert list(tried.judge(silent)) == []
