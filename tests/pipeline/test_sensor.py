"""The sensor's loop, with a capture in the place of an interface."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from monitor.capture.source import InterfaceCounts
from monitor.model.alert import Alert, AlertState
from monitor.model.errors import SignatureError
from monitor.model.instant import SECOND_NS
from monitor.pipeline.back import Outputs
from monitor.pipeline.checkpoint import remembered
from monitor.pipeline.live import LocalLive
from monitor.pipeline.planning import plan_of
from monitor.pipeline.replay import replay
from monitor.pipeline.sensor import Sensor, Surroundings
from monitor.pipeline.site import Site, open_site
from monitor.pipeline.stream import StreamLost
from tests.kit.live_source import FileSource
from tests.kit.states import again

DEMO = Path(__file__).parents[2] / "pcaps" / "demo"


@dataclass
class World:
    """Everything around a sensor, kept in lists."""

    told: list[Alert] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    saved: list[Any] = field(default_factory=list)
    now_ns: int = 0
    last_sequence: int = 0
    is_safe: bool = True
    problem: str = ""
    failed: list[str] = field(default_factory=list)
    on_beat: Callable[[], None] = lambda: None

    def put(self, alert: Alert) -> None:
        self.told.append(alert)
        self.last_sequence += 1

    def flush(self, patience_seconds: float) -> bool:
        del patience_seconds
        return self.is_safe

    def save(self, make_state: Callable[[], Any]) -> bool:
        self.saved.append(again(make_state()))
        return True

    def finish(self, state: Any) -> bool:
        self.saved.append(again(state))
        return True

    def fail(self, reason: str) -> None:
        self.failed.append(reason)

    def poll(self) -> None: ...

    def beat(self) -> None:
        self.now_ns += SECOND_NS
        self.on_beat()

    def surroundings(self) -> Surroundings:
        return Surroundings(
            now_ns=lambda: self.now_ns,
            outbox=self,
            say=self.said.append,
            beat=self.beat,
            keeper=self,
            save_every_ns=5 * SECOND_NS,
        )


def _site() -> Site:
    return open_site(DEMO / "umbilical.toml")


def _sensor(world: World, states: tuple[Any, ...] = ()) -> Sensor:
    site = _site()
    source = FileSource(str(DEMO / "capture.pcap"))
    stream = LocalLive(source, plan_of(site, Outputs(), seed=1).of(0), None, states)
    return Sensor(site, stream, world.surroundings(), lambda one: plan_of(one, Outputs(), seed=1))


def _last_words(alerts: list[Alert]) -> dict[str, Alert]:
    # The capture is the interface here, and its path in a replay.
    return {one.alert_id: replace(one, completeness=None, evidence=()) for one in alerts}


def test_a_source_that_ends_leaves_what_a_replay_tells() -> None:
    world = World()
    sensor = _sensor(world)
    sensor.run()
    sensor.finish()
    _, alerts = replay([str(DEMO / "capture.pcap")], _site(), seed=1)
    assert _last_words(world.told) == _last_words(alerts)


def test_an_alert_is_told_as_soon_as_its_packet_is_read() -> None:
    world, first = World(), []
    sensor = _sensor(world)
    world.on_beat = lambda: first.append(len(world.told))
    sensor.run()
    assert first[0] < first[len(first) // 2] < first[-1]


def test_how_the_interfaces_are_is_known_from_the_first_batch_on() -> None:
    world, known = World(now_ns=1_800_000_000 * SECOND_NS), []
    sensor = _sensor(world)
    world.on_beat = lambda: known.append([one.name for one in sensor.health.interfaces])
    sensor.run()
    assert known[0] == ["tap0"]


def test_every_alert_says_how_complete_the_capture_was() -> None:
    world = World()
    sensor = _sensor(world)
    sensor.run()
    assert {one.completeness for one in world.told[5:]} == {1.0}


def test_checkpoints_are_made_when_due_and_lead_on() -> None:
    world = World()
    sensor = _sensor(world)
    sensor.run()
    assert sensor.save_at_end()
    whole = World()
    uncut = _sensor(whole)
    uncut.run()
    uncut.finish()

    memory = remembered(world.saved[-1], workers=1, captures=("tap0",))
    later = World()
    second = _sensor(later, memory.fronts)
    second.back.restore(memory.back)
    second.finish()
    assert len(world.saved) > 3
    assert memory.moment.is_clean
    assert memory.moment.spool_sequence == len(world.told)
    assert _last_words(later.told) == _last_words(whole.told)


def test_no_checkpoint_knows_of_an_alert_that_is_not_safe() -> None:
    world = World(is_safe=False)
    sensor = _sensor(world)
    sensor.run()
    assert not sensor.save_at_end()
    assert world.saved == []


def test_a_checkpoint_that_a_full_disk_prevents_has_failed_each_time() -> None:
    world = World(is_safe=False, problem="No space left on device")
    sensor = _sensor(world)
    for _ in range(3):
        sensor.save()
    assert world.failed == ["alerts wait for the spool: No space left on device"] * 3
    assert not sensor.save_at_end()
    assert world.said == [
        "the state is not saved at the end: alerts wait for the spool: No space left on device"
    ]


def test_a_checkpoint_that_a_slow_disk_puts_off_has_failed_when_the_next_one_is_too() -> None:
    world = World(is_safe=False)
    sensor = _sensor(world)
    sensor.save()
    assert world.failed == []
    sensor.save()
    assert world.failed == ["alerts wait for the spool: the disk takes too long"]
    world.is_safe = True
    sensor.save()
    world.is_safe = False
    sensor.save()
    assert (len(world.failed), len(world.saved)) == (1, 1)


def test_a_fault_of_ours_is_counted_and_the_sensor_goes_on() -> None:
    world = World()

    def break_down() -> None:
        raise RuntimeError("beat")

    world.on_beat = break_down
    sensor = _sensor(world)
    sensor.run()
    sensor.finish()
    assert sum(sensor.faults.by_room.values()) > 1
    assert len(world.said) == 1
    assert len(_last_words(world.told)) == 13


def test_a_reload_keeps_flows_and_stories(tmp_path: Path) -> None:
    world = World()
    sensor = _sensor(world)
    config = tmp_path / "umbilical.toml"
    config.write_text((DEMO / "umbilical.toml").read_text() + '\n[alert]\nresolve_after = "23h"\n')
    world.on_beat = lambda: None if sensor.site.config.path == config else sensor.reload(open_site(config))
    sensor.run()
    sensor.finish()
    _, alerts = replay([str(DEMO / "capture.pcap")], _site(), seed=1)
    assert not sensor.faults.by_room
    assert {one.alert_id for one in world.told} == {one.alert_id for one in alerts}


def test_a_reload_that_would_lose_most_signatures_is_refused(tmp_path: Path) -> None:
    sensor = _sensor(World())
    few = tmp_path / "few"
    few.mkdir()
    source = DEMO.parents[1] / "signatures" / "airm2m.yaml"
    (few / "airm2m.yaml").write_text(source.read_text())
    before = sensor.site
    with pytest.raises(SignatureError):
        sensor.reload(open_site(DEMO / "umbilical.toml", few))
    assert sensor.site is before


def test_jobs_are_done_between_two_batches() -> None:
    world = World()
    sensor = _sensor(world)
    done: list[int] = []
    sensor.soon(lambda: done.append(1))
    sensor.run()
    assert done == [1]


def test_resolved_stories_are_told(tmp_path: Path) -> None:
    config = tmp_path / "umbilical.toml"
    config.write_text((DEMO / "umbilical.toml").read_text() + '\n[alert]\nresolve_after = "1h"\n')
    world = World()
    sensor = _sensor(world)
    sensor.reload(open_site(config))
    sensor.run()
    states = [one.state for one in world.told]
    assert AlertState.RESOLVED in states


def test_a_disk_that_takes_nothing_is_asked_only_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    asked: list[int] = []

    def flush(patience_seconds: float) -> bool:
        del patience_seconds
        asked.append(world.now_ns)
        return False

    monkeypatch.setattr(world, "flush", flush)
    _sensor(world).run()
    assert len(asked) > 1
    assert all(later - earlier >= 5 * SECOND_NS for earlier, later in pairwise(asked))


def test_a_clock_that_is_set_back_stops_neither_checkpoints_nor_counting() -> None:
    world = World(now_ns=10_000 * SECOND_NS)
    sensor = _sensor(world)
    world.now_ns = SECOND_NS
    sensor.run()
    assert len(world.saved) > 3
    assert sensor.health.interfaces[0].frames > 0


def test_a_stream_that_is_lost_ends_the_sensor_whenever_it_turns_out() -> None:
    world = World()

    def lose() -> None:
        raise StreamLost("worker-0")

    world.on_beat = lose
    with pytest.raises(StreamLost):
        _sensor(world).run()
    assert world.said == []


def test_an_interface_that_goes_and_comes_is_said_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    sensor = _sensor(world)
    health = sensor.stream.health()
    for is_up, problem in ((True, ""), (False, "is gone"), (False, "is gone"), (True, ""), (False, "")):
        told = replace(health, interfaces=(InterfaceCounts(name="tap0", is_up=is_up, problem=problem),))
        monkeypatch.setattr(sensor.stream, "health", partial(replace, told))
        sensor._look()
    assert world.said == ["tap0: is gone", "tap0: is up again", "tap0: is down"]


def test_a_recorder_in_trouble_is_said_when_that_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    sensor = _sensor(world)
    health = sensor.stream.health()
    for problem in ("", "disk full", "disk full", ""):
        told = replace(health, record_problem=problem)
        monkeypatch.setattr(sensor.stream, "health", partial(replace, told))
        sensor._look()
    assert world.said == ["packets are not recorded: disk full", "packets are recorded again"]


def test_a_reload_that_does_not_fit_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    sensor = _sensor(World())
    before = sensor.site

    def refuse(_: Site) -> Any:
        raise ValueError("memory_budget")

    monkeypatch.setattr(sensor, "_plan_of", refuse)
    reloaded: list[Site] = []
    monkeypatch.setattr(sensor.back, "reload", reloaded.append)
    with pytest.raises(ValueError, match="memory_budget"):
        sensor.reload(_site())
    assert sensor.site is before
    assert reloaded == []
