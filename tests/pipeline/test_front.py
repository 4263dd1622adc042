from itertools import pairwise
from pathlib import Path

from monitor.capture.replay import Replay
from monitor.model.observation import Observation
from monitor.pipeline.back import Back, Outputs
from monitor.pipeline.front import Front, Plan, in_order
from tests.kit.cases import cases
from tests.kit.house import fresh_site, observe
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


def test_the_place_of_an_observation_never_goes_back() -> None:
    """What workers send can be merged only if each worker's own places are in order."""
    told = list(in_order(observe(DEMO.captures).said))
    assert all(first[0] <= second[0] for first, second in pairwise(told))


def test_nothing_is_lost_on_the_way_to_its_place() -> None:
    said = observe(DEMO.captures).said
    assert said == [one for _, together in in_order(said) for one in together]
