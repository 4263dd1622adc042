from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.cli.demo import demo_capture, demo_request
from tests.cli.command import Done

Command = Callable[..., Done]
SCREEN_LINES = 45


def test_the_demo_fits_a_screen_and_tells_what_the_program_is_for(umbilical: Command) -> None:
    done = umbilical("demo")
    assert (0, "") == (done.status, done.err)
    assert len(done.out.splitlines()) <= SCREEN_LINES
    for word in (
        "phone home",
        "Quectel",
        "firmware-update",
        "meter",
        "charger",
        "umbilical explain",
        "DB-IP",
    ):
        assert word in done.out


def test_the_demo_as_json_is_alerts_only(umbilical: Command) -> None:
    done = umbilical("demo", "--json")
    assert (0, "") == (done.status, done.err)
    assert {"firing"} == {record["state"] for record in done.records}


def test_ordinary_devices_of_the_demo_raise_no_alert(umbilical: Command) -> None:
    devices = {record["device"] for record in umbilical("demo", "--json").records}
    assert devices.isdisjoint({"laptop", "phone", "printer", "thermostat"})


def test_the_demo_knows_its_site() -> None:
    config = demo_request().config
    assert config is not None
    assert config.is_file()


def test_an_installed_package_carries_its_demo(tmp_path: Path) -> None:
    installed = tmp_path / "_bundled" / "demo" / "capture.pcap"
    installed.parent.mkdir(parents=True)
    installed.touch()
    assert installed == demo_capture(tmp_path)


def test_a_missing_demo_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        demo_capture(tmp_path / "package")
    assert "the demo is missing" in capsys.readouterr().err
