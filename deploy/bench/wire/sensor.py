"""``umbilical watch`` at the watched end, with its state in a folder, as a service would run it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from wire.contenders import ROOT, fetched, processes_of
from wire.network import Network

LISTEN = "127.0.0.1:9777"
START_SECONDS = 90
END_SECONDS = 120


class Sensor:
    """Starts, ends and looks at it."""

    def __init__(self, wire: Network, folder: Path, workers: int = 1) -> None:
        self._wire = wire
        self._folder = folder
        options = ["--config", str(folder / "umbilical.toml"), "--state", str(folder / "state"), "--quiet"]
        self._command = [
            "-m",
            "monitor",
            "watch",
            wire.watched_interface,
            *options,
            "--workers",
            str(workers),
        ]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it is ready."""
        with (self._folder / "watch.err").open("ab") as err:
            command = self._wire.at_watched([sys.executable, *self._command])
            self.process = subprocess.Popen(command, cwd=ROOT, stderr=err, stdout=subprocess.DEVNULL)
        until = time.monotonic() + START_SECONDS
        while "umbilical_capture_up{" not in self.metrics():
            if time.monotonic() > until or self.process.poll() is not None:
                said = (self._folder / "watch.err").read_text()
                raise SystemExit(f"the sensor does not start (exit {self.process.poll()}): {said}")
            time.sleep(0.2)

    def metrics(self) -> str:
        """Return what it counts, empty when it does not answer."""
        return fetched(self._wire, f"http://{LISTEN}/metrics")

    def kill(self) -> None:
        """End it, and whatever it started, as a power cut would."""
        for process in self.processes():
            os.kill(process, signal.SIGKILL)
        self._reap()

    def stop(self) -> int:
        """Tell it to end, and return its exit status."""
        for process in self.processes()[:1]:
            os.kill(process, signal.SIGTERM)
        return self._reap()

    def hang_up(self) -> None:
        """Tell it to reload."""
        os.kill(self.processes()[0], signal.SIGHUP)

    def processes(self) -> list[int]:
        """Return its processes; the one that was started here is the sensor itself, for ``ip`` became it."""
        if self.process is None or self.process.poll() is not None:
            return []
        return [self.process.pid, *processes_of(self.process.pid)]

    def resident_mib(self) -> float:
        """Return the memory of all its processes, each shared page once."""
        return sum(map(_proportional_kib, self.processes())) / 1024

    def _reap(self) -> int:
        return 0 if self.process is None else self.process.wait(END_SECONDS)


def sum_of(metrics: str, name: str) -> float:
    """Return the sum of all series of a name."""
    lines = (line for line in metrics.splitlines() if line.startswith((f"{name} ", f"{name}{{")))
    return sum(float(line.rpartition(" ")[2]) for line in lines)


def lost_in(metrics: str) -> float:
    """Return the frames that were lost before they were read."""
    return sum(
        float(line.rpartition(" ")[2])
        for line in metrics.splitlines()
        if line.startswith("umbilical_frames_dropped_total{")
        and ('reason="ring"' in line or 'reason="nic"' in line)
    )


def _proportional_kib(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
