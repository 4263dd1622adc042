"""The live stream in one process says what a replay says."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from monitor.capture.live import Live
from monitor.capture.settings import Settings
from monitor.pipeline.back import Outputs
from monitor.pipeline.live import LocalLive
from monitor.pipeline.planning import plan_of
from monitor.pipeline.site import open_site
from monitor.pipeline.stream import LocalStream
from tests.kit.live_source import FileSource, RecordedSource
from tests.kit.netns import cable, needs_namespaces
from tests.kit.sensor import ETHERNET_CAPTURES, frames_of, send_slowly

if TYPE_CHECKING:
    from monitor.model.flow import FlowTotals
    from monitor.model.observation import Observation
    from monitor.pipeline.front import Plan

DEMO = str(Path(__file__).parents[2] / "pcaps" / "demo" / "capture.pcap")
LARGE = 9200
"""Some captures have frames that are larger than Ethernet's."""
RING = Settings(ring_size_bytes=16 << 20)


def _plan(captures: tuple[str, ...] = ()) -> Plan:
    return plan_of(open_site(), Outputs(), captures, seed=1)


def plan_of_everything(captures: tuple[str, ...] = ()) -> Plan:
    """Return a plan by which everything is said that parsers can read."""
    return plan_of(open_site(), Outputs(observation=lambda _: None), captures, seed=1)


def said(observations: list[Observation]) -> list[tuple[Any, ...]]:
    """Return what was said, in an order of its own; flows and packets have other numbers in each run."""
    return sorted(
        (one.ts_ns, one.type, one.flow.community_id, repr(one.fields), repr(_unnumbered(one.totals)))
        for one in observations
    )


def _unnumbered(totals: FlowTotals | None) -> FlowTotals | None:
    return None if totals is None else totals._replace(last_ordinal=0)


def test_a_live_source_says_what_a_replay_says() -> None:
    live, replay = LocalLive(FileSource(DEMO), _plan().of(0)), LocalStream(_plan((DEMO,)))
    heard = [one for batch in live.batches() for one in batch]
    heard += live.finish()
    assert heard == [one for batch in replay.batches() for one in batch]
    assert live.is_exhausted
    assert live.clock_ns == replay.health().front.clock_ns


def test_every_frame_is_in_the_books() -> None:
    live = LocalLive(FileSource(DEMO), _plan().of(0))
    for batch in live.batches():
        list(batch)
    health = live.health()
    (outcomes,) = health.outcomes.values()
    assert outcomes.seen == health.front.frames == health.interfaces[0].frames


def test_a_stream_that_is_stopped_is_not_exhausted() -> None:
    live = LocalLive(FileSource(DEMO), _plan().of(0))
    for batch in live.batches():
        list(batch)
        live.stop()
    assert not live.is_exhausted


def test_a_stream_goes_on_where_another_one_was() -> None:
    whole = LocalLive(FileSource(DEMO), _plan().of(0))
    expected = [one.flow.id for batch in whole.batches() for one in batch if one.type == "flow_end"]
    first = LocalLive(FileSource(DEMO), _plan().of(0))
    ended = []
    for batch in first.batches():
        ended += [one.flow.id for one in batch if one.type == "flow_end"]
    (state,) = first.states()()
    second = LocalLive(FileSource(DEMO), _plan().of(0), None, [state])
    open_flows = [one.flow.id for one in second.finish() if one.type == "flow_end"]
    assert ended == expected
    assert sorted(open_flows) == sorted(one.flow.id for one in whole.finish() if one.type == "flow_end")


def test_a_state_of_a_wrong_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="front"):
        LocalLive(FileSource(DEMO), _plan().of(0), None, [{"ordinal": 1}])


@needs_namespaces()
def test_what_an_interface_brings_is_what_a_replay_of_its_frames_says(tmp_path: Path) -> None:
    frames = list(chain.from_iterable(map(frames_of, ETHERNET_CAPTURES)))
    recorded = tmp_path / "recorded.pcap"
    with cable() as link:
        link.make_room(LARGE)
        source = link.watched.call(Live, [link.watched.interface], RING)
        stream = LocalLive(RecordedSource(source, recorded), plan_of_everything().of(0))
        sending = send_slowly(link, frames)
        heard = link.watched.call(_heard, stream, len(frames))
        sending.join()
        stream.close()
    replayed = LocalStream(plan_of_everything((str(recorded),)))
    assert stream.health().front.frames == len(frames)
    assert said(heard) == said([one for batch in replayed.batches() for one in batch])


def _heard(stream: LocalLive, frames: int) -> list[Observation]:
    heard: list[Observation] = []
    for batch in stream.batches():
        heard += batch
        if stream.health().front.frames >= frames:
            stream.stop()
    return [*heard, *stream.finish()]
