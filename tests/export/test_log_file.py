import errno
import os
import time
from pathlib import Path

import pytest

from monitor.export import _log_file
from monitor.export._log_file import LogFile, Rotation

NEVER = Rotation(size_bytes=0, is_daily=False, keep=3)
DAY = 86_400


def test_lines_are_appended_to_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    path.write_bytes(b"old\n")
    file = LogFile(path, NEVER)
    file.append(b"a\nb\n")
    file.append(b"c\n")
    file.close()
    file.append(b"d\n")
    file.close()
    assert path.read_bytes() == b"old\na\nb\nc\nd\n"


def test_a_file_that_would_be_too_large_is_moved_away_and_the_oldest_goes(tmp_path: Path) -> None:
    file = LogFile(tmp_path / "a", Rotation(size_bytes=10, is_daily=False, keep=2))
    for number in range(8):
        file.append(b"line%d\n" % number)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "a": b"line7\n",
        "a.1": b"line6\n",
        "a.2": b"line5\n",
    }
    file.append(b"longer than the limit\n")
    assert (tmp_path / "a").read_bytes() == b"longer than the limit\n"


def test_a_file_of_yesterday_is_moved_away_when_that_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old\n")
    yesterday = time.time_ns() // 1_000_000_000 - DAY
    os.utime(path, (yesterday, yesterday))
    LogFile(path, NEVER).append(b"same file\n")
    assert not (tmp_path / "a.1").exists()
    os.utime(path, (yesterday, yesterday))
    LogFile(path, Rotation(size_bytes=0, is_daily=True, keep=3)).append(b"today\n")
    assert (path.read_bytes(), (tmp_path / "a.1").read_bytes()) == (b"today\n", b"old\nsame file\n")


def test_a_file_that_logrotate_moved_is_opened_anew(tmp_path: Path) -> None:
    path = tmp_path / "a"
    file = LogFile(path, NEVER)
    file.append(b"a\n")
    path.rename(tmp_path / "moved")
    file.append(b"b\n")
    path.unlink()
    file.append(b"c\n")
    assert path.read_bytes() == b"c\n"
    assert (tmp_path / "moved").read_bytes() == b"a\n"


def test_what_cannot_be_written_whole_leaves_no_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    file = LogFile(path, NEVER)
    file.append(b"a\n")

    def half(handle: int, data: bytes) -> None:
        os.write(handle, data[:3])
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as full:
        full.setattr(_log_file, "_write_all", half)
        with pytest.raises(OSError, match="full"):
            file.append(b"bbbbbb\n")
    assert path.read_bytes() == b"a\n"
    file.append(b"b\n")
    assert path.read_bytes() == b"a\nb\n"


@pytest.mark.parametrize(("found", "left"), [(b"a\ntorn", b"a\n"), (b"torn", b""), (b"a\n", b"a\n")])
def test_a_line_that_a_crash_tore_is_removed(tmp_path: Path, found: bytes, left: bytes) -> None:
    path = tmp_path / "a"
    path.write_bytes(found)
    LogFile(path, NEVER).append(b"b\n")
    assert path.read_bytes() == left + b"b\n"


def test_what_is_no_file_of_lines_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * (2 << 20))
    LogFile(path, NEVER).append(b"b\n")
    assert path.stat().st_size == (2 << 20) + 2


def test_a_pipe_is_written_to_and_never_moved(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    file = LogFile(path, Rotation(size_bytes=1, is_daily=True, keep=1))
    file.append(b"a\n")
    file.append(b"b\n")
    assert os.read(reader, 100) == b"a\nb\n"
    os.close(reader)
    file.close()


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        LogFile(tmp_path / "none" / "a", NEVER).append(b"a\n")
