from dataclasses import replace

import pytest

from monitor.export._page_verdict import DEAF_AFTER_NS, STALE_CATALOG_NS, STALE_GEOIP_NS, Mood, verdict_of
from monitor.export.board import Health, State
from monitor.export.sensor_counts import Checkpoint, Delivery, Reload, Spool
from tests.export._states import BUSY, NOW_NS, SENSOR, make_state

GOOD = make_state()


def sensing(**changes: object) -> State:
    return replace(GOOD, snapshot=replace(BUSY, sensor=replace(SENSOR, **changes)))  # type: ignore[arg-type]  # by name


def ailing(*reasons: str, is_capturing: bool = True, has_catalog: bool = True) -> State:
    return replace(GOOD, health=Health(is_capturing=is_capturing, has_catalog=has_catalog, reasons=reasons))


LONG_AGO_NS = NOW_NS - DEAF_AFTER_NS - 1


@pytest.mark.parametrize(
    ("state", "word", "mood", "reason"),
    [
        (GOOD, "Watching", Mood.GOOD, ""),
        (ailing("eth2 is down", is_capturing=False), "Partly blind", Mood.BAD, "eth2 is down"),
        (ailing(is_capturing=False), "Partly blind", Mood.BAD, "No interface"),
        (ailing(has_catalog=False), "No catalog", Mood.BAD, "No signatures"),
        (ailing("eth1 has a small ring"), "Impaired", Mood.WARNING, "eth1 has a small ring"),
        (
            sensing(last_frame_ns={"eth1": LONG_AGO_NS}),
            "Hears nothing",
            Mood.BAD,
            "No frame came in on eth1 for 5 min",
        ),
        (sensing(completeness=0.98), "Losing frames", Mood.WARNING, "2.0 % of the frames"),
        (sensing(one_way=0.93), "Hears one side", Mood.BAD, "93 % of the TCP flows"),
        (
            replace(GOOD, snapshot=replace(BUSY, capture_lag_seconds=42.0)),
            "Behind",
            Mood.WARNING,
            "42.0 s behind",
        ),
        (
            replace(GOOD, snapshot=replace(BUSY, internal_errors={"detect": 2})),
            "Faulty",
            Mood.BAD,
            "2 faults",
        ),
        (
            replace(GOOD, about=replace(GOOD.about, output_faults={"syslog": "refused"})),
            "Alerts held up",
            Mood.BAD,
            "syslog takes no alerts: refused",
        ),
        (
            sensing(deliveries={"syslog": Delivery(pending=60, failures=4)}),
            "Alerts held up",
            Mood.BAD,
            "60 alerts wait for syslog, which has taken none for 2 h 0 min.",
        ),
        (sensing(deliveries={"syslog": Delivery(dropped=3)}), "Alerts lost", Mood.BAD, "3 alerts for syslog"),
        (
            sensing(reload=Reload(is_successful=False)),
            "Old configuration",
            Mood.WARNING,
            "the old one is in use",
        ),
        (
            sensing(spool=Spool(problem="No space left on device")),
            "Alerts not safe",
            Mood.BAD,
            "the spool cannot be written: No space left on device.",
        ),
        (sensing(checkpoint=Checkpoint(failures=1)), "Forgetful", Mood.WARNING, "cannot be written"),
        (
            replace(GOOD, snapshot=replace(BUSY, catalog_day_ns=NOW_NS - STALE_CATALOG_NS - 1)),
            "Old signatures",
            Mood.WARNING,
            "180 days old",
        ),
        (
            sensing(geoip_build_ns={"x.mmdb": NOW_NS - STALE_GEOIP_NS - 1}),
            "Old geo-IP",
            Mood.WARNING,
            "x.mmdb is 180 days",
        ),
    ],
)
def test_each_ailment_has_its_word_and_its_reason(state: State, word: str, mood: Mood, reason: str) -> None:
    verdict = verdict_of(state, 0.0)
    assert (verdict.word, verdict.mood) == (word, mood)
    assert reason in "\n".join(verdict.reasons)


def test_a_sensor_without_any_interface_is_blind() -> None:
    state = replace(
        ailing(is_capturing=False), snapshot=replace(BUSY, sensor=replace(SENSOR, up={"eth1": False}))
    )
    assert verdict_of(state, 0.0).word == "Blind"


def test_the_worst_gives_the_word_and_everything_is_told() -> None:
    state = replace(
        sensing(completeness=0.5, reload=Reload(is_successful=False)),
        health=Health(is_capturing=True, has_catalog=True, reasons=("eth1 has a small ring",)),
    )
    verdict = verdict_of(state, 0.0)
    assert verdict.word == "Losing frames"
    assert len(verdict.reasons) == 3


def test_a_main_loop_that_hangs_is_worse_than_anything_it_said() -> None:
    verdict = verdict_of(replace(ailing(is_capturing=False), is_stale=True), 75.0)
    assert (verdict.word, verdict.reasons[0]) == (
        "Not responding",
        "The main loop has said nothing for 1 min 15 s.",
    )


def test_an_interface_that_has_just_come_up_is_given_time() -> None:
    fresh = replace(sensing(last_frame_ns={"eth1": 0}), about=replace(GOOD.about, started_ns=NOW_NS - 1))
    assert verdict_of(fresh, 0.0).word == "Watching"
