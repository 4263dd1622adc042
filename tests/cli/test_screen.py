import io

import pytest

from monitor.cli.running import Request, run
from monitor.cli.screen import PAPER_COLUMNS, new_console, show_summary


def test_paper_is_wide_enough_for_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", io.StringIO())
    assert PAPER_COLUMNS == new_console().width


def test_a_closed_pipe_is_left_to_who_guards_the_output() -> None:
    with pytest.raises(BrokenPipeError):
        new_console().on_broken_pipe()


def test_the_end_of_a_long_name_is_shown_and_a_hint_names_an_alert(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.cli.conftest import contact_pcap

    capture = tmp_path_factory.mktemp("x" * 60) / "site.pcap"
    capture.write_bytes(contact_pcap())
    ran = run(Request(captures=[str(capture)], quiet=True))
    show_summary(ran, [str(capture)], ["look at {alert}"])
    out = capsys.readouterr().out
    assert "/site.pcap: " in out
    assert f"look at {ran.stories.example}" in out
