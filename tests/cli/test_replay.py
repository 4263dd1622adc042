import json
import os
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from monitor.cli.demo import demo_capture
from tests.cli.command import Done
from tests.cli.conftest import contact_pcap
from tests.kit.captures import pcap

if TYPE_CHECKING:
    from io import TextIOWrapper

Command = Callable[..., Done]
Start = Callable[..., subprocess.Popen[str]]
QUIET_LOOKS = 20


def test_the_summary_names_vendor_device_and_alerts(umbilical: Command, contact: Path) -> None:
    done = umbilical("replay", str(contact))
    assert (0, "") == (done.status, done.err)
    for word in ("contact.pcap", "Quectel", "firmware-update", "02:51:00:00:00:17", "cloudota.quectel.com"):
        assert word in done.out
    assert "IP Geolocation by DB-IP" in done.out


def test_json_is_one_alert_per_line_and_nothing_else(umbilical: Command, contact: Path) -> None:
    done = umbilical("replay", "--json", str(contact))
    assert (0, "") == (done.status, done.err)
    assert ["quectel.cloudota"] == [record["signature"] for record in done.records]


def test_the_next_step_that_is_named_can_be_taken(umbilical: Command, contact: Path, tmp_path: Path) -> None:
    spaced = contact.rename(tmp_path / "a capture.pcap")
    words = shlex.split(" ".join(umbilical("replay", str(spaced)).out.split()).partition("Next: ")[2])
    done = umbilical(*words[1 : words.index("--capture") + 2])
    assert (0, "explain") == (done.status, words[1]), done.err
    assert words[2] in done.out


def test_where_there_is_no_alert_the_next_step_lists_what_was_seen(
    umbilical: Command, tmp_path: Path
) -> None:
    path = tmp_path / "empty.pcap"
    path.write_bytes(pcap(()))
    out = umbilical("replay", str(path)).out
    words = shlex.split(" ".join(out.split()).partition("Next: ")[2].partition(" lists all")[0])
    assert words[:2] == ["umbilical", "observations"], out
    assert umbilical(*words[1:]).status == 0


def test_a_pipe_has_no_next_step(umbilical: Command, contact: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(contact.read_bytes(),), daemon=True)
    writer.start()
    out = umbilical("replay", str(pipe)).out
    writer.join(10)
    assert "Alerts: 1" in out
    assert "Next:" not in out


def test_json_with_summary_keeps_the_summary_off_stdout(umbilical: Command, contact: Path) -> None:
    done = umbilical("replay", "--json", "--summary", str(contact))
    assert len(done.records) == 1
    assert "Vendor contacts" in done.err


def test_quiet_says_nothing(umbilical: Command, contact: Path) -> None:
    assert Done(status=0, out="", err="") == umbilical("replay", "--quiet", str(contact))


@pytest.mark.parametrize(("severity", "status"), [("low", 1), ("medium", 1), ("high", 0)])
def test_fail_on_ends_with_1_from_that_severity_on(
    umbilical: Command, contact: Path, severity: str, status: int
) -> None:
    assert status == umbilical("replay", "--quiet", "--fail-on", severity, str(contact)).status


def test_metrics_are_written(umbilical: Command, contact: Path, tmp_path: Path) -> None:
    target = tmp_path / "site.prom"
    assert umbilical("replay", "-q", "--metrics", str(target), str(contact)).status == 0
    text = target.read_text()
    assert 'umbilical_alerts_total{detector="vendor_contact",severity="medium",vendor="quectel"} 1.0' in text
    assert 'umbilical_frames_total{interface="replay"} 3.0' in text


def test_metrics_go_through_links_and_into_pipes(umbilical: Command, contact: Path, tmp_path: Path) -> None:
    target, link, pipe = tmp_path / "real.prom", tmp_path / "link.prom", tmp_path / "pipe.prom"
    link.symlink_to(target)
    os.mkfifo(pipe)
    heard: list[str] = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_text()), daemon=True)
    reader.start()
    for path in (link, pipe):
        assert umbilical("replay", "-q", "--metrics", str(path), str(contact)).status == 0
    reader.join(10)
    assert (True, True) == (link.is_symlink(), pipe.is_fifo())
    assert heard == [target.read_text()]
    assert 0o644 == target.stat().st_mode & 0o777


def test_a_name_that_cannot_be_looked_up_is_told_in_a_line(
    umbilical: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "x" * 300
    done = umbilical("replay", long)
    assert Done(status=2, out="", err=f"umbilical: {long}: file name too long\n") == done

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_fifo", refuse)  # as older Pythons do
    assert umbilical("replay", "closed/x").status == 2


def test_names_that_are_none_are_told(umbilical: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    assert umbilical("replay", "") == Done(status=2, out="", err="umbilical: an empty name is no capture\n")
    monkeypatch.setattr("sys.stdin", None)
    assert "standard input is closed" in umbilical("replay", "-").err


def test_a_name_that_is_no_text_is_the_same_everywhere(umbilical: Command, tmp_path: Path) -> None:
    path = Path(os.fsdecode(bytes(tmp_path) + b"/\xff\xfe.pcap"))
    path.write_bytes(contact_pcap()[:-10])
    shown = "\\udcff\\udcfe.pcap"
    done = umbilical("replay", "--json", str(path))
    assert {str(tmp_path / shown)} == {one["capture"] for one in done.records[0]["evidence"]}
    assert f"{tmp_path / shown}: cut short" in done.err
    out = "".join(umbilical("replay", str(path)).out.split())
    assert shown in out
    assert "$'" in out  # the next step, as it is typed


def test_metrics_into_a_missing_folder_are_refused_before_reading(umbilical: Command, contact: Path) -> None:
    done = umbilical("replay", "--metrics", "/nowhere/site.prom", str(contact))
    assert Done(status=2, out="", err="umbilical: /nowhere: no such folder\n") == done


def test_a_capture_without_home_addresses_is_told(umbilical: Command, tmp_path: Path) -> None:
    path = tmp_path / "public.pcap"
    path.write_bytes(contact_pcap(device=0x5DB8_D822, resolver=0x0808_0808))
    assert "No address of the home networks" in umbilical("replay", str(path)).out
    assert "No address" not in umbilical("replay", "--home", "93.184.216.0/24", str(path)).out


def test_damage_is_named_with_its_offset_after_what_came_before(umbilical: Command, tmp_path: Path) -> None:
    path = tmp_path / "cut.pcap"
    path.write_bytes(contact_pcap()[:-10])
    done = umbilical("replay", "--json", str(path))
    assert done.status == 3
    assert len(done.records) == 1
    assert done.err.startswith(f"umbilical: {path}: cut short")
    assert "offset" in done.err
    assert done.err.count("\n") == 1


def test_an_alert_to_fail_on_comes_before_damage(umbilical: Command, tmp_path: Path) -> None:
    path = tmp_path / "cut.pcap"
    path.write_bytes(contact_pcap()[:-10])
    assert umbilical("replay", "-q", "--fail-on", "info", str(path)).status == 1


def test_other_files_of_a_folder_are_listed_in_a_line(
    umbilical: Command, contact: Path, tmp_path: Path
) -> None:
    for number in range(5):
        (tmp_path / f"{number}.txt").write_text("words")
    done = umbilical("replay", "--json", str(contact.parent))
    assert (0, 1) == (done.status, len(done.records))
    first = ", ".join(str(tmp_path / f"{number}.txt") for number in range(3))
    assert f"umbilical: 5 files are no captures: {first} and 2 more\n" == done.err


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "empty file"), (b"some words\n", "looks like text"), (b"\x00\x01\x02\x03" * 9, "unknown data")],
)
def test_a_file_that_is_no_capture_is_told_in_a_line(
    umbilical: Command, tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert Done(status=2, out="", err=f"umbilical: {path}: not a capture: {words}\n") == umbilical(
        "replay", str(path)
    )


def test_a_file_that_is_not_there_is_told_in_a_line(umbilical: Command) -> None:
    done = umbilical("replay", "/nowhere.pcap")
    assert Done(status=2, out="", err="umbilical: /nowhere.pcap: no such file or folder\n") == done


def test_a_file_that_may_not_be_read_is_told_in_a_line(
    umbilical: Command, contact: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.open

    def refuse(path: str, *rest: int) -> int:
        if str(path) == str(contact):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *rest)

    contact.chmod(0)
    if os.access(contact, os.R_OK):  # root reads everything
        monkeypatch.setattr("monitor.capture.bytestream.FileIO", lambda path, *_: refuse(path))
    done = umbilical("replay", str(contact))
    assert Done(status=2, out="", err=f"umbilical: {contact}: permission denied\n") == done


def test_a_folder_without_captures_is_told_in_a_line(umbilical: Command, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("words")
    done = umbilical("replay", str(tmp_path))
    assert (
        Done(status=2, out="", err=f"umbilical: {tmp_path}: no capture in this folder (1 other files)\n")
        == done
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--fail-on", "awful"), "'awful' is not one of"),
        (("--home", "10.0.0.1/8"), "not a network: '10.0.0.1/8'"),
        (("--home", "here"), "not a network: 'here'"),
        (("--config", "/nowhere.toml"), "/nowhere.toml: no such file"),
        (("--signatures", "/nowhere"), "/nowhere: no such folder"),
        (("--geoip", "/nowhere.mmdb"), "/nowhere.mmdb: no such file"),
        (("--workers", "0"), "--workers"),
        (("--nonsense",), "No such option"),
    ],
)
def test_a_wrong_option_is_told_in_a_line(
    umbilical: Command, contact: Path, options: tuple[str, ...], words: str
) -> None:
    done = umbilical("replay", *options, str(contact))
    assert (2, "", 1) == (done.status, done.out, done.err.count("\n"))
    assert done.err.startswith("umbilical: ")
    assert words in done.err


def test_every_fault_of_a_configuration_is_told(umbilical: Command, contact: Path, tmp_path: Path) -> None:
    config = tmp_path / "umbilical.toml"
    config.write_text('[sit]\n\n[alert]\nsuppress_for = "long"\n')
    done = umbilical("replay", "--config", str(config), str(contact))
    assert (2, "") == (done.status, done.out)
    assert f"umbilical: {config}:1: " in done.err
    assert f"umbilical: {config}:4: " in done.err


def test_a_configuration_names_the_device(umbilical: Command, contact: Path, tmp_path: Path) -> None:
    config = tmp_path / "umbilical.toml"
    config.write_text('[site]\ndevices = [{ name = "meter-17", address = "10.0.4.17" }]\n')
    done = umbilical("replay", "--json", "--config", str(config), str(contact))
    assert ["meter-17"] == [record["device"] for record in done.records]


def test_a_name_from_the_wire_cannot_move_the_cursor(umbilical: Command, tmp_path: Path) -> None:
    path = tmp_path / "evil\x1b[2J[red].pcap"
    path.write_bytes(contact_pcap())
    done = umbilical("replay", str(path))
    assert "\x1b" not in done.out
    assert "[red]" in done.out


def test_ctrl_c_reports_what_was_read_until_then(umbilical_process: Start) -> None:
    process = umbilical_process("replay", "--json", "--summary", "-")
    cast("TextIOWrapper", process.stdin).buffer.write(demo_capture().read_bytes())
    cast("TextIOWrapper", process.stdin).flush()  # the pipe stays open: more may come
    _wait_until_it_sleeps(process.pid)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "umbilical: interrupted" in err
    assert out.count("\n") == len([json.loads(line) for line in out.splitlines()])


def test_a_reader_that_goes_away_is_no_error(umbilical_process: Start) -> None:
    process = umbilical_process("observations", str(demo_capture()))
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline().startswith("{")
    process.stdout.close()
    assert process.wait(timeout=60) == 0
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()
    if process.stdin:
        process.stdin.close()


def _wait_until_it_sleeps(process_id: int) -> None:
    """Wait until the process has used no processor for a while: it has read all that there is and waits for more."""
    spent, since = "", 0
    while since < QUIET_LOOKS:
        time.sleep(0.05)
        fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
        state, user_time = fields[0], fields[11]
        since = since + 1 if state == "S" and user_time == spent else 0
        spent = user_time
