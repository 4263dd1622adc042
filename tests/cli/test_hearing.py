"""Listening with a real ring, on a cable between two networks of the test's own."""

import errno
import threading
from typing import Any

import pytest

from monitor.capture.live import Live
from monitor.capture.settings import Settings
from monitor.cli.hearing import hearing_at
from tests.kit.frames import ethernet, ipv4, udp
from tests.kit.netns import Cable, cable, needs_namespaces

RING = Settings(ring_size_bytes=1 << 20)


def _frame(number: int) -> bytes:
    return ethernet(0, ipv4(0x0A00_0411, 0x2A78_2222, 17, udp(1024 + number, 53, b"x"))).content


@needs_namespaces()
def test_what_others_say_is_heard() -> None:
    with cable() as link:
        sender = threading.Timer(0.3, lambda: link.sender.send(*map(_frame, range(50))))
        sender.start()
        hearing = _heard(link, seconds=1.0)
        sender.join()
    assert ("", True) == (hearing.problem, hearing.listened)
    assert (50, 50, 0) == (hearing.heard.packets, hearing.heard.foreign, hearing.heard.copies)
    assert hearing.counts is not None
    assert (50, 0) == (hearing.counts.seen, hearing.clock_jumps)


@needs_namespaces()
def test_silence_lasts_as_long_as_asked_for() -> None:
    with cable() as link:
        hearing = _heard(link, seconds=0.3)
    assert (0, True) == (hearing.heard.frames, 0.3 <= hearing.seconds < 3)


@needs_namespaces()
def test_an_interface_that_is_down_is_not_listened_to() -> None:
    with cable() as link:
        link.watched.run("ip link set {interface} down")
        hearing = _heard(link, seconds=1.0)
    assert (0.0, False) == (hearing.seconds, hearing.listened)
    assert hearing.facts is not None
    assert not hearing.facts.state.is_up


def test_an_interface_that_is_not_there_is_a_problem_in_words() -> None:
    hearing = hearing_at("nosuch0", 1.0, RING)
    assert hearing.facts is None
    assert "no interface 'nosuch0'" in hearing.problem


@pytest.mark.parametrize(
    "error", [PermissionError(errno.EPERM, "not allowed to listen"), ValueError("not allowed to listen")]
)
def test_what_keeps_us_from_listening_is_a_problem_in_words(error: Exception) -> None:
    def refuse(*_: Any) -> Any:
        raise error

    hearing = hearing_at("lo", 1.0, RING, refuse)
    assert ("not allowed to listen", False) == (hearing.problem, hearing.listened)


def test_without_seconds_nothing_is_opened() -> None:
    assert not hearing_at("lo", 0.0, RING, lambda *_: pytest.fail("opened")).listened


def _heard(link: Cable, seconds: float) -> Any:
    return link.watched.call(hearing_at, link.watched.interface, seconds, RING, Live)
