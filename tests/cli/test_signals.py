"""Signals to a program that works for months."""

import signal

import pytest

from monitor.cli.signals import handled


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_request_to_stop_is_passed_on(number: signal.Signals) -> None:
    calls: list[str] = []
    with handled(lambda: calls.append("stop"), lambda: calls.append("reload")):
        signal.raise_signal(number)
    assert calls == ["stop"]


def test_a_hang_up_reloads() -> None:
    calls: list[str] = []
    with handled(lambda: calls.append("stop"), lambda: calls.append("reload")):
        signal.raise_signal(signal.SIGHUP)
    assert calls == ["reload"]


def test_a_second_interrupt_does_not_wait() -> None:
    with handled(lambda: None, lambda: None):
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_the_handlers_are_gone_afterwards() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with handled(lambda: None, lambda: None):
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before
