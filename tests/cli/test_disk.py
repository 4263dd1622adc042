from pathlib import Path

import pytest

from monitor.cli.disk import Busy, Disk, held


def test_a_folder_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    with held(folder), pytest.raises(Busy, match="another update is running"), held(folder):
        pytest.fail("two hold it")
    with held(folder):
        assert folder.is_dir()


def test_every_step_can_be_seen_when_it_returns(tmp_path: Path) -> None:
    disk, folder = Disk(), tmp_path / "folder"
    disk.make_folder(folder)
    assert folder.stat().st_mode & 0o777 == 0o755
    disk.write(folder / "new", b"content")
    disk.replace(folder / "new", folder / "name")
    disk.settle(folder)
    assert [path.name for path in folder.iterdir()] == ["name"]
    disk.remove(folder)
    assert not folder.exists()
