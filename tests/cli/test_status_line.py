"""A line that is there for who looks, and in nobody's way."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from monitor.cli import status_line
from monitor.cli.status_line import StatusLine


@contextmanager
def _terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Let stderr be a terminal, and yield the end where a person would sit."""
    person, program = os.openpty()
    with os.fdopen(program, "w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setenv("COLUMNS", "20")
        yield person
    os.close(person)


def _shown(person: int, expected: str) -> bool:
    """Whether that is what comes next."""
    wanted, found = expected.encode(), b""
    while len(found) < len(wanted):
        found += os.read(person, len(wanted) - len(found))
    return found == wanted


def test_a_terminal_shows_the_newest_text_cut_to_its_width(monkeypatch: pytest.MonkeyPatch) -> None:
    with _terminal(monkeypatch) as person:
        line = StatusLine(hidden=False)
        line.show(lambda: "12 frames/s, and much more than fits")
        assert _shown(person, "\r\x1b[K12 frames/s, and mu")
        line.close()
        assert _shown(person, "\r\x1b[K")


def test_what_else_is_said_stands_on_a_line_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    with _terminal(monkeypatch) as person:
        line = StatusLine(hidden=False)
        line.show(lambda: "status")
        assert _shown(person, "\r\x1b[Kstatus")
        with line.away():
            sys.stderr.write("alert\n")
            sys.stderr.flush()
        assert _shown(person, "\r\x1b[Kalert\r\n")
        line.close()


def test_a_text_is_made_only_when_it_is_time(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def make() -> str:
        made.append("status")
        return made[-1]

    with _terminal(monkeypatch):
        line = StatusLine(hidden=False)
        for _ in range(100):
            line.show(make)
        line.close()
    assert len(made) == 1


@pytest.mark.parametrize("hidden", [True, False])
def test_nothing_is_shown_to_a_file_or_to_who_wants_quiet(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, hidden: bool
) -> None:
    line = StatusLine(hidden=hidden)
    line.show(lambda: "status")
    line.close()
    assert capsys.readouterr().err == ""
    with _terminal(monkeypatch):
        assert not StatusLine(hidden=True).is_shown


def test_who_writes_and_hangs_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status_line, "PATIENCE_SECONDS", 0.01)
    with _terminal(monkeypatch):
        line, said = StatusLine(hidden=False), []

        def say() -> None:
            with line.away():
                said.append(1)

        with line.away():
            other = Thread(target=say)
            other.start()
            other.join(5)
            assert said == [1]


def test_a_terminal_that_has_gone_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    with _terminal(monkeypatch) as person:
        line = StatusLine(hidden=False)
        line._write("x")
        assert _shown(person, "x")
        sys.stderr.close()
        line._write("y")
        assert not line.is_shown
        monkeypatch.undo()
