"""Signals to a program that works for months: the second request to stop does not wait."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


@contextmanager
def handled(stop: Callable[[], None], reload: Callable[[], None]) -> Iterator[None]:
    """Stop on TERM and INT, reload on HUP; a second INT interrupts whatever runs."""
    is_stopping = False

    def on_stop(number: int, _frame: FrameType | None) -> None:
        nonlocal is_stopping
        if is_stopping and number == signal.SIGINT:
            raise KeyboardInterrupt
        is_stopping = True
        stop()

    def on_reload(_number: int, _frame: FrameType | None) -> None:
        reload()

    handlers: dict[signal.Signals, Any] = {
        signal.SIGTERM: on_stop,
        signal.SIGINT: on_stop,
        signal.SIGHUP: on_reload,
    }
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
