from collections.abc import Iterator, Sequence
from random import Random
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
from tests.kit.states import again as through_bytes
from tests.kit.states import spoiled

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


def test_what_only_adds_bytes_to_something_muted_is_not_counted_again() -> None:
    book = AlertBook(Policy(mutes=(Mute(reason="agreed", device="meter-17"),)))
    assert book.tell(finding()) is None
    assert book.tell(finding(1, counts=False)) is None
    assert book.tally["muted"] == 1


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


def again(book: AlertBook, **changes: Any) -> AlertBook:
    """Return a fresh book that goes on where another one stands, with a file in between."""
    fresh = AlertBook(**changes)
    fresh.restore(through_bytes(book.state()))
    return fresh


@settings(max_examples=60, deadline=None)
@given(facts, st.sets(st.integers(0, 40)), st.integers(1, 5))
def test_a_book_that_is_begun_again_anywhere_tells_the_same(
    drawn: list[Drawn], cuts: set[int], capacity: int
) -> None:
    assert told_with(drawn, set(), capacity) == told_with(drawn, cuts, capacity)


def told_with(drawn: list[Drawn], cuts: set[int], capacity: int) -> tuple[list[Alert], dict[str, int], Any]:
    book, alerts = AlertBook(capacity=capacity), list[Alert]()
    for number, one in enumerate(findings(drawn)):
        if number in cuts:
            book = again(book, capacity=capacity)
        alerts += book.due(one.observation.ts_ns)
        alerts += [alert for alert in (book.tell(one),) if alert is not None]
    return alerts + book.close(), dict(book.tally.counts), book.snapshot().fired


def test_a_smaller_book_keeps_the_stories_added_to_last_and_tells_the_others() -> None:
    book = AlertBook()
    for number, who in enumerate("abc"):
        book.tell(finding(at=number, who=who))
    book.tell(finding(at=5, who="a"))
    small = again(book, capacity=2)
    assert [alert.device for alert in small.due(instant(6))] == ["b"]
    assert (small.tally["evicted"], [alert.device for alert in small.close()]) == (1, ["a", "c"])


def test_another_policy_decides_when_a_story_taken_back_resolves() -> None:
    book = AlertBook()
    book.tell(finding())
    soon = again(book, policy=Policy(resolve_after_ns=HOUR * SECOND_NS))
    assert [alert.time_ns for alert in soon.due(instant(DAY))] == [instant(HOUR)]


def test_a_state_of_another_shape_changes_nothing() -> None:
    book = AlertBook()
    book.tell(finding())
    before = book.state()
    for state in spoiled(through_bytes(before), Random(2), 300):
        try:
            AlertBook().restore(state)
        except ValueError:
            with pytest.raises(ValueError):  # noqa: PT011 - it is the same state again
                book.restore(state)
            assert book.state() == before


def published(*given: Finding, until: float = 0) -> list[Alert]:
    """Return what a book told of findings, in order, as it lies in a spool."""
    book, alerts = AlertBook(), list[Alert]()
    for one in given:
        alerts += book.due(one.observation.ts_ns)
        alerts += [alert for alert in (book.tell(one),) if alert is not None]
    return alerts + book.due(instant(until))


def test_a_published_story_is_taken_back_and_goes_on() -> None:
    book = AlertBook()
    for alert in published(finding()):
        book.adopt(alert)
    assert book.snapshot().firing == {("vendor_contact", "acme", "low", "meter-17"): 1}
    assert book.tell(finding(at=60)) is None
    (alert,) = book.due(instant(2 * DAY))
    assert (alert.state, alert.count, alert.time_ns) == (AlertState.RESOLVED, 2, instant(DAY + 60))


def test_a_story_that_was_published_as_resolved_is_closed() -> None:
    before = AlertBook()
    before.tell(finding())
    book = again(before)
    for alert in published(finding(), until=2 * DAY):
        book.adopt(alert)
    assert (len(book), book.due(instant(3 * DAY))) == (0, [])


def test_what_was_published_after_the_checkpoint_replaces_what_it_knew() -> None:
    before = AlertBook()
    before.tell(finding())
    book = again(before)
    worse = published(finding(), finding(at=5, severity=Severity.HIGH))
    for alert in worse:
        book.adopt(alert)
    assert [(alert.count, alert.severity) for alert in book.close()] == [(2, Severity.HIGH)]


def test_to_adopt_again_changes_nothing() -> None:
    given = [finding(), finding(at=1, who="b"), finding(at=5, severity=Severity.HIGH), finding(at=3 * DAY)]
    book = AlertBook()
    for _ in range(3):
        for alert in published(*given, until=3 * DAY):
            book.adopt(alert)
        assert [(story.fired_ns, story.count) for story in book._stories.values()] == [(instant(3 * DAY), 1)]


def test_an_older_record_does_not_bring_a_story_back() -> None:
    before = AlertBook()
    before.tell(finding())
    before.tell(finding(at=60))
    book = again(before)
    for alert in published(finding()):
        book.adopt(alert)
    assert [alert.count for alert in book.close()] == [2]


def test_more_published_stories_than_there_is_room_for_are_told_as_crowded_out() -> None:
    book = AlertBook(capacity=2)
    for alert in published(*(finding(at=number, who=f"device-{number}") for number in range(5))):
        book.adopt(alert)
    assert (len(book), book.tally["adopted"], book.tally["evicted"]) == (2, 5, 3)
