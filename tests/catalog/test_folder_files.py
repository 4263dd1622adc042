from pathlib import Path

import pytest

from monitor.catalog.faults import Faults
from monitor.catalog.folder_files import files_of, is_readable, warn_of_strays

NOT_A_NAME = "not read: signature files end in .yaml (lists in .txt or .list)"


def warned(folder: Path, *, local: bool = True) -> list[str]:
    faults = Faults()
    warn_of_strays(folder, faults, local=local)
    assert [] == faults.errors
    return [str(warning) for warning in faults.warnings]


def test_files_are_told_apart_by_their_names(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yaml", "l.txt", "m.list", "x.lst"):
        (tmp_path / name).touch()
    files = files_of(tmp_path)
    names = [[path.name for path in part] for part in files]
    assert [["a.yaml", "b.yaml"], ["l.txt", "m.list"], ["x.lst"]] == names


@pytest.mark.parametrize(
    "name", ["acmeco.yml", "ACME.YAML", "x.lst", "acme.json", "acme.yaml.bak", "LIST.TXT"]
)
def test_a_file_that_nothing_reads_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "acme.yaml").touch()
    (tmp_path / name).touch()
    assert [f"{tmp_path}/{name}: {NOT_A_NAME}"] == warned(tmp_path)
    assert [f"{tmp_path}/{name}: {NOT_A_NAME}"] == warned(tmp_path, local=False)


def test_a_folder_in_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").touch()
    (tmp_path / "more").mkdir()
    (told,) = warned(tmp_path)
    assert told.startswith(f"{tmp_path}/more: not read: a folder")


def test_what_stands_beside_signatures_is_no_fault(tmp_path: Path) -> None:
    for name in (
        "acme.yaml",
        "README.md",
        "README.txt",
        "LICENSE",
        "COVERAGE.md",
        "acme.yaml~",
        "#acme.yaml#",
    ):
        (tmp_path / name).touch()
    for name in (".acme.yaml.swp", ".#acme.yaml", ".hidden.yaml"):
        (tmp_path / name).touch()
    for name in ("data", "schema", ".git"):
        (tmp_path / name).mkdir()
    assert [] == warned(tmp_path)
    assert (["acme.yaml"], []) == ([one.name for one in files_of(tmp_path)[0]], files_of(tmp_path)[1])


def test_a_folder_with_nothing_in_it_is_told(tmp_path: Path) -> None:
    assert [f"{tmp_path}: holds no signature files"] == warned(tmp_path)


def test_a_list_counts_only_in_a_folder_of_the_site(tmp_path: Path) -> None:
    (tmp_path / "own.list").touch()
    assert [] == warned(tmp_path)
    (told,) = warned(tmp_path, local=False)
    assert told.startswith(f"{tmp_path}/own.list: not read: a list counts only among a site's own files")


def test_a_link_that_leads_nowhere_is_told_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert [f"{tmp_path}/loop: {NOT_A_NAME}"] == warned(tmp_path)


def test_a_folder_that_is_none_is_called_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").touch()
    faults = Faults()
    for name in ("none", "acme.yaml"):
        assert not is_readable(tmp_path / name, faults)
    assert not is_readable(Path("/dev/null"), faults)
    assert ["no such folder", "is a file; name the folder that holds it", "is no folder"] == [
        error.problem for error in faults.errors
    ]
    assert is_readable(tmp_path, faults)
