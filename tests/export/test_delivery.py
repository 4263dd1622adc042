import errno
import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from monitor.export._disk_store import DiskStore
from monitor.export.delivery import Delivery, Pace, Terms
from monitor.export.spool import Spool
from monitor.model.alert import Postponed, Rejected
from tests.kit.receivers import PATIENCE_SECONDS, eventually, make_alert

QUICK = Pace(first_seconds=0.01, longest_seconds=0.02, longest_asked_seconds=0.05)
LIMIT = 1 << 20


class Far:
    """A far end as the test wants it: ``script`` says what the next attempts raise."""

    batch_size = 10

    def __init__(self, script: Sequence[Exception | None] = ()) -> None:
        self.got: list[int] = []
        self.sizes: list[int] = []
        self.script = list(script)
        self.unwanted: set[int] = set()
        self.gate = threading.Event()
        self.gate.set()
        self.is_closed = False

    def deliver(self, records: Sequence[Mapping[str, Any]]) -> None:
        self.gate.wait(PATIENCE_SECONDS)
        numbers = [int(one["alert_id"], 16) for one in records]
        self.sizes.append(len(numbers))
        if self.script:
            problem = self.script.pop(0)
            if problem is not None:
                raise problem
        if self.unwanted & set(numbers):
            raise Rejected("answered 400")
        self.got += numbers

    def close(self) -> None:
        self.is_closed = True


class Recalling(Far):
    """Wants to know what was told, and to be called now and then."""

    refresh_every_seconds = 0.01

    def __init__(self, problem: Exception | None = None) -> None:
        super().__init__()
        self.recalled: list[int] = []
        self.refreshed = 0
        self.failures = 3
        self.problem = problem

    def recall(self, records: Sequence[Mapping[str, Any]]) -> None:
        self.recalled += [int(one["alert_id"], 16) for one in records]

    def refresh(self) -> None:
        self.refreshed += 1
        problem, self.problem = self.problem, None
        if problem is not None:
            raise problem


class Full(DiskStore):
    """On a disk that may be full."""

    is_full = False

    def append(self, lines: Sequence[bytes]) -> None:
        if self.is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().append(lines)


Run = Callable[..., Delivery]


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    store = DiskStore(tmp_path / "spool", LIMIT)
    spool = Spool(store, 10_000)
    yield spool
    spool.close(PATIENCE_SECONDS)
    store.close()


@pytest.fixture
def run(spool: Spool, tmp_path: Path) -> Iterator[Run]:
    """Start deliveries that are stopped at the end."""
    started = []

    def start(far: Any, said: list[str] | None = None, pace: Pace = QUICK) -> Delivery:
        say = [].append if said is None else said.append
        terms = Terms(say=say, pace=pace, rejected_folder=tmp_path / "spool")  # type: ignore[arg-type]
        started.append(Delivery("webhook", far, spool, terms))
        return started[-1]

    yield start
    for one in started:
        one.tell_to_stop()
        assert one.join(PATIENCE_SECONDS)


def put(spool: Spool, *numbers: int) -> None:
    for number in numbers:
        spool.put(make_alert(number))
    assert spool.flush(PATIENCE_SECONDS)


def test_alerts_arrive_in_order_and_in_batches(spool: Spool, run: Run) -> None:
    far = Far()
    far.gate.clear()
    delivery = run(far)
    put(spool, *range(95))
    assert delivery.counts().pending == 95
    far.gate.set()
    eventually(lambda: len(far.got) == 95)
    assert far.got == list(range(95))
    assert max(far.sizes) == 10
    eventually(lambda: delivery.counts().pending == 0)
    assert delivery.counts()[:2] == (95, 0)
    assert delivery.counts().last_success_ns > 0


def test_what_failed_is_tried_again_until_it_arrives(spool: Spool, run: Run) -> None:
    said: list[str] = []
    far = Far([OSError(errno.ECONNREFUSED, "refused"), TimeoutError("silent"), Postponed("busy", 0.02)])
    delivery = run(far, said)
    put(spool, 1, 2)
    eventually(lambda: delivery.delivered == 2)
    assert (far.got, delivery.failures) == ([1, 2], 3)
    assert said == [
        f"export.webhook: {OSError(errno.ECONNREFUSED, 'refused')}; alerts wait in the spool",
        "export.webhook: delivers again, after 3 failed attempts",
    ]


class Clock:
    """Time as the test wants it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = 0.0
        real = time.monotonic
        monkeypatch.setattr("monitor.export.delivery.time.monotonic", lambda: real() + self.ahead)


def test_another_reason_is_said_but_not_more_than_once_a_minute(
    spool: Spool, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, said, far = Clock(monkeypatch), list[str](), Far()
    reason = ["refused"]

    def fail(_: Sequence[Mapping[str, Any]]) -> None:
        raise OSError(reason[0])

    monkeypatch.setattr(far, "deliver", fail)
    delivery = run(far, said)
    put(spool, 1)

    def attempts(more: int) -> None:
        target = delivery.failures + more
        eventually(lambda: delivery.failures >= target)

    attempts(3)
    for told in ("answered 500", "answered 401"):
        reason[0] = told
        attempts(3)
    assert len(said) == 1
    clock.ahead = 61.0
    attempts(3)
    reason[0] = "answered 404"
    attempts(3)
    assert len(said) == 2
    clock.ahead = 500.0
    attempts(3)
    clock.ahead = 1000.0
    attempts(3)
    assert [re.sub(r"[0-9]+ attempts", "N attempts", line) for line in said] == [
        "export.webhook: refused; alerts wait in the spool",
        "export.webhook: still fails, after N attempts, now with: answered 401",
        "export.webhook: still fails, after N attempts, now with: answered 404",
    ]
    assert delivery.failures >= 18


def test_a_reload_does_not_begin_to_count_anew(spool: Spool, run: Run) -> None:
    said: list[str] = []
    delivery = run(Far([OSError("down")] * 100_000), said)
    put(spool, 1)
    eventually(lambda: delivery.failures > 3)
    mended = Far([OSError("still down")] * 3)
    delivery.exchange(mended)
    eventually(lambda: mended.got == [1])
    eventually(lambda: not delivery.is_failing)
    assert delivery.failures > 6
    assert said == [
        "export.webhook: down; alerts wait in the spool",
        said[1],
        f"export.webhook: delivers again, after {delivery.failures} failed attempts",
    ]
    assert re.fullmatch(
        r"export\.webhook: still fails, after [0-9]+ attempts, now with: still down", said[1]
    ), said[1]


def test_alerts_that_the_disk_does_not_take_are_delivered_from_memory_once(tmp_path: Path) -> None:
    said: list[str] = []
    store = Full(tmp_path / "spool", LIMIT)
    spool = Spool(store, 10_000)
    far = Far()
    delivery = Delivery("webhook", far, spool, Terms(say=said.append, pace=QUICK))
    put(spool, 1)
    eventually(lambda: far.got == [1])
    store.is_full = True
    for number in range(2, 40):
        spool.put(make_alert(number))
    eventually(lambda: len(far.got) == 39)
    assert delivery.counts().pending == 0
    assert spool.unsafe == 38
    assert not spool.flush(0)
    store.is_full = False
    assert spool.flush(PATIENCE_SECONDS)
    put(spool, 40, 41)
    eventually(lambda: len(far.got) == 41)
    assert far.got == list(range(1, 42))
    delivery.tell_to_stop()
    assert delivery.join(PATIENCE_SECONDS)
    assert spool.close(PATIENCE_SECONDS)
    store.close()


def test_what_memory_holds_for_an_output_that_is_down_is_pending_and_comes_when_it_is_back(
    tmp_path: Path,
) -> None:
    store = Full(tmp_path / "spool", LIMIT)
    spool = Spool(store, 10_000)
    far = Far([OSError("down")])
    slow = Pace(first_seconds=1000, longest_seconds=1000)
    delivery = Delivery("webhook", far, spool, Terms(pace=slow))
    store.is_full = True
    for number in range(5):
        spool.put(make_alert(number))
    eventually(lambda: delivery.is_failing)
    eventually(lambda: delivery.counts().pending == 5)
    following = Recalling()
    delivery.exchange(following)
    eventually(lambda: following.got == list(range(5)))
    later = Recalling()
    delivery.exchange(later)
    eventually(lambda: later.recalled == list(range(5)))
    delivery.tell_to_stop()
    assert delivery.join(PATIENCE_SECONDS)
    spool.close(PATIENCE_SECONDS)
    store.close()


def test_an_alert_that_will_never_be_taken_lets_the_others_through(
    spool: Spool, run: Run, tmp_path: Path
) -> None:
    far = Far()
    far.unwanted = {3, 17}
    far.gate.clear()
    said: list[str] = []
    delivery = run(far, said)
    put(spool, *range(20))
    far.gate.set()
    eventually(lambda: delivery.pending == 0)
    assert far.got == [number for number in range(20) if number not in far.unwanted]
    assert (delivery.delivered, delivery.rejected, delivery.failures, delivery.errors) == (18, 2, 0, 0)
    assert delivery.counts().rejected == 2
    aside = (tmp_path / "spool" / "webhook.rejected.jsonl").read_bytes().splitlines()
    assert [int(orjson.loads(one)["alert"]["alert_id"], 16) for one in aside] == [3, 17]
    assert orjson.loads(aside[0])["reason"] == "answered 400"
    assert said == ["export.webhook: an alert was put aside: answered 400"] * 2


def test_a_fault_of_ours_puts_the_alert_aside_and_is_counted(spool: Spool, run: Run) -> None:
    far = Far([KeyError("x"), KeyError("x")])
    far.batch_size = 1
    delivery = run(far)
    put(spool, 1, 2, 3)
    eventually(lambda: delivery.pending == 0)
    assert (far.got, delivery.errors, delivery.rejected) == ([3], 2, 2)


def test_an_alert_that_cannot_be_put_aside_is_not_passed_over(spool: Spool, run: Run, tmp_path: Path) -> None:
    far = Far()
    far.unwanted = {1}
    blocked = tmp_path / "spool" / "webhook.rejected.jsonl"
    blocked.mkdir()
    delivery = run(far)
    put(spool, 1, 2)
    eventually(lambda: delivery.failures > 1)
    assert (delivery.rejected, far.got) == (0, [])
    blocked.rmdir()
    eventually(lambda: far.got == [2])
    assert delivery.rejected == 1


def test_a_restart_goes_on_behind_what_arrived(spool: Spool, run: Run) -> None:
    far = Far()
    first = run(far)
    put(spool, 1, 2)
    eventually(lambda: first.pending == 0)
    first.tell_to_stop()
    assert first.join(PATIENCE_SECONDS)
    assert far.is_closed
    put(spool, 3)
    again = Far()
    run(again)
    eventually(lambda: again.got == [3])
    assert far.got == [1, 2]


def test_an_output_that_hangs_holds_up_no_stop(spool: Spool, run: Run) -> None:
    far = Far()
    far.gate.clear()
    delivery = run(far)
    put(spool, 1)
    eventually(lambda: delivery._batch)
    delivery.tell_to_stop()
    assert not delivery.join(0.05)
    far.gate.set()
    assert delivery.join(PATIENCE_SECONDS)


def test_a_stop_does_not_wait_for_the_next_attempt(spool: Spool, run: Run) -> None:
    delivery = run(Far([OSError("down")] * 9), pace=Pace(first_seconds=1000, longest_seconds=1000))
    put(spool, 1)
    eventually(lambda: delivery.is_failing)
    delivery.tell_to_stop()
    assert delivery.join(PATIENCE_SECONDS)


def test_another_exporter_takes_over_without_losing_anything(spool: Spool, run: Run) -> None:
    old, new = Far([OSError("down")] * 1000), Recalling()
    new.batch_size = 1
    delivery = run(old, pace=Pace(first_seconds=1000, longest_seconds=1000))
    put(spool, 1, 2)
    eventually(lambda: delivery.is_failing)
    delivery.exchange(new)
    eventually(lambda: new.got == [1, 2])
    assert old.is_closed
    assert not delivery.is_failing


def test_an_exporter_is_shown_what_was_told_and_called_now_and_then(spool: Spool, run: Run) -> None:
    first = run(Far())
    put(spool, *range(30))
    eventually(lambda: first.pending == 0)
    first.tell_to_stop()
    assert first.join(PATIENCE_SECONDS)
    put(spool, 30)
    far = Recalling(OSError("down"))
    delivery = run(far)
    eventually(lambda: far.refreshed >= 3)
    assert far.recalled == list(range(30))
    eventually(lambda: far.got == [30])
    assert delivery.counts().failures == 1 + 3
    assert not delivery.is_failing


def test_a_fault_in_a_refresh_ends_nothing(spool: Spool, run: Run) -> None:
    far = Recalling(KeyError("x"))
    delivery = run(far)
    put(spool, 1)
    eventually(lambda: far.got == [1])
    assert delivery.errors == 1


def test_what_the_full_spool_gave_up_is_counted_and_the_rest_arrives(spool: Spool, run: Run) -> None:
    far = Far()
    far.gate.clear()
    delivery = run(far)
    for number in range(3000):
        spool.put(make_alert(number))
    assert spool.flush(PATIENCE_SECONDS)
    dropped = delivery.counts().dropped
    assert dropped > 0
    far.gate.set()
    eventually(lambda: delivery.pending == 0)
    assert far.got[-1] == 2999
    assert sorted(set(far.got)) == far.got
    assert 3000 - dropped <= len(far.got) <= 3000 - dropped + far.batch_size
