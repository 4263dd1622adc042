"""The state that the board shows."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.capture.source import InterfaceCounts
from monitor.export.openmetrics import render
from monitor.export.outbox import Outbox, OutboxPlan
from monitor.pipeline.condition import Circumstances, Condition
from tests.pipeline.test_sensor import World, _sensor


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    made = Outbox(OutboxPlan(sections={}, folder=tmp_path, state_folder=None, host="tests", version="1"))
    yield made
    made.close(5)


def _condition(world: World, outbox: Outbox, *, run: bool = True) -> Condition:
    sensor = _sensor(world)
    condition = Condition(sensor, Circumstances(name="tests", outputs=outbox, memory_budget_bytes=1 << 30))
    if run:
        sensor.run()
        sensor._look()
    for alert in world.told:
        condition.told(alert, 1)
    return condition


def test_the_books_are_closed(outbox: Outbox) -> None:
    snapshot = _condition(World(), outbox).state(1).snapshot
    sensor = snapshot.sensor
    assert sensor is not None
    seen = snapshot.frames["tap0"].frames
    ignored, dropped = sum(sensor.ignored.values()), sum(snapshot.dropped.values())
    assert seen == 2179
    assert ignored > 0
    assert dropped == 0
    assert sensor.completeness == 1.0


def test_what_fires_is_shown_with_the_worst_first(outbox: Outbox) -> None:
    state = _condition(World(), outbox).state(1)
    ranks = [alert.severity.rank for alert in state.firing]
    assert state.firing_total == len(state.firing) == 13
    assert ranks == sorted(ranks, reverse=True)
    assert len(state.about.recent) > 0


def test_a_sensor_that_heard_nothing_is_not_ready(outbox: Outbox) -> None:
    state = _condition(World(), outbox, run=False).state(1)
    assert not state.health.is_ready
    assert state.health.reasons == ("nothing has been heard yet",)


def test_every_table_says_how_full_it_is(outbox: Outbox) -> None:
    snapshot = _condition(World(), outbox).state(1).snapshot
    assert snapshot.sensor is not None
    assert set(snapshot.sensor.tables) == set(snapshot.known.tables)
    assert all(0 <= fill.entries <= fill.capacity > 0 for fill in snapshot.sensor.tables.values())
    assert {name for name, fill in snapshot.sensor.tables.items() if fill.entries} >= {"flow", "devices"}


def test_the_closed_sets_are_made_once(outbox: Outbox) -> None:
    condition = _condition(World(), outbox)
    assert condition.state(1).snapshot.known is condition.state(2).snapshot.known


def test_a_state_can_be_rendered(outbox: Outbox) -> None:
    text = render(_condition(World(), outbox).state(1).snapshot).decode()
    assert 'umbilical_frames_total{interface="tap0"} 2179.0' in text
    assert 'umbilical_worker_up{worker="0"} 1.0' in text


def test_a_line_says_how_it_goes(outbox: Outbox) -> None:
    assert _condition(World(), outbox, run=False).line() == "no frames yet"
    line = _condition(World(), outbox).line()
    assert "2,179 in all" in line
    assert "13 alerts firing" in line
    assert "lost" not in line


def test_a_short_line_says_how_it_goes_lately(outbox: Outbox) -> None:
    assert _condition(World(), outbox, run=False).short_line() == "no frames yet"
    condition = _condition(World(), outbox)
    assert re.fullmatch(r"[\d,]+ frames/s, 0\.00 % lost, 13 alerts firing", condition.short_line())
    condition._sensor.health.interfaces = (InterfaceCounts(name="tap0", is_up=False, frames=1),)
    assert condition.short_line().endswith("13 alerts firing, tap0 is down")


def test_recording_is_shown_where_packets_are_recorded(outbox: Outbox) -> None:
    condition = _condition(World(), outbox)
    assert condition.state(1).snapshot.sensor.recording is None  # type: ignore[union-attr]  # a sensor has it
    keys = (
        "packets",
        "packets_unwritten",
        "over_flow_limit",
        "over_second_limit",
        "frames_too_large",
        "stopped",
    )
    condition._sensor.health.recorded = dict.fromkeys(keys, 2)
    recording = condition.state(1).snapshot.sensor.recording  # type: ignore[union-attr]  # likewise
    assert recording is not None
    assert not recording.is_up
    assert recording.dropped == {"disk": 2, "flow_limit": 2, "rate_limit": 2, "too_large": 2}
