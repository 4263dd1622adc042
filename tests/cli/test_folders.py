import os
from pathlib import Path

import pytest

from monitor.cli.folders import (
    check_can_append,
    check_can_keep,
    own_folders,
    written_files,
    written_folders,
)
from monitor.config.sensor import Sensor
from monitor.config.tree import Config
from monitor.export.jsonl import Settings as JsonLines
from monitor.export.prometheus import Settings as Prometheus
from monitor.export.syslog import Settings as Syslog


@pytest.fixture(autouse=True)
def _by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)


def test_by_default_nothing_is_written() -> None:
    assert ((), (), ()) == (own_folders(Config()), written_folders(Config()), written_files(Config()))


def test_state_records_and_files_of_outputs_are_found() -> None:
    config = Config(
        path=Path("/etc/umbilical/umbilical.toml"),
        sensor=Sensor(state_folder="/state", record_folder="/record"),
        sections={"export.jsonl": JsonLines(path="/logs/a.jsonl"), "export.syslog": Syslog()},
    )
    assert (Path("/state"), Path("/record")) == own_folders(config)
    assert (Path("/state"), Path("/record"), Path("/logs")) == written_folders(config)


def test_a_socket_with_a_path_is_removed_at_the_end() -> None:
    sections = {"export.prometheus": Prometheus(listen="unix:/run/umbilical/web.sock")}
    assert (Path("/run/umbilical"),) == written_folders(Config(sections=sections))
    assert () == written_folders(Config(sections={"export.prometheus": Prometheus(listen="")}))


def test_a_file_without_a_whole_path_stands_beside_the_configuration() -> None:
    sections = {"export.jsonl": JsonLines(path="alerts.jsonl")}
    assert (Path("/etc/umbilical/alerts.jsonl"),) == written_files(
        Config(path=Path("/etc/umbilical/u.toml"), sections=sections)
    )
    assert (Path.cwd() / "alerts.jsonl",) == written_files(Config(sections=sections))


def test_a_file_in_the_place_of_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ValueError, match=r"/file: is no folder; name another, or move it away$"):
            own_folders(Config(sensor=Sensor(state_folder=str(folder))))


class TestOnAReadOnlyFileSystem:
    @pytest.fixture(autouse=True)
    def _read_only(self, monkeypatch: pytest.MonkeyPatch) -> None:
        real = os.statvfs

        def statvfs(path: Path) -> os.statvfs_result:
            values = [*real(path)]
            values[8] |= os.ST_RDONLY
            return os.statvfs_result(values)

        monkeypatch.setattr("os.statvfs", statvfs)

    @pytest.mark.parametrize("name", ["", "missing"])
    def test_a_folder_of_the_sensor_is_refused_with_the_reason(self, tmp_path: Path, name: str) -> None:
        config = Config(sensor=Sensor(state_folder=str(tmp_path / name)))
        for ask in (own_folders, written_folders):
            with pytest.raises(
                ValueError, match="the file system is read-only here; name a folder on another"
            ):
                ask(config)
        with pytest.raises(ValueError, match="the file system is read-only here"):
            check_can_keep(tmp_path / name)

    def test_so_is_the_folder_of_a_file_that_an_output_appends_to(self, tmp_path: Path) -> None:
        config = Config(sections={"export.jsonl": JsonLines(path=str(tmp_path / "a.jsonl"))})
        with pytest.raises(ValueError, match="the file system is read-only here"):
            written_folders(config)
        with pytest.raises(ValueError, match="the file system is read-only here"):
            check_can_append(tmp_path / "a.jsonl")
