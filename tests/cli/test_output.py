import errno
import io
import os
import stat
import threading
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


def test_what_is_no_file_is_written_as_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    heard: list[bytes] = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_bytes()), daemon=True)
    reader.start()
    with data_output(pipe) as stream:
        stream.write(b"line\n")
    reader.join(10)
    assert ([b"line\n"], True, [pipe]) == (heard, pipe.is_fifo(), list(tmp_path.iterdir()))


@pytest.mark.skipif(os.getuid() != 0, reason="only root makes devices")
def test_a_device_stays_one_and_says_that_it_is_full(tmp_path: Path) -> None:
    full = tmp_path / "full"
    try:
        os.mknod(full, stat.S_IFCHR | 0o666, os.makedev(1, 7))
        full.open("wb").close()
    except PermissionError:
        pytest.skip("no devices can be made here")
    with pytest.raises(OSError, match="No space left"), data_output(full) as stream:
        stream.write(b"line\n")
    assert (True, [full]) == (full.is_char_device(), list(tmp_path.iterdir()))


@pytest.mark.parametrize("old", [None, b"old"])
def test_the_file_that_a_link_leads_to_is_replaced_and_the_link_stays(
    tmp_path: Path, old: bytes | None
) -> None:
    target, link = tmp_path / "elsewhere" / "data", tmp_path / "link"
    target.parent.mkdir()
    if old is not None:
        target.write_bytes(old)
    link.symlink_to("elsewhere/data")
    with data_output(link) as stream:
        stream.write(b"new")
        assert old == (target.read_bytes() if target.exists() else None)
    assert (True, b"new", [target]) == (link.is_symlink(), target.read_bytes(), list(target.parent.iterdir()))


def test_a_file_without_a_name_is_written_as_it_is(tmp_path: Path) -> None:
    with (tmp_path / "data").open("w+b") as file:
        (tmp_path / "data").unlink()
        with data_output(Path(f"/proc/self/fd/{file.fileno()}")) as stream:
            stream.write(b"new")
        assert (b"new", []) == (file.read(), list(tmp_path.iterdir()))


def test_a_file_whose_folder_takes_no_other_is_written_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "data"
    target.write_bytes(b"old and long")
    monkeypatch.setattr(os, "access", lambda path, _wish: Path(path) == target)
    with data_output(target) as stream:
        stream.write(b"new")
    assert b"new" == target.read_bytes()


def test_a_file_gets_the_rights_that_are_asked_for(tmp_path: Path) -> None:
    with data_output(tmp_path / "data", mode=0o604) as stream:
        stream.write(b"new")
    assert 0o604 == stat.S_IMODE((tmp_path / "data").stat().st_mode)


def test_a_name_may_be_as_long_as_names_can_be(tmp_path: Path) -> None:
    target = tmp_path / ("é" * 127)
    with data_output(target) as stream:
        stream.write(b"new")
    assert [target] == list(tmp_path.iterdir())


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


@pytest.mark.parametrize("words", ["permission denied", "file name too long"])
def test_a_target_that_nobody_can_look_at_is_told_in_a_line(
    tmp_path: Path, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "x"
    number = {"permission denied": errno.EACCES, "file name too long": errno.ENAMETOOLONG}[words]

    def refuse(path: Path) -> None:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(Path, "stat", refuse)
    with pytest.raises(SystemExit) as ended:
        check_target(target)
    assert (2, f"umbilical: {target}: {words}\n") == (ended.value.code, capsys.readouterr().err)
