"""A real ``umbilical watch`` at one end of a cable, as an operator would run it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import dpkt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kit.netns import Cable, End

PORT = 9777
START_SECONDS = 120
"""Kernels may have to be compiled first."""
SETTLE_SECONDS = 30
_AT_ONCE, _PAUSE_SECONDS = 100, 0.02
_PCAPS = Path(__file__).parents[2] / "pcaps"
_NOT_ON_A_CABLE = {"link-types"}
ETHERNET_CAPTURES = tuple(
    sorted(path for path in _PCAPS.glob("*/capture.pcap") if path.parent.name not in _NOT_ON_A_CABLE)
)
"""Every case that an Ethernet interface can bring."""
_UMBILICAL = (sys.executable, "-c", "from monitor.cli import main; main()")


@dataclass(slots=True)
class Watching:
    """A sensor that runs."""

    process: subprocess.Popen[Any]
    end: End
    out: Path
    err: Path

    def get(self, path: str) -> tuple[int, str]:
        """Ask its web server."""
        return self.end.call(_get, path)

    def metric(self, series: str) -> float:
        """Return the value of a series, named as in the text format."""
        for line in self.get("/metrics")[1].splitlines():
            name, _, value = line.rpartition(" ")
            if name == series:
                return float(value)
        raise LookupError(series)

    def wait_for_metric(self, series: str, least: float) -> float:
        """Wait until a series has a value; fail when it does not come."""
        until = time.monotonic() + SETTLE_SECONDS
        value = 0.0
        while time.monotonic() < until:
            value = self.metric(series)
            if value >= least:
                return value
            time.sleep(0.05)
        raise AssertionError(f"{series} is {value}, not {least}: {self.err.read_text()}")

    def alerts(self) -> list[dict[str, Any]]:
        """Return what it told so far."""
        return [json.loads(line) for line in self.out.read_text().splitlines()]

    def workers(self) -> list[int]:
        """Return its processes besides the one that was started."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(child) for child in children.split()]

    def hang_up(self) -> None:
        """Tell it to read its configuration anew."""
        self.process.send_signal(signal.SIGHUP)

    def stop(self) -> int:
        """Tell it to end and return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(SETTLE_SECONDS)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait(SETTLE_SECONDS)


@contextmanager
def watching(end: End, folder: Path, *options: str) -> Iterator[Watching]:
    """Run a sensor at an end of a cable; it is ready when this yields."""
    out, err = folder / "watch.out", folder / "watch.err"
    command = [*_UMBILICAL, "watch", end.interface, "--json", *options]
    with out.open("wb") as stdout, err.open("wb") as stderr:
        environment = os.environ | {"PYTHONUNBUFFERED": "1"}
        process = end.call(subprocess.Popen, command, stdout=stdout, stderr=stderr, env=environment)
    running = Watching(process, end, out, err)
    try:
        _wait_until_ready(running)
        yield running
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def send_slowly(link: Cable, frames: list[bytes]) -> Thread:
    """Begin to send some thousand frames a second: who listens shall not fall behind."""

    def send() -> None:
        for start in range(0, len(frames), _AT_ONCE):
            link.sender.send(*frames[start : start + _AT_ONCE])
            time.sleep(_PAUSE_SECONDS)

    thread = Thread(target=send)
    thread.start()
    return thread


def frames_of(capture: Path) -> list[bytes]:
    """Return the frames of a capture."""
    with capture.open("rb") as stream:
        return [bytes(frame) for _, frame in dpkt.pcap.Reader(stream)]


def _wait_until_ready(running: Watching) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if running.process.poll() is not None:
            raise AssertionError(f"the sensor ended: {running.err.read_text()}")
        try:
            if running.get("/-/ready")[0] == http.HTTPStatus.OK:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"the sensor is not ready: {running.err.read_text()}")


def _get(path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=10)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()
