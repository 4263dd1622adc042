"""One worker: a report for each batch, with a clock that never goes back, and commands done in between."""

import pickle
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from monitor.pipeline import live_worker
from monitor.pipeline.back import Outputs
from monitor.pipeline.live_worker import HEALTH_EVERY, Report, Share, Ways, work
from monitor.pipeline.planning import plan_of
from monitor.pipeline.site import open_site
from tests.kit.live_source import FileSource

CAPTURE = str(Path(__file__).parents[2] / "pcaps" / "demo" / "capture.pcap")


@pytest.fixture(autouse=True)
def _signals_stay_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a worker run in a thread, which may not take signals."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(signal, "pthread_sigmask", lambda *_: None)
    monkeypatch.setattr(live_worker, "calm_collector", lambda: None)


@contextmanager
def _working(ways: Ways, *commands: tuple[Any, ...], state: Any = None) -> Iterator[Connection]:
    """Run a worker that finds these commands at its first batch."""
    ours, theirs = Pipe()
    for command in commands:
        ours.send(command)
    plan = plan_of(open_site(), Outputs(), seed=1).of(0)
    share = Share(0, FileSource(CAPTURE), plan, [] if state is None else [state])
    thread = Thread(target=work, args=(theirs, (), share, ways))
    thread.start()
    try:
        yield ours
    finally:
        ours.close()
        thread.join(10)
        assert not thread.is_alive()
        theirs.close()


def _reports(ours: Connection) -> list[Report]:
    reports: list[Report] = []
    while not reports or not reports[-1].is_last:
        assert ours.poll(20)
        reports.append(pickle.loads(ours.recv_bytes()))  # noqa: S301 - from our own worker
    return reports


def test_every_batch_is_reported_with_a_clock_that_never_goes_back() -> None:
    with _working(Ways()) as ours:
        reports = _reports(ours)
    told = [clock_ns for report in reports for clock_ns, _ in report.told]
    assert told == sorted(told)
    assert all(former.clock_ns <= later.clock_ns for former, later in pairwise(reports))
    assert any(one.type == "flow_end" for _, one in reports[-1].told)


def test_counters_come_with_the_first_report_then_seldom_and_with_the_last() -> None:
    with _working(Ways()) as ours:
        reports = _reports(ours)
    carrying = [place for place, report in enumerate(reports) if report.health is not None]
    assert carrying == sorted({*range(0, len(reports) - 1, HEALTH_EVERY), len(reports) - 1})


def test_commands_are_done_and_counted_and_a_state_is_handed_over() -> None:
    plan = plan_of(open_site(), Outputs(), seed=1).of(0)
    with _working(Ways(), ("reload", plan), ("state",)) as ours:
        first, *rest = _reports(ours)
    assert (first.handled, sum(report.handled for report in rest)) == (2, 0)
    assert first.state is not None
    assert all(report.state is None for report in rest)


def test_flows_that_are_kept_are_in_the_last_state_and_do_not_end() -> None:
    with _working(Ways(keeps_flows=True)) as ours:
        *_, last = _reports(ours)
    assert last.state is not None
    assert last.told == []


def test_a_worker_begins_anew_where_its_state_is_of_no_use() -> None:
    order: list[str] = []
    ways = Ways(prepare=lambda: order.append("rights"), restored=lambda: order.append("restored"))
    with _working(ways, state={"flow": "nonsense"}) as ours:
        assert len(_reports(ours)) > 1
    assert order == ["rights", "restored"]


def test_a_parent_that_has_gone_ends_it() -> None:
    with _working(Ways()) as ours:
        assert ours.poll(20)
