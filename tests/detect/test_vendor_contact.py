from monitor.detect.vendor_contact import DETECTOR, Settings, VendorContact
from monitor.model.finding import Confidence, Finding, Purpose, Severity
from monitor.model.observation import Observation, Value
from tests.kit.acme import acme_catalog
from tests.kit.facts import make_contact, make_device, make_observation, make_totals

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


def test_the_vendors_of_a_flow_are_known_until_the_next_one_ends() -> None:
    tried = detector()
    for one in (LOOK_UP, HELLO, end(2)):
        tried.judge(one)
    assert [one.id for one in tried.vendors_of(2)] == ["acme.fota-check"]
    assert tried.vendors_of(1) == ()
    assert tried.vendors_of(99) == ()


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
