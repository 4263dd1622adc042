import io

import pytest

from monitor.cli.failure import ExitStatus, fail, guarded_output, say, told_plainly
from monitor.model.errors import ConfigError, Location


def test_several_faults_are_several_lines(capsys: pytest.CaptureFixture[str]) -> None:
    say("one\ntwo\x1b")
    assert "umbilical: one\numbilical: two\\x1b\n" == capsys.readouterr().err


class Told(io.StringIO):
    """Keeps what was written in one go apart."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[str] = []

    def write(self, text: str) -> int:
        self.writes.append(text)
        return len(text)


def test_what_one_thread_says_is_not_torn_apart_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told()
    monkeypatch.setattr("sys.stderr", told)
    say("a line")
    say("two\nlines")
    assert ["umbilical: a line\n", "umbilical: two\numbilical: lines\n"] == told.writes


@pytest.mark.parametrize("error", [BrokenPipeError(), OSError(28, "full"), ValueError("closed")])
def test_where_nobody_listens_the_work_goes_on(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told()

    def fail_to_write(_text: str) -> int:
        raise error

    monkeypatch.setattr(told, "write", fail_to_write)
    monkeypatch.setattr("sys.stderr", told)
    say("unheard")
    monkeypatch.setattr("sys.stderr", None)
    say("unheard")


def test_failing_is_wrong_input(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        fail("no")
    assert (ExitStatus.WRONG_INPUT, "umbilical: no\n") == (ended.value.code, capsys.readouterr().err)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConfigError("bad", Location("a.toml", 3)), "a.toml:3: bad"),
        (ValueError("bad"), "bad"),
        (FileNotFoundError(2, "No such file", "a.pcap"), "a.pcap: no such file or folder"),
        (PermissionError(13, "Permission denied", "a.pcap"), "a.pcap: permission denied"),
        (IsADirectoryError(21, "Is a directory", b"a"), "a: is a directory"),
        (OSError(28, "No space left on device"), "cannot write: no space left on device"),
        (PermissionError(1, "not allowed: this needs CAP_NET_RAW"), "not allowed: this needs CAP_NET_RAW"),
        (OSError(11, "is used by another umbilical", "spool"), "spool: is used by another umbilical"),
    ],
)
def test_wrong_input_is_one_line(error: Exception, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit), told_plainly():
        raise error
    assert f"umbilical: {words}\n" == capsys.readouterr().err


def test_faults_of_ours_are_not_hidden() -> None:
    with pytest.raises(KeyError), told_plainly():
        raise KeyError("ours")


@pytest.mark.parametrize(
    ("error", "status"),
    [(BrokenPipeError(), ExitStatus.CLEAN), (OSError(28, "full"), ExitStatus.WRONG_INPUT)],
)
def test_output_that_cannot_be_written_ends_the_command(
    error: OSError, status: ExitStatus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.cli.failure._abandon_stdout", lambda: None)
    with pytest.raises(SystemExit) as ended, guarded_output():
        raise error
    assert status == ended.value.code


def test_a_closed_stdout_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr("sys.stdout", None)
    with guarded_output():
        done.append("done")
    assert ["done"] == done
