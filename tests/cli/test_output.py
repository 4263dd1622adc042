import io
import os
from pathlib import Path

import pytest

from monitor.cli.output import check_target, data_output


def test_a_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "data"
    with data_output(target) as stream:
        stream.write(b"line\n")
        assert not target.exists()
    assert b"line\n" == target.read_bytes()
    assert [target] == list(tmp_path.iterdir())


def test_a_failure_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "data"
    target.write_bytes(b"old")
    with pytest.raises(TypeError), data_output(target) as stream:
        stream.writelines([b"new", "no bytes"])  # type: ignore[list-item]  # the failure that is wanted
    assert (b"old", [target]) == (target.read_bytes(), list(tmp_path.iterdir()))


def test_a_device_is_written_as_it_is() -> None:
    with data_output(Path(os.devnull)) as stream:
        stream.write(b"gone")
    assert not Path(os.devnull).is_file()


def test_without_a_file_it_is_stdout(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    with data_output(None) as stream:
        stream.write(b"line\n")
    assert b"line\n" == capfdbinary.readouterr().out


def test_a_stdout_without_a_descriptor_is_written_too(monkeypatch: pytest.MonkeyPatch) -> None:
    stdout = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr("sys.stdout", stdout)
    with data_output(None) as stream:
        stream.write(b"line\n")
    stdout.seek(0)
    assert stdout.read() == "line\n"


def test_a_closed_stdout_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdout", None)
    with pytest.raises(SystemExit), data_output(None):
        pass
    assert "standard output is closed" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "words"), [("", "is a folder"), ("no/file", "no such folder")])
def test_a_target_that_cannot_be_is_refused(
    tmp_path: Path, name: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        check_target(tmp_path / name)
    assert words in capsys.readouterr().err
