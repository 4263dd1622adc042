import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command import Done

Command = Callable[..., Done]


@pytest.fixture(autouse=True)
def _by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)


def test_without_a_file_the_defaults_are_told(umbilical: Command) -> None:
    done = umbilical("check-config")
    assert 0 == done.status
    first, *lines = done.out.splitlines()
    assert "defaults: nothing is wrong" == first
    assert ["watches", "site", "signatures", "geo-IP", "outputs", "state"] == [
        line.split()[0] for line in lines
    ]
    assert "umbilical: note: no state folder" in done.err


def test_what_is_understood_is_told(umbilical: Command, tmp_path: Path) -> None:
    file = tmp_path / "umbilical.toml"
    file.write_text(
        f'[site]\nresolvers = ["10.0.0.53"]\n[sensor]\ninterfaces = ["lo"]\nworkers = 2\nmemory_budget = "2GiB"\nstate_folder = "{tmp_path}"\n'
    )
    done = umbilical("check-config", str(file))
    assert (0, "") == (done.status, done.err)
    assert "lo, 2 workers, at most 2GiB" in done.out
    assert "1 resolver, 0 devices" in done.out
    assert str(tmp_path) in done.out.splitlines()[-1]


def test_quiet_says_nothing_when_nothing_is_wrong(umbilical: Command) -> None:
    assert Done(status=0, out="", err="") == umbilical("check-config", "--quiet")


def test_faults_of_the_file_and_of_what_it_names_end_with_two(umbilical: Command, tmp_path: Path) -> None:
    file = tmp_path / "umbilical.toml"
    file.write_text('[sight]\n[sensor]\nworkers = "two"\n')
    done = umbilical("check-config", str(file))
    assert (2, "") == (done.status, done.out)
    assert [f"umbilical: {file}:1: sight", f"umbilical: {file}:3: sensor.workers"] == [
        line.rsplit(": ", 1)[0].partition(": expected")[0].partition(": unknown")[0]
        for line in done.err.splitlines()
    ]
    file.write_text('[geoip]\ndatabase = ["gone.mmdb"]\n')
    done = umbilical("check-config", "--quiet", str(file))
    assert (2, "") == (done.status, done.out)
    assert done.err.startswith(f"umbilical: {file}:2: geoip.database: {tmp_path}/gone.mmdb: no such file")


def test_the_example_is_a_configuration(umbilical: Command, tmp_path: Path) -> None:
    done = umbilical("check-config", "--example")
    assert (0, "") == (done.status, done.err)
    assert "sensor" in tomllib.loads(done.out)
    file = tmp_path / "umbilical.toml"
    file.write_text(done.out)
    assert 0 == umbilical("check-config", str(file)).status
