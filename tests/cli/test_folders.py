from pathlib import Path

import pytest

from monitor.cli.folders import own_folders, written_files, written_folders
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
