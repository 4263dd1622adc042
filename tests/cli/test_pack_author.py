import os
import stat
from pathlib import Path

import pytest

from monitor.cli.pack_author import check_passes, create_file, packed_files
from tests.catalog._builders import file_text
from tests.kit.packs import right_text

TODAY = "2026-11-22"


def test_what_the_loader_reads_and_licences_are_packed(tmp_path: Path) -> None:
    names = ["acme.yaml", "data/mac_prefixes.csv", "data/mac_prefixes.LICENSE.txt"]
    for name in [*names, "README.md", "data/notes.bin", "schema/vendor.schema.json", "acme.yaml~"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    assert {name: content.decode() for name, content in packed_files(tmp_path).items()} == {
        name: name for name in names
    }


def test_a_pipe_among_the_tables_is_told_and_not_waited_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").mkdir()
    os.mkfifo(tmp_path / "data" / "x.csv")
    with pytest.raises(SystemExit):
        packed_files(tmp_path)
    assert capsys.readouterr().err == f"umbilical: {tmp_path}/data/x.csv: not a regular file\n"


def test_signatures_with_errors_end_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "acme.yaml").write_text(right_text())
    check_passes(tmp_path, TODAY)
    (tmp_path / "acme.yaml").write_text(file_text())
    with pytest.raises(SystemExit):
        check_passes(tmp_path, TODAY)
    assert "errors: 1; see 'umbilical signatures check'" in capsys.readouterr().err


def test_a_new_file_has_its_mode_from_the_start_and_replaces_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    create_file(path, b"secret", 0o600)
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"secret", 0o600)
    with pytest.raises(FileExistsError):
        create_file(path, b"other", 0o600)
    assert path.read_bytes() == b"secret"
