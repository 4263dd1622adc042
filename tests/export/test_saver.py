from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from monitor.export import saver as room
from monitor.export.checkpoint import read, write
from monitor.export.saver import Saver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LONG_ENOUGH_SECONDS = 20.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "checkpoint"


def settled(saver: Saver) -> Saver:
    """Wait for the child, as the main loop does between batches."""
    ends = time.monotonic() + LONG_ENOUGH_SECONDS
    while saver.is_saving and time.monotonic() < ends:
        saver.poll()
        time.sleep(0.005)
    assert not saver.is_saving
    return saver


def saved(path: Path, make_state: Callable[[], Any], **changes: Any) -> Saver:
    saver = Saver(path, **changes)
    assert saver.save(make_state)
    return settled(saver)


@pytest.fixture(autouse=True)
def _no_child_is_left() -> Iterator[None]:
    yield
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_a_checkpoint_is_written_by_a_child_and_counted_by_the_parent(path: Path) -> None:
    before_ns = time.time_ns()
    health = saved(path, lambda: {"pid": os.getpid()}).health
    assert read(path)["pid"] != os.getpid()
    assert (health.saved, health.failures, health.bytes) == (1, 0, path.stat().st_size)
    assert before_ns <= health.last_success_ns <= time.time_ns()


def test_the_state_is_that_of_the_instant_of_the_fork(path: Path) -> None:
    table = {"a": 1}

    def state() -> dict[str, int]:
        time.sleep(0.05)
        return table

    saver = Saver(path)
    saver.save(state)
    table["a"] = 2
    settled(saver)
    assert read(path) == {"a": 1}


def test_one_checkpoint_at_a_time(path: Path) -> None:
    saver = Saver(path, patience_seconds=0.1)
    assert saver.save(lambda: time.sleep(LONG_ENOUGH_SECONDS))
    assert not saver.save(dict)
    assert saver.health.postponed == 1
    settled(saver)
    assert saver.save(dict)
    settled(saver)


def test_a_child_that_hangs_is_killed_and_counted_and_the_old_checkpoint_stays(path: Path) -> None:
    write(path, {"a": 1})
    health = saved(path, lambda: time.sleep(LONG_ENOUGH_SECONDS), patience_seconds=0.1).health
    assert (health.killed, health.failures, health.last_failure) == (1, 1, "it took too long and was killed")
    assert (read(path), [one.name for one in path.parent.iterdir()]) == ({"a": 1}, ["checkpoint"])


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"a": object()}, "TypeError: a state cannot hold object"),
        (ZeroDivisionError("oh"), "ZeroDivisionError: oh"),
        (KeyboardInterrupt(), "KeyboardInterrupt: "),
        (SystemExit(0), "SystemExit: 0"),
    ],
)
def test_what_goes_wrong_in_the_child_is_told_and_goes_no_further(
    path: Path, state: Any, reason: str
) -> None:
    def make() -> Any:
        if isinstance(state, BaseException):
            raise state
        return state

    health = saved(path, make).health
    assert (health.saved, health.failures, health.last_failure) == (0, 1, reason)
    assert list(path.parent.iterdir()) == []


def test_a_child_that_is_killed_by_somebody_else_is_a_failure(path: Path) -> None:
    health = saved(path, lambda: os.kill(os.getpid(), signal.SIGKILL)).health
    assert (health.failures, health.last_failure) == (1, "its writer ended before its time")


def test_a_folder_that_is_gone_is_a_failure_with_its_name(path: Path) -> None:
    saver = Saver(path)
    path.parent.rmdir()
    saver.save(dict)
    settled(saver)
    assert saver.health.last_failure.startswith("No such file or directory: ")


def test_a_system_without_room_for_a_child_is_a_failure(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    handles = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a count of names is all
    monkeypatch.setattr(os, "fork", refuse)
    saver = Saver(path)
    assert not saver.save(dict)
    assert saver.health.last_failure == "cannot fork: Resource temporarily unavailable"
    assert handles == len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - as above


def test_what_could_not_even_begin_is_a_failure_with_its_reason(path: Path) -> None:
    saver = Saver(path)
    saver.fail("alerts wait for the spool: No space left on device")
    assert (saver.health.failures, saver.health.saved, saver.health.last_success_ns) == (1, 0, 0)
    assert saver.health.last_failure.endswith("No space left on device")


def test_a_child_holds_no_socket_of_the_parent(path: Path) -> None:
    with socket.socket(), socket.socket():
        saved(path, lambda: {"open": os.listdir("/proc/self/fd")})  # noqa: PTH208 - as above
    # The standard streams, the way back to the parent, and the listing itself.
    assert len(read(path)["open"]) <= 5


def test_a_child_does_not_hear_the_signals_of_the_parent(path: Path) -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    try:

        def state() -> dict[str, list[int]]:
            os.kill(os.getpid(), signal.SIGTERM)
            return {"heard": heard}

        assert saved(path, state).health.saved == 1
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert (read(path)["heard"], heard) == ([], [signal.SIGTERM])


def test_threads_and_their_locks_do_not_hold_up_the_child(path: Path) -> None:
    """A lock that a thread holds at the fork stays locked in the child; it takes none."""
    lock, over = threading.Lock(), threading.Event()

    def hold() -> None:
        while not over.is_set():
            with lock:
                sys.stderr.flush()

    threads = [threading.Thread(target=hold) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for number in range(5):
            assert saved(path, lambda number=number: {"number": number}).health.saved == 1  # type: ignore[misc]  # bound now
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert read(path) == {"number": 4}


def test_the_last_checkpoint_waits_for_the_child_and_is_written_here(path: Path) -> None:
    saver = Saver(path)
    saver.save(lambda: {"number": 1})
    assert saver.finish({"number": 2})
    assert (read(path), saver.health.saved) == ({"number": 2}, 2)


def test_the_last_checkpoint_waits_for_a_bounded_time(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that hangs in the disk hears no signal; the end of the sensor does not wait for it for ever."""
    monkeypatch.setattr(room, "_LAST_SECONDS", 0.0)
    monkeypatch.setattr(room, "_is_over", lambda _: False)
    saver = Saver(path, patience_seconds=0.0)
    saver.save(lambda: time.sleep(LONG_ENOUGH_SECONDS))
    assert saver.finish({"number": 2})
    monkeypatch.undo()
    assert (read(path), saver.health.killed) == ({"number": 2}, 1)
    settled(saver)


def test_a_last_checkpoint_that_cannot_be_written_is_said(path: Path) -> None:
    saver = Saver(path)
    assert not saver.finish({"a": object()})
    assert saver.health.last_failure == "TypeError: a state cannot hold object"


def test_what_killed_writers_left_is_removed_at_the_start(path: Path) -> None:
    path.with_name(".checkpoint.4711.new").write_bytes(b"half")
    Saver(path)
    assert list(path.parent.iterdir()) == []


SENSOR = """
import os, sys, time
from pathlib import Path
from monitor.export.saver import Saver
saver, number = Saver(Path(sys.argv[1])), int(sys.argv[2])
while True:
    number += 1
    saver.save(lambda: {"number": number, "copy": [number] * 20000, "filler": os.urandom(200000)})
    while saver.is_saving:
        saver.poll()
    if saver.health.failures:
        print(saver.health.last_failure, flush=True)
    print(number, flush=True)
"""


def test_a_sensor_that_is_killed_at_any_instant_leaves_a_whole_checkpoint(path: Path) -> None:
    """Kill -9 of the parent; its child goes on for a moment, but never puts an older one in the place of a newer."""
    last = 0
    for wait_seconds in (0.0, 0.001, 0.002, 0.004, 0.008):
        command = [sys.executable, "-c", SENSOR, str(path), str(last)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            for _ in range(2):
                last = int(process.stdout.readline())
            time.sleep(wait_seconds)
            process.kill()
            rest = process.stdout.read().split()  # until the child has ended too
        last = max([last, *map(int, rest)])
        state = read(path)
        assert (state["number"] >= last, set(state["copy"])) == (True, {state["number"]})
        last = state["number"]
