"""Several live workers, told in order of time."""

import os
import signal
import time
from collections.abc import Iterator, Sequence
from itertools import chain
from multiprocessing import current_process
from pathlib import Path

import pytest

from monitor.capture.live import Live
from monitor.model.observation import Observation
from monitor.pipeline import live_workers
from monitor.pipeline.back import Outputs
from monitor.pipeline.live import State
from monitor.pipeline.live_worker import Ways
from monitor.pipeline.live_workers import LiveWorkers
from monitor.pipeline.planning import plan_of
from monitor.pipeline.site import open_site
from monitor.pipeline.stream import LocalStream, StreamLost
from tests.kit.live_source import FileSource, RecordedSource
from tests.kit.netns import End, cable, needs_namespaces
from tests.kit.sensor import ETHERNET_CAPTURES, frames_of, send_slowly
from tests.pipeline.test_live import LARGE, RING, plan_of_everything, said

PCAPS = Path(__file__).parents[2] / "pcaps"
CAPTURES = [str(PCAPS / name / "capture.pcap") for name in ("demo", "http")]


def _workers(ways: Ways | None = None, states: Sequence[State] = ()) -> LiveWorkers:
    plan = plan_of(open_site(), Outputs(), workers=2, seed=1)
    return LiveWorkers([FileSource(capture) for capture in CAPTURES], plan, ways, states)


def _heard(stream: LiveWorkers) -> Iterator[Observation]:
    for batch in stream.batches():
        yield from batch


def test_all_that_the_workers_said_is_told_in_order_of_time() -> None:
    stream = _workers()
    heard = list(_heard(stream))
    health = stream.health()
    stream.close()
    alone, started = [], 0
    for capture in CAPTURES:
        single = LocalStream(plan_of(open_site(), Outputs(), (capture,), seed=1))
        alone += [one for batch in single.batches() for one in batch]
        started += single.health().front.flow["started"]
    assert sorted(_said(heard)) == sorted(_said(alone))
    assert health.front.flow["started"] == started
    assert stream.clock_ns >= max(one.ts_ns for one in heard)


def test_no_two_workers_number_flows_alike() -> None:
    stream = _workers()
    starts = [one.flow.id for one in _heard(stream) if one.type == "flow_start"]
    stream.close()
    assert len(starts) == len(set(starts))


def test_flows_are_kept_where_somebody_will_go_on() -> None:
    stream = _workers(Ways(keeps_flows=True))
    heard = list(_heard(stream))
    states = stream.states()()
    stream.close()
    again = _workers(states=states)
    rest = list(_heard(again))
    again.close()
    ended = [one.flow.id for one in (*heard, *rest) if one.type == "flow_end"]
    assert len(states) == 2
    assert len(ended) == len(set(ended))


def test_a_worker_that_is_killed_ends_the_stream() -> None:
    def stay() -> None:
        if current_process().name == "worker-0":
            time.sleep(3600)

    stream = _workers(Ways(prepare=stay))
    stream._workers[0].process.kill()
    stream._workers[0].process.join()
    with pytest.raises(StreamLost, match="worker-0"):
        list(_heard(stream))
    assert not stream.health().workers_up[0]
    stream.close()


def test_a_worker_prepares_before_it_reads() -> None:
    def refuse() -> None:
        raise SystemExit(3)

    stream = _workers(Ways(prepare=refuse))
    with pytest.raises(StreamLost):
        list(_heard(stream))
    stream.close()


def test_a_worker_that_hangs_ends_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_workers, "REPORT_PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr(live_workers, "START_PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(live_workers, "LAST_PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(live_workers, "STOP_PATIENCE_SECONDS", 0.1)

    def hang() -> None:
        if os.getppid() == parent:
            time.sleep(3600)

    parent = os.getpid()
    stream = _workers(Ways(prepare=hang))
    with pytest.raises(StreamLost, match="has reported nothing"):
        list(_heard(stream))
    stream.close()
    assert not any(stream.health().workers_up)


def test_one_that_is_far_ahead_waits_for_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = sorted(_said(list(_heard(_workers()))))
    monkeypatch.setattr(live_workers, "MAX_WAITING", 64)
    stream, most = _workers(), 0
    heard: list[Observation] = []
    for batch in stream.batches():
        heard += batch
        most = max(most, *(len(worker.waiting) for worker in stream._workers))
    stream.close()
    assert sorted(_said(heard)) == expected
    assert most < 64 + 1000


def test_the_signals_of_a_terminal_are_for_the_parent() -> None:
    stream = _workers()
    for worker in stream._workers:
        for number in (signal.SIGINT, signal.SIGHUP):
            os.kill(worker.process.pid, number)
    assert len(list(_heard(stream))) > 0
    stream.close()


def test_states_are_handed_over_and_not_kept() -> None:
    stream = _workers(Ways(keeps_flows=True))  # one may have come to its end before it is asked
    taken = iter(stream.batches())
    next(taken)
    states = stream.states()()
    assert all(state["flow"] for state in states)
    assert all(worker.state is None or worker.is_over for worker in stream._workers)
    stream.close()


@needs_namespaces()
def test_what_workers_bring_from_an_interface_is_what_a_replay_of_its_frames_says(tmp_path: Path) -> None:
    frames = list(chain.from_iterable(map(frames_of, ETHERNET_CAPTURES)))
    recorded = [tmp_path / f"{number}.pcap" for number in range(2)]
    with cable() as link:
        link.make_room(LARGE)
        stream = link.watched.call(_team, link.watched, recorded)
        sending = send_slowly(link, frames)
        heard = _until(stream, len(frames))
        sending.join()
        stream.close()
    replayed = LocalStream(plan_of_everything(tuple(map(str, recorded))))
    assert stream.health().front.frames == len(frames)
    assert all(one.stat().st_size > 100_000 for one in recorded)
    assert said(heard) == said([one for batch in replayed.batches() for one in batch])


def _team(end: End, recorded: Sequence[Path]) -> LiveWorkers:
    team = Live.team([end.interface], RING, len(recorded))
    sources = [RecordedSource(source, path) for source, path in zip(team, recorded, strict=True)]
    return LiveWorkers(sources, plan_of_everything())


def _until(stream: LiveWorkers, frames: int) -> list[Observation]:
    heard: list[Observation] = []
    for batch in stream.batches():
        heard += batch
        if stream.health().front.frames >= frames:
            stream.stop()
    return heard


def _said(observations: list[Observation]) -> list[tuple[object, ...]]:
    return [(one.ts_ns, one.type, one.flow.community_id, str(one.fields)) for one in observations]
