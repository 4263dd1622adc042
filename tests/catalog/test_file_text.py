import os
from pathlib import Path

import pytest

from monitor.catalog.catalog import Catalog
from monitor.catalog.faults import Faults
from monitor.catalog.file_text import file_bytes, text_of
from tests.catalog._builders import HEAD, file_text, signature_text

MANY = 100_000


def told(path: Path) -> list[str]:
    faults = Faults()
    assert text_of(path, faults) is None
    return [error.problem for error in faults.errors]


def test_a_file_is_read_whole_also_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("größer\n")
    (tmp_path / "b").symlink_to("a")
    assert "größer\n" == text_of(tmp_path / "a", Faults()) == text_of(tmp_path / "b", Faults())


def test_the_mark_of_some_editors_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbf# vendor: acme\n")
    assert "# vendor: acme\n" == text_of(tmp_path / "a", Faults())


def test_what_is_no_file_is_told_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "zero", "folder"):
        assert ["not a regular file"] == told(tmp_path / name)
    (tmp_path / "gone").symlink_to("nowhere")
    assert ["cannot be read: No such file or directory"] == told(tmp_path / "gone")


def test_a_file_beyond_the_limit_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.catalog.file_text.MAX_FILE_BYTES", 10)
    (tmp_path / "a").write_bytes(b"x" * 10)
    assert b"x" * 10 == file_bytes(tmp_path / "a")
    (tmp_path / "a").write_bytes(b"x" * 11)
    (problem,) = told(tmp_path / "a")
    assert problem.startswith("larger than ")


def test_a_hundred_thousand_signatures_are_within_the_limit() -> None:
    from monitor.catalog.file_text import MAX_FILE_BYTES
    from monitor.catalog.folder import bundled_folder

    files = list(bundled_folder().glob("*.yaml"))
    one = sum(path.stat().st_size for path in files) / len(Catalog.load().signatures)
    assert MANY * one < MAX_FILE_BYTES


def test_a_pipe_or_a_device_among_signature_files_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_text(file_text())
    os.mkfifo(tmp_path / "f.yaml")
    (tmp_path / "z.list").symlink_to("/dev/zero")
    with pytest.raises(ValueError, match=r"f\.yaml: not a regular file\n.*z\.list: not a regular file$"):
        Catalog.load(local=[tmp_path])


def test_many_signatures_of_one_file_load(tmp_path: Path) -> None:
    text = HEAD + "signatures:\n" + "".join(signature_text(f"s{number}") for number in range(1000))
    (tmp_path / "acme.yaml").write_text(text)
    assert 1000 == len(Catalog.load([tmp_path]).signatures)
