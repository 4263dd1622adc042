"""From what a person typed to captures; refusals say what to do."""

import gzip
import os
import pty
from pathlib import Path

import pytest

from monitor.capture.locate import locate
from tests.kit.captures import pcap, pcapng


def paths_of(*names: Path | str) -> list[str]:
    return [found.path for found in locate([str(name) for name in names]).captures]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "b.pcap").write_bytes(pcap())
    (tmp_path / "a.dat").write_bytes(pcapng())
    (tmp_path / "notes.txt").write_text("a note")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "c.gz").write_bytes(gzip.compress(pcap()))
    (tmp_path / ".hidden").write_bytes(pcap())
    return tmp_path


def test_a_folder_gives_its_captures_by_content_in_order_and_lists_the_others(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "dangling").symlink_to(folder / "absent")
    located = locate([str(folder)])
    assert [str(folder / name) for name in ("a.dat", "b.pcap", "sub/c.gz")] == [
        found.path for found in located.captures
    ]
    assert located.skipped == (str(folder / "notes.txt"),)


def test_a_glob_is_expanded_in_order(folder: Path) -> None:
    assert [str(folder / "a.dat"), str(folder / "b.pcap")] == paths_of(folder / "[ab].*")


def test_a_name_that_exists_is_no_glob(folder: Path) -> None:
    (folder / "x[1].pcap").write_bytes(pcap())
    assert [str(folder / "x[1].pcap")] == paths_of(folder / "x[1].pcap")


def test_a_file_named_twice_is_taken_once(folder: Path) -> None:
    (folder / "link.pcap").symlink_to(folder / "b.pcap")
    named = paths_of(folder / "link.pcap", folder / "b.pcap", folder)
    assert [str(folder / name) for name in ("link.pcap", "a.dat", "sub/c.gz")] == named


def test_sizes_are_those_on_disk(folder: Path) -> None:
    assert locate([str(folder / "b.pcap")]).captures[0].size_bytes == 24


def test_a_named_file_that_is_no_capture_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match=r"notes\.txt: not a capture: looks like text$"):
        locate([str(folder / "b.pcap"), str(folder / "notes.txt")])


def test_packed_text_is_refused_as_such(folder: Path) -> None:
    (folder / "t.gz").write_bytes(gzip.compress(b"a note"))
    with pytest.raises(ValueError, match=r"looks like text, packed with gzip$"):
        locate([str(folder / "t.gz")])


def test_a_damaged_gzip_is_refused_as_such(folder: Path) -> None:
    (folder / "t.gz").write_bytes(b"\x1f\x8b\xff\xff\xff\xff\xff\xff\xff\xff")
    with pytest.raises(
        ValueError, match=r"packed with gzip \(the gzip data is damaged at offset 3 of the file: "
    ):
        locate([str(folder / "t.gz")])


def test_an_empty_name_is_no_capture_and_not_this_folder() -> None:
    with pytest.raises(ValueError, match=r"^an empty name is no capture$"):
        locate([""])


def test_a_closed_standard_input_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(ValueError, match="standard input is closed"):
        locate(["-"])


def test_an_empty_file_is_refused(folder: Path) -> None:
    (folder / "e.pcap").touch()
    with pytest.raises(ValueError, match=r"e\.pcap: not a capture: empty file$"):
        locate([str(folder / "e.pcap")])


def test_a_folder_without_captures_is_refused(folder: Path) -> None:
    (folder / "other").mkdir()
    (folder / "other" / "x.txt").write_text("x")
    with pytest.raises(ValueError, match=r"other: no capture in this folder \(1 other files\)"):
        locate([str(folder / "other")])


def test_names_that_match_nothing_are_refused(folder: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"absent\.pcap"):
        locate([str(folder / "absent.pcap")])
    with pytest.raises(FileNotFoundError, match=r"No file matches: '.*\*\.pcapng'"):
        locate([str(folder / "*.pcapng")])
    with pytest.raises(ValueError, match="no capture given"):
        locate([])


def test_a_terminal_is_no_capture() -> None:
    kept = os.dup(0)
    main, terminal = pty.openpty()
    os.dup2(terminal, 0)
    try:
        with pytest.raises(ValueError, match="standard input is a terminal"):
            locate(["-"])
    finally:
        os.dup2(kept, 0)
        for descriptor in (kept, main, terminal):
            os.close(descriptor)


def test_an_empty_file_among_several_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.pcap").write_bytes(pcap())
    (tmp_path / "b.pcap").touch()
    for names in ([str(tmp_path / "a.pcap"), str(tmp_path / "b.pcap")], [str(tmp_path / "*.pcap")]):
        located = locate(names)
        assert [found.path for found in located.captures] == [str(tmp_path / "a.pcap")]
        assert located.skipped == (str(tmp_path / "b.pcap"),)
    (tmp_path / "a.pcap").write_bytes(b"")
    with pytest.raises(ValueError, match="empty file, as are all"):
        locate([str(tmp_path / "*.pcap")])
    with pytest.raises(ValueError, match="empty file"):
        locate([str(tmp_path / "b.pcap")])
