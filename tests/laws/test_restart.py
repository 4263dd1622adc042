"""A restart may change nothing: whoever goes on from a checkpoint tells the same alerts, to the byte, as if never stopped.

The checkpoint lies in a file in between, wherever the cut is. What it holds is not trusted: spoiled in any place it is
refused and changes nothing, or it does no harm.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from monitor.capture.replay import Replay
from monitor.export.checkpoint import read, write
from monitor.export.jsonl import alert_line, alert_record
from monitor.flow.settings import Settings as FlowSettings
from monitor.model.state import without_counts, without_flows
from monitor.pipeline.back import Back, Outputs
from monitor.pipeline.checkpoint import Moment, checkpoint, remembered, take_back
from monitor.pipeline.front import Front, Plan
from tests.kit.cases import Case, cases
from tests.kit.house import SEED, fresh_site, observe
from tests.kit.states import again, as_bytes, spoiled

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from monitor.model.alert import Alert
    from tests.kit.house import Seen

CASES = cases()
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
DEMO = next(case for case in CASES if case.name == "demo")
CUTS = 12
"""Places where each case is cut, at random but always the same."""
SPOILED = 300
BATCH_FRAMES = 30
DEMO_BATCHES = 70


class Told(NamedTuple):
    """What came of a run."""

    lines: list[bytes]
    sums: bytes
    """What detectors, alert book and ledger remembered at the end, counters included.

    Of the enricher not: it meets again whom it knows, and sees by that how they are now.
    """


@cache
def seen_in(case: Case) -> Seen:
    return observe(case.captures)


def fresh_back(seen: Seen, lines: list[bytes]) -> Back:
    def note(alert: Alert) -> None:
        lines.append(alert_line(alert))

    return Back(fresh_site(), Outputs(story=note, alert=note), seen.health.interfaces)


def led(case: Case, cuts: Collection[int] = ()) -> Told:
    """Lead what the front saw through the back, and stop and go on at each cut."""
    seen, lines = seen_in(case), list[bytes]()
    back = fresh_back(seen, lines)
    for number, observation in enumerate(seen.said):
        if number in cuts:
            state = again(back.state())
            back = fresh_back(seen, lines)
            back.restore(state)
        back.take(observation)
    sums = as_bytes({room: back.state()[room] for room in ("detect", "alert", "ledger")})
    back.finish(seen.health.front.clock_ns)
    return Told(lines, sums)


@each_case
def test_a_restart_anywhere_gives_the_same_alerts(case: Case) -> None:
    whole = led(case)
    count = len(seen_in(case).said)
    for cut in Random(1).sample(range(count), min(count, CUTS)):
        assert whole.lines == led(case, [cut]).lines


@each_case
def test_many_restarts_in_a_row_give_the_same_alerts_and_the_same_sums(case: Case) -> None:
    count = len(seen_in(case).said)
    cuts = range(0, count, max(1, count // CUTS))
    assert led(case) == led(case, cuts)


def test_a_restart_of_front_and_back_tells_the_same_stories() -> None:
    """Flows that live over the cut end with the bytes of both lives.

    A message that is cut in the middle is not read: of an image that was on its way then, only a guess is told.
    """
    whole = streamed()
    for cut in range(0, DEMO_BATCHES, 5):
        stories = streamed(cut)
        assert whole.keys() == stories.keys()
        changed = [stories[name] for name in whole if whole[name] != stories[name]]
        assert [one["detector"] for one in changed] in ([], ["firmware_update"])
        assert [one["unreadable"] for one in changed] == [True] * len(changed)


def streamed(cut: int | None = None) -> dict[str, Any]:
    """Lead the demo through a front and a back; both begin anew from one checkpoint before a batch."""
    site, alerts = fresh_site(), list[dict[str, Any]]()
    outputs = Outputs(story=lambda alert: alerts.append(alert_record(alert)))
    source = Replay([str(path) for path in DEMO.captures])
    source._batch_frames = BATCH_FRAMES
    plan = Plan(
        captures=(),
        flow=FlowSettings(),
        wanted=Back.wanted(site, outputs),
        news=Back.news(site, outputs),
        home=Back.silent_networks(site, outputs),
        seed=SEED,
    )
    front, back = Front(plan), Back(site, outputs, source.interfaces)
    for number, batch in enumerate(source.batches()):
        if number == cut:
            moment = Moment(spool_sequence=0, clock_ns=back.clock_ns, is_clean=True)
            memory = remembered(
                again(checkpoint(back.state(), [front.state()], moment)), workers=1, captures=()
            )
            front, back = Front(replace(plan, seed=number)), Back(fresh_site(), outputs, source.interfaces)
            take_back(back, [front], memory)
        for observation in front.take(batch):
            back.take(observation)
    for observation in front.finish():
        back.take(observation)
    back.finish(front.clock_ns)
    source.close()
    return {alert["alert_id"]: alert for alert in alerts}


def test_what_was_taken_back_is_remembered_as_it_was_with_a_file_in_between_or_without() -> None:
    back = fresh_back(seen_in(DEMO), [])
    back.restore(half_way())
    for state in (again(back.state()), back.state()):
        twice = fresh_back(seen_in(DEMO), [])
        twice.restore(state)
        assert as_bytes(twice.state()) == as_bytes(back.state())


@cache
def half_way() -> dict[str, Any]:
    """Return what is remembered in the middle of the demo, where flows are open and images half fetched."""
    seen = seen_in(DEMO)
    back = fresh_back(seen, [])
    for observation in seen.said[: len(seen.said) * 2 // 3]:
        back.take(observation)
    state: dict[str, Any] = again(back.state())
    return state


def test_a_spoiled_state_is_refused_whole_or_does_no_harm() -> None:
    seen = seen_in(DEMO)
    rest = seen.said[len(seen.said) * 2 // 3 :: 5]
    refused = 0
    for state in spoiled(half_way(), Random(7), SPOILED):
        back = fresh_back(seen, [])
        before = as_bytes(back.state())
        try:
            back.restore(state)
        except ValueError:
            refused += 1
            assert as_bytes(back.state()) == before
            continue
        for observation in rest:
            back.take(observation)
        back.finish(seen.health.front.clock_ns)
        as_bytes(back.state())
    assert refused > SPOILED // 2


def test_a_state_without_counts_is_the_same_memory_with_counters_at_0() -> None:
    seen, lines = seen_in(DEMO), list[bytes]()
    back = fresh_back(seen, lines)
    back.restore(without_counts(half_way()))
    ledger, book = back.ledger, back.book
    assert (sum(ledger.findings.values()), ledger.flows, book.tally["fired"]) == (0, 0, 0)
    assert not any(one.uplink_bytes + one.downlink_bytes + one.flows for one in ledger.vendors.values())
    assert all(one.last_ns for one in ledger.vendors.values())
    assert (len(book), len(ledger.devices)) == (
        len(half_way()["alert"]["stories"]),
        len(half_way()["ledger"]["devices"]),
    )


def test_a_state_without_flows_can_be_gone_on_with() -> None:
    seen, lines = seen_in(DEMO), list[bytes]()
    back = fresh_back(seen, lines)
    back.restore(without_flows(half_way()))
    assert all(one["by_flow"] == [] for one in back.state()["detect"].values())
    assert back.state()["enrich"]["by_flow"] == []


def test_a_checkpoint_file_brings_back_what_was_remembered(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint"
    write(path, half_way())
    assert as_bytes(read(path)) == as_bytes(half_way())
