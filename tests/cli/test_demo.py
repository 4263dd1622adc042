import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, cast

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


def test_a_reader_that_has_gone_is_no_fault(umbilical_process: Callable[..., subprocess.Popen[str]]) -> None:
    with umbilical_process("demo") as process:
        cast("IO[str]", process.stdout).close()
        assert ("", 0) == (cast("IO[str]", process.stderr).read(), process.wait(60))


@pytest.mark.skipif(os.getuid() != 0, reason="only root makes devices")
def test_a_full_disk_is_told_in_a_line(tmp_path: Path) -> None:
    full = tmp_path / "full"
    try:
        os.mknod(full, stat.S_IFCHR | 0o666, os.makedev(1, 7))
        stream = full.open("wb")
    except PermissionError:
        pytest.skip("no devices can be made here")
    with stream:
        done = subprocess.run(
            [sys.executable, "-m", "monitor", "demo"], stdout=stream, stderr=subprocess.PIPE, check=False
        )
    assert (2, b"umbilical: cannot write: no space left on device\n") == (done.returncode, done.stderr)
