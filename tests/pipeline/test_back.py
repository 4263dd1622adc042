from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from monitor.model.frame import Interface
from monitor.model.observation import OBSERVATIONS, Observation
from monitor.model.parser import UNREAD
from monitor.pipeline.back import Back, Outputs
from tests.kit.house import fresh_site, observe
from tests.kit.states import again, as_bytes
from tests.kit.story import DEVICE_IP, REMOTE_IP, SECOND_NS, T0, VENDOR_NAME, capture, contact

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.catalog.records import Signature
    from monitor.model.alert import Alert

DAY = 86_400


def led_through(path: str, outputs: Outputs) -> Back:
    seen = observe([path])
    back = Back(fresh_site(), outputs, [Interface(name="eth1", capture=path, link_type=1)])
    for observation in seen.said:
        back.take(observation)
    back.finish(seen.health.front.clock_ns)
    return back


def test_a_contact_becomes_one_alert_with_its_evidence(tmp_path: Path) -> None:
    alerts: list[Alert] = []
    path = capture(tmp_path)
    led_through(path, Outputs(story=alerts.append))
    [alert] = alerts
    assert (alert.vendor, alert.device_ip, alert.remote_ip) == ("quectel", DEVICE_IP, REMOTE_IP)
    assert (alert.evidence[0].capture, alert.evidence[0].frame) == (path, 1)


def test_a_story_that_is_over_is_told_before_a_new_one_begins(tmp_path: Path) -> None:
    """Two contacts with more silence between them than a story lasts."""
    alerts: list[Alert] = []
    led_through(capture(tmp_path, *contact(), *contact(3 * DAY)), Outputs(story=alerts.append))
    assert ["resolved", "firing"] == [alert.state.value for alert in alerts]
    assert T0 + 3 * DAY * SECOND_NS == alerts[1].time_ns


def test_observations_and_flows_go_to_who_listens(tmp_path: Path) -> None:
    observations: list[Observation] = []
    flows: list[tuple[str | None, tuple[str, ...]]] = []

    def flow(ended: Observation, matched: tuple[Signature, ...]) -> None:
        flows.append((ended.remote_name, tuple(one.vendor_id for one in matched)))

    led_through(capture(tmp_path), Outputs(observation=observations.append, flow=flow))
    assert ["dns_query", "dns_answer"] == [one.type for one in observations]
    assert (VENDOR_NAME, ("quectel",)) in flows


def test_only_what_somebody_wants_is_parsed() -> None:
    site = fresh_site()
    assert frozenset(OBSERVATIONS) == Back.wanted(site, Outputs(observation=lambda _: None))
    assert "dns_answer" in Back.wanted(site, Outputs())
    wanted = Back.wanted(site, Outputs())
    assert {one for one in wanted if not one.startswith(UNREAD)} < frozenset(OBSERVATIONS)
    assert f"{UNREAD}tls.ja4" in wanted


def test_contacts_inside_the_site_are_told_only_to_who_lists_flows() -> None:
    site = fresh_site()
    assert Back.silent_networks(site, Outputs()) == tuple(site.config.site.home_networks)
    assert Back.silent_networks(site, Outputs(flow=lambda *_: None)) == ()


def test_first_bytes_that_no_signature_looks_for_need_not_be_told() -> None:
    site = fresh_site()
    news = Back.news(site, Outputs())
    looked_for = {
        str(test.value)[:2]
        for signature in site.catalog.signatures
        for test in signature.match.tests
        if test.field == "payload.prefix"
    }
    assert not news.repeats
    assert news.heads == frozenset(bytes.fromhex(digits) for digits in looked_for)


def stopped_after_the_look_up(path: str) -> dict[str, Any]:
    """Return what a back remembers of a contact whose connection has not come yet."""
    seen = observe([path])
    back = Back(fresh_site(), Outputs(), [Interface(name="eth1", capture=path, link_type=1)])
    for observation in seen.said[:4]:
        back.take(observation)
    state: dict[str, Any] = again(back.state())
    return state


def test_a_back_goes_on_where_another_stopped(tmp_path: Path) -> None:
    path = capture(tmp_path)
    back = Back(fresh_site(), Outputs(), [])
    back.restore(stopped_after_the_look_up(path))
    assert (len(back.book), T0 <= back.clock_ns) == (1, True)
    assert as_bytes(back.state()) == as_bytes(stopped_after_the_look_up(path))


def test_a_back_that_cannot_take_a_state_is_left_as_it_was(tmp_path: Path) -> None:
    state = stopped_after_the_look_up(capture(tmp_path))
    back = Back(fresh_site(), Outputs(), [])
    before = as_bytes(back.state())
    for room in ("enrich", "detect", "alert", "ledger", "clock_ns"):
        with pytest.raises(ValueError, match=room):
            back.restore({**state, room: None})
        assert as_bytes(back.state()) == before


def test_a_detector_that_is_new_begins_with_nothing(tmp_path: Path) -> None:
    state = stopped_after_the_look_up(capture(tmp_path))
    del state["detect"]["firmware_update"]
    state["detect"]["gone"] = {"by_flow": []}
    back = Back(fresh_site(), Outputs(), [])
    back.restore(state)
    assert back.state()["detect"].keys() == fresh_names()


def fresh_names() -> set[str]:
    return {one.NAME for one in fresh_site().detectors}
