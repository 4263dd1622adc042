"""Measures how long an alert takes, from the packet on the wire to the JSON file and to /metrics; prints Markdown.

    latency.py [CAPTURE] [--rate 50000] [--contacts 200] [--workers 1]

Needs root. Background traffic is a capture, again and again, between two namespaces; meanwhile one new device after the other
contacts a vendor. The file and the metrics are asked again and again; so what is printed holds the asking too.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from threading import Thread
from typing import NamedTuple

from timing.captures import Captures
from timing.report import table
from wire.contacts import Contacts
from wire.network import Network, network
from wire.sensor import LISTEN, Sensor, lost_in, sum_of

SENDER = Path(__file__).with_name("wire") / "sender.py"
POLLER = SENDER.with_name("poller.py")
PATIENCE_SECONDS = 20
GAP_SECONDS = 0.05
FIRED = "umbilical_alerts_total"


class Taken(NamedTuple):
    """Milliseconds that one alert took."""

    file_ms: float
    metrics_ms: float


class Poller:
    """Asks for metrics all the time, at the sensor's end."""

    def __init__(self, wire: Network) -> None:
        self.fired, self.since_ns = 0.0, 0
        """Alerts that began, and when that was first seen."""
        command = [sys.executable, "-S", str(POLLER), f"http://{LISTEN}/metrics", FIRED]
        self._process = subprocess.Popen(wire.at_watched(command), stdout=subprocess.PIPE, text=True)
        Thread(target=self._read, daemon=True).start()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            moment, fired = line.split()
            if float(fired) > self.fired:
                self.since_ns, self.fired = int(moment), float(fired)


def main() -> None:
    """Measure, then print."""
    parser = argparse.ArgumentParser(description="Measure how long an alert takes.")
    parser.add_argument("capture", type=Path, nargs="?", help="background frames (default: made)")
    parser.add_argument(
        "--rate", type=int, default=50_000, help="background frames per second (default %(default)s)"
    )
    parser.add_argument("--contacts", type=int, default=200)
    parser.add_argument("--workers", type=int, default=1)
    args = parser.parse_args()
    capture = args.capture or Captures(1).mixed(40).path
    with (
        tempfile.TemporaryDirectory(prefix="umbilical-latency-") as name,
        network() as wire,
        ExitStack() as stack,
    ):
        folder = Path(name)
        path = folder / "alerts.jsonl"
        (folder / "umbilical.toml").write_text(f'[export.jsonl]\npath = "{path}"\n')
        sensor = Sensor(wire, folder, args.workers)
        stack.callback(sensor.kill)
        sensor.start()
        load = [sys.executable, str(SENDER), wire.sender_interface, str(capture.absolute())]
        background = subprocess.Popen(
            wire.at_sender([*load, "--rate", str(args.rate), "--seconds", "3600"]), stdout=subprocess.DEVNULL
        )
        stack.callback(background.wait)
        stack.callback(background.kill)
        contacts = Contacts(wire)
        stack.callback(contacts.close)
        poller = Poller(wire)
        stack.callback(poller.close)
        time.sleep(2)
        taken = [one_alert(contacts, poller, path) for _ in range(args.contacts)]
        metrics = sensor.metrics()
    print("# Latency of alerts\n")
    table(
        ("from the packet to", "median ms", "p99 ms", "worst ms"),
        [
            shown("the JSON file", [one.file_ms for one in taken]),
            shown("/metrics", [one.metrics_ms for one in taken]),
        ],
    )
    print(f"\n{sum_of(metrics, 'umbilical_frames_total'):.0f} frames seen, {lost_in(metrics):.0f} lost.")


def one_alert(contacts: Contacts, poller: Poller, path: Path) -> Taken:
    """Let a new device make contact and wait until its alert is everywhere."""
    size = path.stat().st_size if path.exists() else 0
    fired = poller.fired
    sent_ns = contacts.next()
    wanted = contacts.alert_ids[-1]
    in_file = 0
    until = time.monotonic() + PATIENCE_SECONDS
    while not in_file or poller.fired <= fired:
        if time.monotonic() > until:
            raise SystemExit(f"alert {wanted} did not come")
        if not in_file and wanted in _ids_from(path, size):
            in_file = time.time_ns()
        time.sleep(0.002)
    time.sleep(GAP_SECONDS)
    return Taken((in_file - sent_ns) / 1e6, (poller.since_ns - sent_ns) / 1e6)


def shown(name: str, values: list[float]) -> tuple[str, ...]:
    """Return a row of the table."""
    ordered = sorted(values)
    worst_of_most = ordered[min(len(ordered) - 1, round(0.99 * len(ordered)))]
    return (name, f"{statistics.median(ordered):.0f}", f"{worst_of_most:.0f}", f"{ordered[-1]:.0f}")


def _ids_from(path: Path, start: int) -> set[str]:
    if not path.exists():
        return set()
    with path.open("rb") as stream:
        stream.seek(start)
        return {
            json.loads(line)["alert_id"]
            for line in stream.read().splitlines(keepends=True)
            if line.endswith(b"\n")
        }


if __name__ == "__main__":
    main()
