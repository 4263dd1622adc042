from monitor.alert._story import MAX_DETAILS, MAX_EVIDENCE, Story
from monitor.model.alert import Alert, AlertState
from monitor.model.finding import Confidence, Finding, Severity
from monitor.model.instant import SECOND_NS
from tests.kit.facts import (
    T0,
    make_contact,
    make_device,
    make_finding,
    make_observation,
    make_remote,
    make_totals,
)

KEY = ("vendor_contact", ("acme.fota-check", "meter-17"))


def begin(finding: Finding | None = None) -> Story:
    return Story(KEY, finding or make_finding(), lambda _: "a.pcap")


def told(story: Story) -> Alert:
    return story.tell(AlertState.FIRING, T0)


def test_a_look_up_leaves_the_remote_open_and_a_connection_fills_it_in() -> None:
    look_up = make_observation("dns_query", {"dns.query": "fota.acme.example"}, protocol=17)
    story = begin(make_finding(observation=look_up))
    assert ends(told(story)) == (None, None, "fota.acme.example", None)
    story.add(make_finding(observation=make_observation(remote_name="fota.acme.example")))
    assert ends(told(story)) == ("198.51.100.7", 443, "fota.acme.example", "CN")


def ends(alert: Alert) -> tuple[str | None, int | None, str | None, str | None]:
    return alert.remote_ip, alert.remote_port, alert.remote_name, alert.country


def test_the_first_remote_that_is_known_stays() -> None:
    story = begin()
    other = make_contact(remote=make_remote(ip="198.51.100.8", country="US"))
    story.add(make_finding(observation=make_observation(contact=other)))
    assert (told(story).remote_ip, told(story).country) == ("198.51.100.7", "CN")


def test_a_device_is_told_with_its_mac_as_soon_as_that_is_known() -> None:
    story = begin(make_finding(observation=make_observation(contact=make_contact(make_device(mac=None)))))
    assert told(story).device_mac is None
    story.add(make_finding())
    assert told(story).device_mac == "02:00:00:00:00:11"


def test_a_story_is_as_severe_and_as_sure_as_its_worst_and_surest_finding() -> None:
    story = begin()
    assert story.add(make_finding(severity=Severity.HIGH, title="worse")) is True
    assert story.add(make_finding(confidence=Confidence.HIGH, title="milder")) is False
    alert = told(story)
    assert (alert.severity, alert.confidence, alert.title) == (Severity.HIGH, Confidence.HIGH, "worse")


def test_the_latest_words_of_equal_weight_are_told() -> None:
    story = begin()
    story.add(make_finding(title="later"))
    assert told(story).title == "later"


def test_what_only_adds_bytes_and_details_does_not_count() -> None:
    story = begin()
    added = make_finding(
        counts=False,
        uplink_bytes=7,
        downlink_bytes=9,
        details={"stage": "download"},
        severity=Severity.CRITICAL,
    )
    assert story.add(added) is False
    alert = told(story)
    assert (
        alert.count,
        alert.uplink_bytes,
        alert.downlink_bytes,
        alert.severity,
    ) == (1, 7, 9, Severity.LOW)
    assert alert.details == {"stage": "download"}


def test_later_details_replace_earlier_ones_within_a_bound() -> None:
    story = begin(make_finding(details={"stage": "download"}))
    story.add(make_finding(details={"stage": "complete"}))
    story.add(make_finding(details={f"field_{number}": number for number in range(2 * MAX_DETAILS)}))
    assert told(story).details["stage"] == "complete"
    assert len(told(story).details) == MAX_DETAILS


def test_evidence_is_the_first_few_distinct_sights() -> None:
    story = begin(make_finding(saw="sight 0"))
    for number in range(20):
        story.add(make_finding(saw=f"sight {number}", observation=make_observation(number=number + 1)))
    evidence = told(story).evidence
    assert [f"sight {number}" for number in range(MAX_EVIDENCE)] == [one.saw for one in evidence]
    assert (evidence[0].frame, evidence[0].capture, evidence[0].ts_ns) == (1, "a.pcap", T0)
    assert evidence[0].community_id == make_observation().flow.community_id


def test_a_flow_that_ended_by_silence_was_last_seen_before_that() -> None:
    story = begin()
    end = make_observation("flow_end", at=400, totals=make_totals(at=100))
    story.add(make_finding(observation=end, counts=False))
    assert told(story).last_seen_ns == T0 + 100 * SECOND_NS


def test_a_frame_out_of_order_moves_the_first_sight_back() -> None:
    story = begin(make_finding(observation=make_observation(at=5)))
    story.add(make_finding(observation=make_observation(at=3)))
    assert (told(story).first_seen_ns, told(story).last_seen_ns) == (T0 + 3 * SECOND_NS, T0 + 5 * SECOND_NS)


def test_a_story_goes_on_where_an_alert_left_it() -> None:
    once = begin(make_finding(details={"stage": "download"}, saw="sight 0"))
    again = Story.told_by(told(once), once.told_ns, lambda _: "a.pcap")
    for story in (once, again):
        worse = make_observation(at=9, number=7, remote_name="fota.acme.example")
        story.add(make_finding(observation=worse, severity=Severity.HIGH, saw="sight 0", uplink_bytes=3))
        story.add(make_finding(details={"stage": "complete"}, counts=False))
    assert told(once) == told(again)


def test_a_story_of_look_ups_alone_still_takes_its_first_remote_after_a_restart() -> None:
    look_up = make_observation("dns_query", {"dns.query": "fota.acme.example"}, protocol=17)
    story = Story.told_by(told(begin(make_finding(observation=look_up))), T0, lambda _: "")
    story.add(make_finding(observation=make_observation()))
    assert ends(told(story)) == ("198.51.100.7", 443, "fota.acme.example", "CN")


def test_a_finding_without_a_contact_is_told_by_the_originator() -> None:
    alert = told(begin(make_finding(observation=make_observation()._replace(contact=None))))
    assert (alert.device, alert.remote_ip, alert.device_listed) == ("10.0.4.17", None, False)
