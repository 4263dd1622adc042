import pytest

from monitor.export._outage import QUIET_SECONDS, Outage


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def outage(said: list[str]) -> Outage:
    return Outage("export.webhook", said.append)


def test_the_same_reason_is_said_once(outage: Outage, said: list[str]) -> None:
    for second in range(0, 1000, 10):
        outage.note("refused", float(second))
    assert said == ["export.webhook: refused; alerts wait in the spool"]


def test_another_reason_is_said_when_it_lasts(outage: Outage, said: list[str]) -> None:
    outage.note("refused", 0.0)
    outage.note("answered 500", QUIET_SECONDS / 2)
    assert len(said) == 1
    outage.note("answered 500", QUIET_SECONDS)
    assert said[1:] == ["export.webhook: still fails, after 3 attempts, now with: answered 500"]


def test_reasons_that_differ_each_time_are_said_once_a_minute(outage: Outage, said: list[str]) -> None:
    for second in range(600):
        outage.note(f"request {second} failed", float(second))
    assert len(said) == 10


def test_the_end_tells_all_attempts_and_the_next_outage_begins_anew(outage: Outage, said: list[str]) -> None:
    outage.end()
    assert said == []
    for second in range(7):
        outage.note("refused", float(second))
    outage.say_next()
    for second in range(7, 17):
        outage.note("refused", float(second))
    outage.end()
    outage.note("refused", 17.0)
    assert said[1:] == [
        "export.webhook: still fails, after 8 attempts, now with: refused",
        "export.webhook: delivers again, after 17 failed attempts",
        "export.webhook: refused; alerts wait in the spool",
    ]
