import json
import os
import shutil
import subprocess
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Done
from tests.kit.recording import record

Command = Callable[..., Done]
needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="needs tshark")


@pytest.fixture(autouse=True)
def _pyshark_warns_of_its_own_future() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


@pytest.fixture
def line(umbilical: Command, contact: Path) -> str:
    return umbilical("replay", "--json", str(contact)).out.strip()


@needs_tshark
def test_a_line_is_explained_with_its_packets(umbilical: Command, line: str) -> None:
    done = umbilical("explain", line)
    assert (0, "") == (done.status, done.err)
    for words in ("Why we believe it", "dns.query = cloudota.quectel.com", "Name: cloudota.quectel.com"):
        assert words in done.out


@needs_tshark
def test_an_id_is_found_in_lines_and_in_captures(
    umbilical: Command, line: str, contact: Path, tmp_path: Path
) -> None:
    path = tmp_path / "alerts.jsonl"
    path.write_text(line)
    name = str(json.loads(line)["alert_id"])[:8]
    by_file = umbilical("explain", str(path))
    assert by_file.status == 0
    assert by_file == umbilical("explain", name, "--lines", str(path))
    assert by_file == umbilical("explain", name, "--capture", str(contact))


@needs_tshark
def test_a_capture_that_moved_is_named_by_the_operator(
    umbilical: Command, line: str, contact: Path, tmp_path: Path
) -> None:
    moved = contact.rename(tmp_path / "moved.pcap")
    gone = umbilical("explain", line)
    assert f"umbilical: {contact}: not there any more; name it with --capture FILE" in gone.err
    assert "Why we believe it" in gone.out
    found = umbilical("explain", line, "--capture", str(moved))
    assert (0, "") == (found.status, found.err)
    assert "Name: cloudota.quectel.com" in found.out


def test_without_tshark_the_rest_is_told(
    umbilical: Command, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    done = umbilical("explain", line)
    assert done.status == 0
    assert "umbilical: tshark is not installed" in done.err
    assert "dns.query = cloudota.quectel.com" in done.out


@needs_tshark
def test_another_capture_is_noticed(umbilical: Command, line: str, tmp_path: Path) -> None:
    other = tmp_path / "contact.pcap.empty"
    record = json.loads(line)
    record["evidence"] = [{"capture": record["evidence"][0]["capture"], "frame": 99, "saw": "x"}]
    done = umbilical("explain", json.dumps(record))
    assert not other.exists()
    assert "has no frame 99; is it the capture of this alert?" in done.err


@pytest.fixture
def live(line: str, contact: Path, tmp_path: Path) -> tuple[str, Path]:
    """Return an alert as a sensor tells it, and the folder in which it recorded the packets."""
    record([str(contact)], tmp_path / "record")
    told = json.loads(line)
    for entry in told["evidence"]:
        entry["capture"] = "eth1"
    contact.unlink()
    return json.dumps(told), tmp_path / "record"


@needs_tshark
def test_an_alert_of_a_sensor_is_explained_with_the_packets_it_recorded(
    umbilical: Command, live: tuple[str, Path]
) -> None:
    line, folder = live
    done = umbilical("explain", line, "--record", str(folder))
    assert (0, "") == (done.status, done.err)
    for words in ("frame 1 of eth1", "Name: cloudota.quectel.com", "10.0.4.17 → 10.0.0.53"):
        assert words in done.out
    assert "What was recorded (packets: 3)" in done.out
    assert "Interface id" not in done.out
    command = next(one.strip() for one in done.out.splitlines() if "tshark -r" in one)
    told = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)  # noqa: S602 - as a person would paste it
    assert len(told.stdout.splitlines()) == 3


@needs_tshark
def test_a_configuration_says_where_a_sensor_keeps_alerts_and_packets(
    umbilical: Command, live: tuple[str, Path], tmp_path: Path
) -> None:
    line, folder = live
    config = tmp_path / "umbilical.toml"
    config.write_text(f'[sensor]\nrecord_folder = "{folder.name}"\n[export.jsonl]\npath = "alerts.jsonl"\n')
    alert_id = str(json.loads(line)["alert_id"])
    without = umbilical("explain", alert_id, "--config", str(config))
    assert (0, "") == (without.status, without.err)
    assert "Only its packets are at hand" in without.out
    assert "a packet of the flow" in without.out
    assert "?" not in without.out.partition("What was seen")[0]
    (tmp_path / "alerts.jsonl").write_text(line + "\n")
    done = umbilical("explain", alert_id, "--config", str(config))
    assert done == umbilical("explain", line, "--record", str(folder))
    assert "Why we believe it" in done.out


@needs_tshark
def test_packets_that_were_not_recorded_are_named(umbilical: Command, live: tuple[str, Path]) -> None:
    line, folder = live
    told = json.loads(line)
    told["evidence"][0]["frame"] = 99
    done = umbilical("explain", json.dumps(told), "--record", str(folder))
    assert f"eth1: not there any more, and 1 of its frames are not in {folder} (any more)" in done.err
    assert "What was recorded" in done.out
    missing = umbilical("explain", line, "--record", str(folder / "none"))
    assert (2, 1) == (missing.status, missing.err.count("\n"))


@pytest.mark.parametrize(
    ("alert", "words"),
    [
        ("nonsense", "'nonsense' is no alert"),
        ('{"a": 1}', "not an alert line"),
        ("{", "not an alert line"),
        ("ffffffffffffffff", "no alert 'ffffffffffffffff'"),
    ],
)
def test_what_is_no_alert_is_told_in_a_line(umbilical: Command, alert: str, words: str) -> None:
    done = umbilical("explain", alert)
    assert (2, "", 1) == (done.status, done.out, done.err.count("\n"))
    assert words in done.err


@pytest.mark.parametrize("text", ["00b", "00", "318E96A8318E96A83"])
def test_an_id_that_is_too_short_or_too_long_is_told_how_long_it_is(umbilical: Command, text: str) -> None:
    done = umbilical("explain", text)
    assert (2, "", 1) == (done.status, done.out, done.err.count("\n"))
    assert "at least four hex digits" in done.err


@needs_tshark
def test_an_id_may_be_in_capitals(umbilical: Command, line: str, tmp_path: Path) -> None:
    (tmp_path / "alerts.jsonl").write_text(line)
    name = str(json.loads(line)["alert_id"])
    done = umbilical("explain", name.upper(), "--lines", str(tmp_path / "alerts.jsonl"))
    assert (0, "") == (done.status, done.err)


def test_where_an_alert_was_looked_for_is_told(umbilical: Command, line: str, contact: Path) -> None:
    folder = contact.parent
    path = folder / "alerts.jsonl"
    path.write_text(line)
    (folder / "record").mkdir()
    config = folder / "umbilical.toml"
    demo = "the demo, where an id alone is looked for; see --lines, --capture and --config"
    for arguments, place in (
        (("--lines", str(path)), f"{path}"),
        (("--capture", str(contact)), f"{contact}"),
        ((), demo),
        (("--record", str(folder / "record")), f"{folder}/record"),
        (("--config", str(config)), f"{path} or {demo}"),
        (("--config", str(config), "--record", str(folder / "record")), f"{path} or {folder}/record"),
    ):
        config.write_text('[export.jsonl]\npath = "alerts.jsonl"\n')
        done = umbilical("explain", "deadbeef", *arguments)
        assert (2, "", f"umbilical: no alert 'deadbeef' in {place}\n") == (done.status, done.out, done.err)


def test_a_file_without_alerts_is_told(umbilical: Command, tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    path.touch()
    done = umbilical("explain", str(path))
    assert Done(status=2, out="", err=f"umbilical: {path}: holds no alerts\n") == done


@pytest.mark.parametrize("name", ["x" * 300, "x\x00y", "alerts.jsonl/x"])
def test_a_name_that_no_file_can_have_is_told_in_a_line(
    umbilical: Command, tmp_path: Path, name: str
) -> None:
    (tmp_path / "alerts.jsonl").touch()
    done = umbilical("explain", f"{tmp_path}/{name}")
    assert (2, "", 1) == (done.status, done.out, done.err.count("\n"))


def test_a_folder_that_may_not_be_entered_is_told_in_a_line(
    umbilical: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = Path.stat

    def forbidden(path: Path, **more: Any) -> os.stat_result:
        if "noread" in str(path):
            raise PermissionError(13, "Permission denied", str(path))
        return really(path, **more)

    monkeypatch.setattr(Path, "stat", forbidden)
    done = umbilical("explain", "noread/x")
    assert Done(status=2, out="", err="umbilical: noread/x: permission denied\n") == done


@needs_tshark
def test_a_capture_with_a_name_that_no_file_can_have_is_not_there(umbilical: Command, line: str) -> None:
    for name in ("x" * 300, "a\x00b"):
        told = json.loads(line)
        told["evidence"][0]["capture"] = name
        done = umbilical("explain", json.dumps(told))
        assert (0, True) == (done.status, "not there any more" in done.err)
