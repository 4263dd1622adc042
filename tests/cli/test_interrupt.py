import os
import signal
from collections.abc import Callable, Iterator

import pytest

from monitor.cli.interrupt import ignored, unbroken


@pytest.fixture(autouse=True)
def _default_handler() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def pressed(times: int, then: Callable[[], None]) -> None:
    with unbroken():
        for _ in range(times):
            press_ctrl_c()
        then()


def test_ctrl_c_waits_for_what_is_inside() -> None:
    steps: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        pressed(1, lambda: steps.append("done"))
    assert ["done"] == steps


def test_a_second_ctrl_c_does_not_wait() -> None:
    steps: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        pressed(2, lambda: steps.append("done"))
    assert [] == steps


def test_without_ctrl_c_nothing_happens() -> None:
    with unbroken():
        pass
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_inside_is_not_replaced() -> None:
    def fail() -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        pressed(1, fail)


def test_an_ignored_ctrl_c_stays_ignored() -> None:
    with ignored():
        with unbroken():
            press_ctrl_c()
        press_ctrl_c()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
