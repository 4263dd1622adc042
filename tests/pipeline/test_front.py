from dataclasses import replace
from pathlib import Path

import pytest

from monitor.capture.replay import Replay
from monitor.model.observation import Observation
from monitor.pipeline.back import Back, Outputs
from monitor.pipeline.front import Front, Plan
from tests.kit.cases import cases
from tests.kit.house import fresh_site
from tests.kit.story import capture, contact

DEMO = next(case for case in cases() if case.name == "demo")


def plan(*captures: str) -> Plan:
    """Return a plan with everything wanted."""
    outputs, site = Outputs(observation=lambda _: None), fresh_site()
    return Plan(
        captures=captures,
        flow=site.config.settings("flow"),
        wanted=Back.wanted(site, outputs),
        seed=1,
        news=Back.news(site, outputs),
    )


def said_by(front: Front, *captures: str) -> list[Observation]:
    said: list[Observation] = []
    for batch in Replay(captures).batches():
        said += front.take(batch)
    return said + list(front.finish())


def test_a_contact_is_told_from_its_question_to_the_end_of_its_flow(tmp_path: Path) -> None:
    path = capture(tmp_path)
    kinds = [one.type for one in said_by(Front(plan(path)), path)]
    assert [kind for kind in kinds if kind.startswith("dns")] == ["dns_query", "dns_answer"]
    assert kinds.count("flow_start") == kinds.count("flow_end") == 2


def test_health_counts_every_frame_once(tmp_path: Path) -> None:
    path = capture(tmp_path)
    front = Front(plan(path))
    assert (front.health().frames, front.health().clock_ns) == (0, 0)
    said_by(front, path)
    health = front.health()
    assert (health.frames, health.decode["packet"], health.flow["started"]) == (3, 3, 2)
    assert health.clock_ns == contact()[-1].ts_ns


@pytest.mark.parametrize("cut", [0, 1, 5, 40, 1000])
def test_a_front_that_is_restored_goes_on_where_the_other_stopped(cut: int) -> None:
    one = plan(*map(str, DEMO.captures))
    expected = [observation for observation in said_by(Front(one), *one.captures) if observation.totals]
    source = Replay(one.captures, batch_frames=7)
    front = Front(one)
    said: list[Observation] = []
    for number, batch in enumerate(source.batches()):
        if number == cut:
            earlier = front
            front = Front(replace(one, seed=2))
            front.restore(earlier.state())
        said += front.take(batch)
    said += front.finish()
    assert amounts(expected) == amounts(said)
    starts = [one.flow.id for one in said if one.type == "flow_start"]
    assert len(starts) == len(set(starts))


def test_a_worker_with_packets_of_its_own_gives_no_flow_another_ones_id() -> None:
    first, second = (
        said_by(Front(plan(*map(str, DEMO.captures)).of(worker)), *map(str, DEMO.captures))
        for worker in range(2)
    )
    assert not {one.flow.id for one in first} & {one.flow.id for one in second}


def test_another_plan_is_heard_from_the_next_batch_on() -> None:
    one = plan(*map(str, DEMO.captures))
    front = Front(one)
    front.reload(replace(one, wanted=frozenset({"dns_query"})))
    assert {"dns_query"} == {observation.type for observation in said_by(front, *one.captures)}


def test_the_health_of_two_fronts_adds_up() -> None:
    front = Front(plan(*map(str, DEMO.captures)))
    said_by(front, *map(str, DEMO.captures))
    health = front.health()
    total = health.plus(health)
    assert (2 * health.frames, health.clock_ns) == (total.frames, total.clock_ns)
    assert 2 * health.flow["started"] == total.flow["started"]


def amounts(said: list[Observation]) -> list[tuple[str, int, object]]:
    """Return what the flows amounted to."""
    return [(one.type, one.flow.id, one.totals) for one in said if one.type in {"flow_active", "flow_end"}]
