from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.alert.book import MAX_EVICTED_WAITING, AlertBook
from monitor.alert.policy import Mute, Policy
from monitor.model.alert import Alert, AlertState
from monitor.model.finding import Finding, Severity
from monitor.model.instant import SECOND_NS
from tests.kit.facts import (
    T0,
    make_contact,
    make_device,
    make_finding,
    make_observation,
    make_totals,
)

HOUR = 3600
DAY = 24 * HOUR


def finding(at: float = 0, who: str = "meter-17", **changes: Any) -> Finding:
    contact = make_contact(make_device(who))
    return make_finding(
        ("acme.fota-check", who), make_observation(at=at, contact=contact, number=int(at) + 1), **changes
    )


def instant(seconds: float) -> int:
    return T0 + round(seconds * SECOND_NS)


def test_the_first_finding_of_a_story_fires() -> None:
    alert = AlertBook().tell(finding())
    assert alert is not None
    assert (
        alert.state,
        alert.count,
        alert.time_ns,
        alert.first_seen_ns,
    ) == (AlertState.FIRING, 1, T0, T0)


def test_a_repeated_finding_is_merged_in_silence() -> None:
    book = AlertBook()
    book.tell(finding())
    assert book.tell(finding(at=60)) is None
    (alert,) = book.close()
    assert (2, instant(60)) == (alert.count, alert.last_seen_ns)


def test_a_firing_story_is_told_again_after_suppress_for() -> None:
    book = AlertBook(Policy(suppress_for_ns=HOUR * SECOND_NS))
    book.tell(finding())
    assert book.tell(finding(at=HOUR - 1)) is None
    alert = book.tell(finding(at=HOUR))
    assert alert is not None
    assert (alert.count, alert.time_ns) == (3, T0)
    assert book.tell(finding(at=HOUR + 1)) is None


def test_a_story_that_gets_worse_is_told_at_once() -> None:
    book = AlertBook()
    book.tell(finding())
    alert = book.tell(finding(at=1, severity=Severity.HIGH))
    assert alert is not None
    assert alert.severity is Severity.HIGH


def test_bytes_are_added_without_telling() -> None:
    book = AlertBook()
    book.tell(finding())
    assert book.tell(finding(at=2 * HOUR, counts=False, uplink_bytes=5)) is None
    assert [alert.uplink_bytes for alert in book.close()] == [5]


def test_a_story_resolves_after_silence_at_its_own_time() -> None:
    book = AlertBook()
    book.tell(finding())
    book.tell(finding(at=10))
    assert book.due(instant(DAY + 10) - 1) == []
    (alert,) = book.due(instant(DAY + 999))
    assert (AlertState.RESOLVED, instant(DAY + 10), instant(10)) == (
        alert.state,
        alert.time_ns,
        alert.last_seen_ns,
    )
    assert book.close() == []


def test_stories_resolve_in_order_of_due_time() -> None:
    book = AlertBook()
    book.tell(finding(at=0, who="a"))
    book.tell(finding(at=1, who="b"))
    book.tell(finding(at=2, who="c"))
    book.tell(finding(at=3, who="a"))
    assert [alert.device for alert in book.due(instant(2 * DAY))] == ["b", "c", "a"]


def test_a_resolved_story_fires_again_under_the_same_id() -> None:
    book = AlertBook()
    first = book.tell(finding())
    book.due(instant(2 * DAY))
    again = book.tell(finding(at=2 * DAY))
    assert first is not None
    assert again is not None
    assert (first.alert_id, 1) == (again.alert_id, again.count)
    assert book.snapshot().fired["vendor_contact", "acme", "low"] == 2


def test_the_end_of_a_flow_longer_than_its_story_tells_it_again() -> None:
    book = AlertBook()
    book.tell(finding())
    book.due(instant(2 * DAY))
    end = make_observation("flow_end", at=2 * DAY, totals=make_totals(at=2 * DAY))
    alert = book.tell(make_finding(observation=end, counts=False, downlink_bytes=9))
    assert alert is not None
    assert (alert.count, alert.downlink_bytes, book.tally["late"]) == (1, 9, 1)


def test_what_is_muted_expected_or_below_is_counted_and_not_told() -> None:
    policy = Policy(
        mutes=(Mute(reason="agreed", device="meter-18"),),
        expected_remotes=("198.51.100.0/24",),
        min_severity=Severity.LOW,
    )
    book = AlertBook(policy)
    no_contact = make_observation()._replace(contact=None)
    for one in (
        finding(who="meter-18"),
        finding(),
        make_finding(observation=no_contact, severity=Severity.INFO),
    ):
        assert book.tell(one) is None
    assert {key: book.tally[key] for key in ("muted", "expected", "below", "alert")} == {
        "muted": 1,
        "expected": 1,
        "below": 1,
        "alert": 0,
    }
    assert book.close() == []


def test_a_full_book_tells_its_oldest_story_and_forgets_it() -> None:
    book = AlertBook(capacity=2)
    book.tell(finding(at=0, who="a"))
    book.tell(finding(at=1, who="b"))
    book.tell(finding(at=2, who="a"))
    book.tell(finding(at=3, who="c"))
    assert [(alert.device, alert.state) for alert in book.due(instant(3))] == [("b", AlertState.FIRING)]
    assert book.tally["evicted"] == 1
    assert [alert.device for alert in book.close()] == ["a", "c"]


def test_an_evicted_story_that_begins_again_resolves_once() -> None:
    book = AlertBook(capacity=1)
    for who in "abab":
        book.tell(finding(who=who))
    assert sum(alert.state is AlertState.RESOLVED for alert in book.due(instant(2 * DAY))) == 1


def test_evicted_stories_that_nobody_fetches_are_bounded_and_counted() -> None:
    book = AlertBook(capacity=1)
    for number in range(MAX_EVICTED_WAITING + 11):
        book.tell(finding(who=f"device-{number}"))
    assert book.tally["evicted_lost"] == 10
    assert len(book.close()) == MAX_EVICTED_WAITING + 1


def test_a_book_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one story"):
        AlertBook(capacity=0)


def test_a_flood_of_stories_leaves_a_bounded_number_of_timers() -> None:
    book = AlertBook(capacity=4)
    for number in range(1000):
        book.tell(finding(at=number, who=f"device-{number}"))
    assert len(book) == 4
    assert len(book._timers) <= 8


def test_the_snapshot_names_listed_devices_only() -> None:
    book = AlertBook()
    book.tell(finding(who="meter-17"))
    stranger = make_contact(make_device("02:00:00:00:00:99", listed=False))
    book.tell(make_finding(("x",), make_observation(contact=stranger), vendor=None, severity=Severity.HIGH))
    assert book.snapshot().firing == {
        ("vendor_contact", "acme", "low", "meter-17"): 1,
        ("vendor_contact", "", "high", "unlisted"): 1,
    }


def test_evidence_names_its_capture() -> None:
    book = AlertBook(capture_of=lambda observation: f"part-{observation.number}.pcap")
    book.tell(finding())
    assert [one.capture for alert in book.close() for one in alert.evidence] == ["part-1.pcap"]


class Drawn(NamedTuple):
    """A finding as hypothesis draws it."""

    gap: int
    who: str
    severity: Severity
    counts: bool
    saw: str


facts = st.lists(
    st.builds(
        Drawn,
        st.integers(0, 2 * DAY),
        st.sampled_from("abcdef"),
        st.sampled_from(Severity),
        st.booleans(),
        st.sampled_from(["x", "y", "z"]),
    ),
    max_size=40,
)


def findings(drawn: list[Drawn]) -> Iterator[Finding]:
    at = 0
    for one in drawn:
        at += one.gap
        yield finding(at, one.who, severity=one.severity, counts=one.counts, saw=one.saw, uplink_bytes=1)


@settings(max_examples=100, deadline=None)
@given(facts, st.integers(1, 5))
def test_a_book_never_holds_more_than_its_capacity(drawn: list[Drawn], capacity: int) -> None:
    book = AlertBook(capacity=capacity)
    for one in findings(drawn):
        book.due(one.observation.ts_ns)
        book.tell(one)
        assert len(book) <= capacity
        assert len(book._timers) <= 2 * capacity + 1
    book.due(instant(10**9))
    assert (len(book), len(book._timers)) == (0, 0)


@settings(max_examples=100, deadline=None)
@given(facts, st.lists(st.integers(0, 80 * DAY), max_size=10))
def test_asking_more_often_what_is_due_changes_no_alert(drawn: list[Drawn], extra: list[int]) -> None:
    """A batch ends anywhere: more calls of ``due``, never later than the next finding, change nothing."""
    assert told(drawn, ()) == told(drawn, sorted(extra))


def told(drawn: list[Drawn], extra: Sequence[int]) -> list[Alert]:
    book, waiting = AlertBook(), list(extra)
    alerts: list[Alert] = []
    for one in findings(drawn):
        now_ns = one.observation.ts_ns
        while waiting and instant(waiting[0]) <= now_ns:
            alerts += book.due(instant(waiting.pop(0)))
        alerts += book.due(now_ns)
        alerts += [alert for alert in (book.tell(one),) if alert is not None]
    return alerts + book.close()


@settings(max_examples=100, deadline=None)
@given(facts)
def test_every_finding_is_in_the_tally_and_every_byte_in_a_story(drawn: list[Drawn]) -> None:
    book = AlertBook()
    ended: list[Alert] = []
    for one in findings(drawn):
        ended += book.due(one.observation.ts_ns)
        book.tell(one)
    ended += book.close()
    assert len(drawn) == book.tally["alert"] == book.tally["fired"] + book.tally["merged"]
    assert len(drawn) == sum(alert.uplink_bytes for alert in ended)
