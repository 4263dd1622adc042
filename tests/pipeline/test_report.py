from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from monitor.alert.book import AlertBook
from monitor.model.alert import Alert, AlertState
from monitor.model.finding import Severity
from monitor.model.tally import Tally
from monitor.pipeline.front import FrontHealth
from monitor.pipeline.replay import Result, replay
from monitor.pipeline.report import Stories, short_name, summary_of
from monitor.pipeline.site import Site
from tests.kit.facts import make_finding
from tests.kit.house import fresh_site

DEMO = Path(__file__).parents[2] / "pcaps" / "demo" / "capture.pcap"


@cache
def demo() -> tuple[Result, Site, Stories]:
    site = fresh_site()
    result, alerts = replay([str(DEMO)], site, seed=1)
    stories = Stories()
    for alert in alerts:
        stories.take(alert)
    return result, site, stories


def make_alert(severity: Severity = Severity.LOW, name: str = "a", **changes: Any) -> Alert:
    book = AlertBook()
    book.tell(replace(make_finding((name,)), severity=severity))
    (alert,) = book.close()
    return replace(alert, **changes)


def test_stories_keep_the_most_severe_and_count_all() -> None:
    stories = Stories(capacity=2)
    for severity in (Severity.LOW, Severity.HIGH, Severity.INFO, Severity.MEDIUM, Severity.LOW):
        stories.take(make_alert(severity))
    assert (5, Severity.HIGH) == (stories.total, stories.worst)
    assert {Severity.HIGH, Severity.MEDIUM} == {alert.severity for alert in stories.kept}


def test_of_equals_the_earliest_are_kept() -> None:
    stories = Stories(capacity=2)
    for name in "abc":
        stories.take(make_alert(name=name, title=name))
    assert {"a", "b"} == {alert.title for alert in stories.kept}


def test_no_story_is_no_example() -> None:
    assert (None, None) == (Stories().example, Stories().worst)


def test_a_resolved_story_is_not_firing() -> None:
    stories = Stories()
    stories.take(make_alert(device_listed=True, device="meter"))
    stories.take(make_alert(device_listed=False, device="02:00:00:00:00:01"))
    stories.take(make_alert(state=AlertState.RESOLVED))
    assert {"meter": 1, "unlisted": 1} == {key.device: amount for key, amount in stories.firing.items()}


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Quectel Wireless Solutions", "Quectel"),
        ("AirM2M (openLuat)", "AirM2M"),
        ("China Mobile IoT (OneMO modules)", "China Mobile"),
        ("Telit Cinterion", "Telit"),
        ("Oneverylongnamewithoutblanks", "Oneverylongnamewithoutblanks"),
        ("", ""),
    ],
)
def test_a_vendor_is_called_by_its_first_words(name: str, short: str) -> None:
    assert short == short_name(name)


def test_the_summary_adds_up() -> None:
    summary = summary_of(*demo(), ["demo"], ["a hint"])
    assert ("demo",) == summary.captures
    assert summary.hints[0] == "a hint"
    assert summary.first_ns is not None
    assert summary.last_ns is not None
    assert summary.first_ns < summary.last_ns
    assert 2155 == summary.packets
    assert demo()[0].health.front.flow["started"] == summary.flows
    assert demo()[0].ledger.flows < summary.flows
    assert len(summary.alerts) == demo()[2].total


def test_a_vendor_is_one_row_and_its_bytes_are_counted_once() -> None:
    result, site, stories = demo()
    rows = {row.vendor: row for row in summary_of(result, site, stories, []).vendors}
    assert {"Quectel", "AirM2M", "SIMCom", "Sierra"} <= set(rows)
    total = result.ledger.vendor_bytes["quectel"]
    by_purpose = [one for (vendor, _), one in result.ledger.vendors.items() if vendor == "quectel"]
    assert total.downlink_bytes == rows["Quectel"].downlink_bytes
    assert total.downlink_bytes <= sum(one.downlink_bytes for one in by_purpose)
    assert "firmware-update" == rows["Quectel"].purposes[0]
    assert Severity.MEDIUM == rows["Quectel"].severity


def test_titles_say_the_vendor_once() -> None:
    titles = {alert.title for alert in summary_of(*demo(), []).alerts}
    assert "Quectel: firmware received whole" in titles
    assert not any("Wireless Solutions" in title for title in titles)


def test_the_country_of_every_contact_is_told() -> None:
    places = {row.country: row for row in summary_of(*demo(), []).places}
    assert {"CN", "DE", "US"} <= set(places)
    assert sum(row.flows for row in places.values()) <= demo()[0].ledger.flows


def test_gaps_are_those_that_there_are_with_one_in_the_singular() -> None:
    result, site, stories = demo()
    front = replace(
        result.health.front, unknown_link_types={147: 2, -1: 1}, decode=Tally({"malformed": 1, "not_ip": 0})
    )
    front.decode.add("malformed")
    damaged = replace(result, health=replace(result.health, front=front))
    gaps = {gap.what: gap.amount for gap in summary_of(damaged, site, stories, []).gaps}
    assert 1 == gaps["malformed frame"]
    assert 2 == gaps["frames of unknown link type 147"]
    assert 1 == gaps["frame of other unknown link types"]
    assert 0 not in gaps.values()


def test_stopped_workers_are_told() -> None:
    result, site, stories = demo()
    stopped = replace(result, interrupted=True, health=replace(result.health, front=FrontHealth()))
    assert any("workers were stopped" in hint for hint in summary_of(stopped, site, stories, []).hints)
