"""What systemd hears, on a real socket."""

import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

import pytest

from monitor.cli.notify import STATUS_SECONDS, Notifier


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(5)
        yield listener


Start = Callable[[Mapping[str, str]], Notifier]


@pytest.fixture
def start() -> Iterator[Start]:
    """Return what makes a notifier, and closes it after the test."""
    with ExitStack() as stack:
        yield lambda environment: stack.enter_context(closing(Notifier(dict(environment))))


def _environment(manager: socket.socket, **more: str) -> dict[str, str]:
    return {"NOTIFY_SOCKET": manager.getsockname(), **more}


def _heard(manager: socket.socket) -> list[str]:
    return manager.recv(4096).decode().splitlines()


def test_ready_is_said_with_a_status(manager: socket.socket, start: Start) -> None:
    start(_environment(manager)).ready("watching eth1")
    assert ["READY=1", "STATUS=watching eth1"] == _heard(manager)


def test_a_reload_begins_with_its_instant_and_ends_with_ready(manager: socket.socket, start: Start) -> None:
    notifier = start(_environment(manager))
    before_usec = time.monotonic_ns() // 1000
    notifier.reloading()
    notifier.ready()
    reloading, instant = _heard(manager)
    assert "RELOADING=1" == reloading
    assert before_usec <= int(instant.removeprefix("MONOTONIC_USEC=")) <= time.monotonic_ns() // 1000
    assert ["READY=1"] == _heard(manager)


def test_stopping_and_more_time_are_said(manager: socket.socket, start: Start) -> None:
    notifier = start(_environment(manager))
    notifier.extend(30)
    notifier.stopping()
    assert [["EXTEND_TIMEOUT_USEC=30000000"], ["STOPPING=1"]] == [_heard(manager), _heard(manager)]


def test_the_same_status_is_not_sent_twice_and_none_has_two_lines(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch, start: Start
) -> None:
    monkeypatch.setattr("monitor.cli.notify.STATUS_SECONDS", 0.0)
    notifier = start(_environment(manager))
    for status in ("quiet", "quiet", "a\nREADY=1"):
        notifier.status(partial(str, status))
    assert [["STATUS=quiet"], [r"STATUS=a\nREADY=1"]] == [_heard(manager), _heard(manager)]


def test_a_status_is_asked_for_only_every_few_seconds(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch, start: Start
) -> None:
    now, asked = 100.0, iter(range(100))
    monkeypatch.setattr("monitor.cli.notify.time.monotonic", lambda: now)
    notifier = start(_environment(manager))
    for passed in (0.0, 1.0, STATUS_SECONDS - 0.1, STATUS_SECONDS, STATUS_SECONDS + 1):
        now = 100.0 + passed
        notifier.status(lambda: f"line {next(asked)}")
    notifier.stopping()
    assert [["STATUS=line 0"], ["STATUS=line 1"], ["STOPPING=1"]] == [_heard(manager) for _ in range(3)]


def test_nobody_is_asked_for_a_status_that_nobody_hears(start: Start) -> None:
    start({}).status(lambda: pytest.fail("asked"))


def test_the_watchdog_is_fed_when_half_of_its_time_is_over(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch, start: Start
) -> None:
    now_ns = 5_000_000_000
    monkeypatch.setattr("monitor.cli.notify.time.monotonic_ns", lambda: now_ns)
    notifier = start(_environment(manager, WATCHDOG_USEC="2000000", WATCHDOG_PID=str(os.getpid())))
    notifier.beat()
    now_ns += 999_999_999
    notifier.beat()
    now_ns += 1
    notifier.beat()
    notifier.beat()
    notifier.stopping()
    assert [["WATCHDOG=1"], ["STOPPING=1"]] == [_heard(manager), _heard(manager)]


@pytest.mark.parametrize("more", [{}, {"WATCHDOG_USEC": "2", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "x"}])
def test_a_watchdog_that_is_not_ours_is_not_fed(
    manager: socket.socket, more: dict[str, str], start: Start
) -> None:
    notifier = start(_environment(manager, **more))
    notifier.beat()
    notifier.stopping()
    assert ["STOPPING=1"] == _heard(manager)


def test_children_are_not_told_of_the_socket_and_do_not_speak(manager: socket.socket) -> None:
    environment = _environment(manager, WATCHDOG_USEC="2", HOME="/")
    notifier = Notifier(environment)
    assert {"HOME": "/"} == environment
    child = os.fork()
    if child == 0:
        notifier.ready("from a worker")
        os._exit(0)
    os.waitpid(child, 0)
    notifier.stopping()
    notifier.close()
    assert ["STOPPING=1"] == _heard(manager)


def test_an_abstract_socket_is_reached(start: Start) -> None:
    name = f"umbilical-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0{name}")
        listener.settimeout(5)
        start({"NOTIFY_SOCKET": f"@{name}"}).ready()
        assert b"READY=1" == listener.recv(100)


@pytest.mark.parametrize("address", ["", "/nonexistent/notify", "vsock:2:1", "relative"])
def test_without_a_manager_nothing_is_said_and_nothing_fails(address: str, start: Start) -> None:
    notifier = start({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "2"})
    assert not notifier.is_heard
    notifier.ready("x")
    notifier.beat()
    notifier.close()


def test_a_manager_that_does_not_listen_holds_nothing_up(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch, start: Start
) -> None:
    monkeypatch.setattr("monitor.cli.notify.STATUS_SECONDS", 0.0)
    notifier = start(_environment(manager))
    for number in range(10_000):
        notifier.status(partial("line {}".format, number))
    assert notifier.is_heard
    notifier.close()
    assert not notifier.is_heard
