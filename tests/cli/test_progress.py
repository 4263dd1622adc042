import io

import pytest

from monitor.cli.progress import Bar


class Reading:
    total_bytes: int | None = 1000
    bytes_read = 250


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("total", [1000, None])
def test_a_terminal_shows_how_far_it_is(monkeypatch: pytest.MonkeyPatch, total: int | None) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    reading = Reading()
    reading.total_bytes = total
    bar = Bar(reading, hidden=False)
    bar.move()
    bar.stop()
    assert "reading" in terminal.getvalue()
    assert "250" in terminal.getvalue()


@pytest.mark.parametrize("hidden", [True, False])
def test_a_pipe_and_a_hidden_bar_show_nothing(monkeypatch: pytest.MonkeyPatch, *, hidden: bool) -> None:
    stream = Terminal() if hidden else io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    bar = Bar(Reading(), hidden=hidden)
    bar.move()
    bar.stop()
    assert stream.getvalue() == ""
