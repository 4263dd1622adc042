"""``umbilical watch`` as an operator runs it: on a real interface, with real signals."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.kit.netns import cable, needs_namespaces
from tests.kit.programs import program
from tests.kit.prometheus import free_port
from tests.kit.sensor import START_SECONDS, frames_of, watching

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kit.netns import Cable, End

DEMO = Path(__file__).parents[2] / "pcaps" / "demo"
CONFIG = (DEMO / "umbilical.toml").read_text()
OF_THE_MOMENT = {"time", "first_seen", "last_seen", "evidence", "completeness"}
TAKEN = 'umbilical_frames_total{interface="watched0"}'


@pytest.mark.parametrize("workers", ["1", "2"])
@needs_namespaces()
def test_live_equals_replay(tmp_path: Path, workers: str) -> None:
    frames = frames_of(DEMO / "capture.pcap")
    recorded = tmp_path / "recorded.pcap"
    with (
        cable() as link,
        watching(link.watched, tmp_path, *_configured(tmp_path), "--workers", workers) as run,
    ):
        with _recording(link.watched, recorded):
            _send_slowly(link, frames)
            run.wait_for_metric(TAKEN, len(frames))
            _until(lambda: len(frames_of(recorded)) == len(frames))
        assert run.stop() == 0
        assert _last_words(run.alerts()) == _last_words(_replayed(recorded, tmp_path))


@needs_namespaces()
def test_a_killed_sensor_goes_on_without_losing_or_repeating_an_alert(tmp_path: Path) -> None:
    frames = frames_of(DEMO / "capture.pcap")
    half = len(frames) // 2
    options = (
        *_configured(tmp_path, '[sensor]\ncheckpoint_every = "1s"\n'),
        "--state",
        str(tmp_path / "state"),
    )
    told: list[dict[str, Any]] = []
    with cable() as link:
        for part in (frames[:half], frames[half:]):
            with watching(link.watched, tmp_path, *options) as run:
                _send_slowly(link, part)
                run.wait_for_metric(TAKEN, len(part))
                run.wait_for_metric(
                    "umbilical_checkpoint_last_success_timestamp_seconds", time.time_ns() / 1e9
                )
                run.kill()
                told += run.alerts()
    ids = [alert["alert_id"] for alert in told if alert["state"] == "firing"]
    assert len(ids) == len(set(ids))
    assert set(ids) == {alert["alert_id"] for alert in _replayed(DEMO / "capture.pcap", tmp_path)}


@needs_namespaces()
def test_alerts_between_the_checkpoint_and_the_kill_are_not_told_again(tmp_path: Path) -> None:
    frames = frames_of(DEMO / "capture.pcap")
    options = (
        *_configured(tmp_path, '[sensor]\ncheckpoint_every = "1h"\n'),
        "--state",
        str(tmp_path / "state"),
    )
    with cable() as link:
        with watching(link.watched, tmp_path, *options) as run:
            _send_slowly(link, frames)
            run.wait_for_metric(TAKEN, len(frames))
            before = {alert["alert_id"] for alert in run.alerts()}
            run.kill()
        with watching(link.watched, tmp_path, *options) as run:
            firing = {alert["alert_id"] for alert in json.loads(run.get("/alerts?limit=100")[1])["alerts"]}
            _send_slowly(link, frames)
            run.wait_for_metric(TAKEN, len(frames))
            again = run.alerts()
            assert run.stop() == 0
    assert len(before) > 10
    assert firing == before
    assert again == []


@needs_namespaces()
def test_a_reload_takes_a_good_configuration_and_refuses_a_bad_one(tmp_path: Path) -> None:
    frames = frames_of(DEMO / "capture.pcap")
    options = _configured(tmp_path)
    config = tmp_path / "umbilical.toml"
    with cable() as link, watching(link.watched, tmp_path, *options) as run:
        config.write_text(CONFIG + '\n[alert]\nmin_severity = "nonsense"\n')
        run.hang_up()
        _until(lambda: run.metric("umbilical_config_last_reload_successful") == 0)
        config.write_text(CONFIG + '\n[alert]\nmin_severity = "medium"\n')
        run.hang_up()
        _until(lambda: run.metric("umbilical_config_last_reload_successful") == 1)
        _send_slowly(link, frames)
        run.wait_for_metric(TAKEN, len(frames))
        assert run.stop() == 0
        assert {alert["severity"] for alert in run.alerts()} == {"medium"}
        assert "min_severity" in run.err.read_text()


@needs_namespaces()
def test_a_port_in_use_is_told_in_one_line(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with cable() as link, watching(link.watched, tmp_path, *_configured(tmp_path)):
        done = link.watched.call(
            subprocess.run,
            _command("watch", link.watched.interface),
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert "9777" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


@needs_namespaces()
def test_a_second_sensor_does_not_touch_the_state_of_the_first(tmp_path: Path) -> None:
    options = (*_configured(tmp_path), "--state", str(tmp_path / "state"))
    with cable() as link, watching(link.watched, tmp_path, *options) as run:
        command = _command("watch", link.watched.interface, *options, "--listen", "127.0.0.1:0", "--quiet")
        done = link.watched.call(subprocess.run, command, capture_output=True, text=True, check=False)
        assert run.stop() == 0
    assert done.returncode == 2
    assert [
        line for line in done.stderr.splitlines() if "another umbilical" in line
    ] == done.stderr.splitlines()


@needs_namespaces()
def test_whoever_of_the_processes_is_killed_the_next_start_goes_on(tmp_path: Path) -> None:
    frames = frames_of(DEMO / "capture.pcap")
    options = (
        *_configured(tmp_path, '[sensor]\ncheckpoint_every = "1s"\n'),
        *("--state", str(tmp_path / "state"), "--workers", "2"),
    )
    with cable() as link:
        with watching(link.watched, tmp_path, *options) as run:
            _send_slowly(link, frames)
            run.wait_for_metric(TAKEN, len(frames))
            run.wait_for_metric("umbilical_checkpoint_last_success_timestamp_seconds", time.time_ns() / 1e9)
            os.kill(run.workers()[0], signal.SIGKILL)
            assert run.process.wait(20) == 70
            assert "worker-0 ended before its time" in run.err.read_text().splitlines()[-1]
        with watching(link.watched, tmp_path, *options) as run:
            known = json.loads(run.get("/alerts?limit=100")[1])["alerts"]
            orphans = run.workers()
            run.kill()
            _until(lambda: not any(map(_lives, orphans)))
        with watching(link.watched, tmp_path, *options) as run:
            _send_slowly(link, frames)
            run.wait_for_metric(TAKEN, len(frames))
            assert run.stop() == 0
            assert run.alerts() == []
    assert len(known) == len(_replayed(DEMO / "capture.pcap", tmp_path))


@needs_namespaces()
def test_an_interface_that_vanishes_and_returns_is_watched_on_without_rights(tmp_path: Path) -> None:
    frame = frames_of(DEMO / "capture.pcap")[:1]
    with cable() as link, watching(link.watched, tmp_path, *_configured(tmp_path), "--workers", "2") as run:
        link.watched.run("ip link delete {interface}")
        _until(lambda: run.metric('umbilical_capture_up{interface="watched0"}') == 0)
        link.plug()
        _until(lambda: run.metric('umbilical_capture_up{interface="watched0"}') == 1)
        link.sender.send(*frame)
        run.wait_for_metric(TAKEN, 1)
        assert run.stop() == 0


@needs_namespaces()
def test_packets_behind_alerts_are_recorded_by_all_workers_and_explained(tmp_path: Path) -> None:
    program("tshark", "tshark")
    frames, folder = frames_of(DEMO / "capture.pcap"), tmp_path / "record"
    options = (*_configured(tmp_path), "--workers", "2", "--record", str(folder))
    with cable() as link, watching(link.watched, tmp_path, *options) as run:
        _send_slowly(link, frames)
        run.wait_for_metric(TAKEN, len(frames))
        run.wait_for_metric("umbilical_recorded_packets_total", 100)
        assert run.metric("umbilical_recorder_up") == 1
        assert run.stop() == 0
    assert len(list(folder.glob("*.pcapng"))) == 2
    alert = run.alerts()[-1]
    command = _command("explain", json.dumps(alert), "--record", str(folder))
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    for entry in alert["evidence"]:
        assert f"frame {entry['frame']} of watched0" in done.stdout
    assert "not there any more" not in done.stderr


@needs_namespaces()
def test_a_reader_that_has_had_enough_ends_it(tmp_path: Path) -> None:
    with cable() as link, watching(link.watched, tmp_path, *_configured(tmp_path)) as run:
        reading, writing = os.pipe()
        command = _command("watch", link.watched.interface, *_configured(tmp_path), "--listen", "")
        other = link.watched.call(
            subprocess.Popen, command, stdout=writing, stderr=subprocess.PIPE, text=True
        )
        os.close(writing)
        os.close(reading)
        assert other.stderr is not None
        while "listening on" not in other.stderr.readline():
            assert other.poll() is None
        _send_slowly(link, frames_of(DEMO / "capture.pcap"))
        assert other.wait(20) == 0
        assert "Traceback" not in other.stderr.read()
        other.stderr.close()
        assert run.stop() == 0


def test_a_pipe_is_watched_to_its_end(tmp_path: Path) -> None:
    with (DEMO / "capture.pcap").open("rb") as capture:
        done = subprocess.run(
            _command("watch", "-", "--json", "--listen", "", *_configured(tmp_path)),
            stdin=capture,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    live = [json.loads(line) for line in done.stdout.splitlines()]
    assert _last_words(live) == _last_words(_replayed(DEMO / "capture.pcap", tmp_path))


def test_a_quiet_pipe_is_watched_by_threads_without_rights(tmp_path: Path) -> None:
    port, heard = free_port(), tmp_path / "notify"
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager,
        _quiet_pipe(port, heard, manager) as run,
    ):
        assert _status_of(manager).startswith("listening on a pipe")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            assert 'umbilical_capture_up{interface="-"} 1.0' in answer.read().decode()
        assert "listening on a pipe: no frames yet" == _status_of(manager)
        tasks = [*Path(f"/proc/{run.pid}/task").glob("*/status")]
        assert len(tasks) > 1
        assert all("NoNewPrivs:\t1" in task.read_text() for task in tasks)


@contextmanager
def _quiet_pipe(port: int, heard: Path, manager: socket.socket) -> Iterator[Any]:
    """Run a sensor whose writer has sent the header of a capture and nothing else."""
    manager.bind(str(heard))
    manager.settimeout(START_SECONDS)
    alone = {"NOTIFY_SOCKET": str(heard), "OPENBLAS_NUM_THREADS": "1"}  # threads for matrices are nobody's
    command = _command("watch", "-", "--quiet", "--listen", f"127.0.0.1:{port}")
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=os.environ | alone) as process:
        assert process.stdin is not None
        process.stdin.write((DEMO / "capture.pcap").read_bytes()[:24])
        process.stdin.flush()
        yield process
        process.terminate()


def _status_of(manager: socket.socket) -> str:
    """Return the next status that systemd would hear."""
    while True:
        for line in manager.recv(4096).decode().splitlines():
            if line.startswith("STATUS="):
                return line.removeprefix("STATUS=")


@pytest.mark.parametrize(
    ("first", "then", "status", "words"),
    [
        (2000, b"\xff" * 3000, 3, "everything before it was processed"),
        (0, b"nonsense" * 100, 2, "not a capture"),
    ],
)
def test_a_pipe_with_something_else_in_it_is_told_in_a_line(
    first: int, then: bytes, status: int, words: str
) -> None:
    command = _command("watch", "-", "--listen", "")
    process: Any = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdin.write((DEMO / "capture.pcap").read_bytes()[:first])
    process.stdin.flush()
    while b"listening on a pipe" not in process.stderr.readline():
        assert process.poll() is None
    _, told = process.communicate(then)
    assert process.returncode == status
    assert len(told.splitlines()) == 1
    assert words in told.decode()


def test_an_interface_that_is_not_there_is_told_with_those_that_are() -> None:
    done = subprocess.run(_command("watch", "nosuch0"), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "nosuch0" in done.stderr
    assert "lo" in done.stderr


def test_without_an_interface_it_says_how_to_find_one() -> None:
    done = subprocess.run(_command("watch"), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "ip -brief link" in done.stderr


def _configured(folder: Path, more: str = "") -> tuple[str, ...]:
    (folder / "umbilical.toml").write_text(f"{CONFIG}\n{more}")
    return "--config", str(folder / "umbilical.toml")


def _command(*words: str) -> list[str]:
    return [sys.executable, "-c", "from monitor.cli import main; main()", *words]


def _replayed(capture: Path, folder: Path) -> list[dict[str, Any]]:
    config = folder / "replay.toml"
    config.write_text(CONFIG)
    command = _command("replay", "--json", "--config", str(config), str(capture))
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def _last_words(alerts: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return how each story stood in the end, without what depends on the moment."""
    return {
        alert["alert_id"]: {name: value for name, value in alert.items() if name not in OF_THE_MOMENT}
        for alert in alerts
    }


def _send_slowly(link: Cable, frames: list[bytes]) -> None:
    """Send some thousand frames a second: two processes at the other end shall not fall behind."""
    for start in range(0, len(frames), 100):
        link.sender.send(*frames[start : start + 100])
        time.sleep(0.02)


def _lives(process: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False


def _until(happened: Any) -> None:
    until = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.1)


@contextmanager
def _recording(end: End, path: Path) -> Iterator[None]:
    """Let tcpdump record what the sensor sees."""
    tcpdump = program("tcpdump", "tcpdump")
    command = [tcpdump, "-i", end.interface, "-Z", "root", "-U", "-s", "9000", "-B", "32768"]
    command += ["--time-stamp-precision=nano", "-w", str(path)]
    process: Any = end.call(subprocess.Popen, command, stderr=subprocess.PIPE)
    try:
        while b"listening" not in (line := process.stderr.readline()):
            assert line, "tcpdump has ended"
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
        process.stderr.close()
