"""Lets a sensor live through an hour of trouble between two namespaces, and checks that no alert is lost; prints Markdown.

    soak.py [CAPTURE] [--minutes 60] [--rate 20000] [--workers 1] [--plot soak.png]

Needs root. Background traffic is a capture, again and again. Beside it one new device a second contacts a vendor, so that
one alert a second is due, and it is known which. Meanwhile the configuration is reloaded, an output is down for a minute in
four, and the sensor is killed (SIGKILL) every few minutes and started again. No device makes contact from two seconds
before a kill until the sensor is ready again: what nobody listened to, nobody can tell.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from timing.captures import Captures
from timing.report import table
from wire.contacts import Contacts
from wire.network import Network, network
from wire.sensor import LISTEN, Sensor, lost_in, sum_of

SENDER = Path(__file__).with_name("wire") / "sender.py"
RECEIVER = Path(__file__).with_name("wire") / "webhook_receiver.py"
HOOK = "127.0.0.1:9778"
KILL_EVERY, RELOAD_EVERY, OUTAGE_EVERY, OUTAGE = 240, 45, 240, 60
QUIET_BEFORE_KILL = 2
SAMPLE_EVERY = 5


@dataclass
class Tale:
    """What happened."""

    expected: list[str]
    """Ids of the alerts that are due, in order."""
    kills: int = 0
    reloads: int = 0
    outages: int = 0
    samples: list[tuple[float, float, float]] = field(default_factory=list)
    """Seconds since the start, resident MiB of all processes, frames lost."""


class Hook:
    """A web service that takes alerts, when it is there."""

    def __init__(self, wire: Network, folder: Path) -> None:
        self._wire = wire
        self.taken = folder / "webhook.jsonl"
        self._process: subprocess.Popen[bytes] | None = None

    def up(self) -> None:
        """Be there."""
        command = [sys.executable, str(RECEIVER), HOOK, str(self.taken)]
        self._process = subprocess.Popen(self._wire.at_watched(command))

    def down(self) -> None:
        """Be gone, without a word."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def is_up(self) -> bool:
        return self._process is not None


def main() -> None:
    """Run, then tell."""
    parser = argparse.ArgumentParser(description="Let a sensor live through an hour of trouble.")
    parser.add_argument("capture", type=Path, nargs="?", help="background frames (default: made)")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument(
        "--rate", type=int, default=20_000, help="background frames per second (default %(default)s)"
    )
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--plot", type=Path, help="draw memory and losses over time (needs matplotlib)")
    parser.add_argument("--samples", type=Path, help="write memory and losses over time as CSV")
    args = parser.parse_args()
    capture = args.capture or Captures(1).mixed(40).path
    with (
        tempfile.TemporaryDirectory(prefix="umbilical-soak-") as name,
        network() as wire,
        ExitStack() as stack,
    ):
        folder = Path(name)
        write_configuration(folder)
        sensor, hook = Sensor(wire, folder, args.workers), Hook(wire, folder)
        stack.callback(hook.down)
        stack.callback(sensor.kill)
        load = [sys.executable, str(SENDER), wire.sender_interface, str(capture.absolute())]
        load += ["--rate", str(args.rate), "--seconds", str(60 * args.minutes)]
        hook.up()
        sensor.start()
        background = subprocess.Popen(wire.at_sender(load), stdout=subprocess.DEVNULL)
        stack.callback(background.wait)
        stack.callback(background.kill)
        contacts = Contacts(wire)
        stack.callback(contacts.close)
        tale = lived(sensor, hook, contacts, 60 * args.minutes)
        last = sensor.metrics()
        status = sensor.stop()
        stack.pop_all().close()
        tell(tale, folder, hook, last, status)
    if args.samples:
        with args.samples.open("w", newline="") as stream:
            csv.writer(stream).writerows([("seconds", "resident_mib", "frames_lost"), *tale.samples])
    if args.plot:
        draw(tale, args.plot)


def lived(sensor: Sensor, hook: Hook, contacts: Contacts, seconds: float) -> Tale:
    """Cause trouble for a while."""
    tale, began = Tale(contacts.alert_ids), time.monotonic()
    second = 0
    lost_before = 0.0
    while (now := time.monotonic() - began) < seconds:
        until_kill = KILL_EVERY - second % KILL_EVERY
        if until_kill > QUIET_BEFORE_KILL:
            contacts.next()
        if second % RELOAD_EVERY == RELOAD_EVERY - 1:
            sensor.hang_up()
            tale.reloads += 1
        if second % OUTAGE_EVERY == OUTAGE_EVERY // 2:
            hook.down()
            tale.outages += 1
        elif second % OUTAGE_EVERY == OUTAGE_EVERY // 2 + OUTAGE and not hook.is_up:
            hook.up()
        if second % SAMPLE_EVERY == 0:
            tale.samples.append(
                (round(now, 1), round(sensor.resident_mib(), 1), lost_before + lost_in(sensor.metrics()))
            )
        second += 1
        if second % KILL_EVERY == 0:
            lost_before += lost_in(sensor.metrics())
            sensor.kill()
            tale.kills += 1
            sensor.start()
        time.sleep(max(0.0, began + second - time.monotonic()))
        second = max(second, int(time.monotonic() - began))
    if not hook.is_up:
        hook.up()
    time.sleep(65)  # the longest that an output is left alone
    return tale


def write_configuration(folder: Path) -> None:
    """Write the sensor's configuration."""
    (folder / "umbilical.toml").write_text(
        f"""[sensor]
checkpoint_every = "20s"
[export.prometheus]
listen = "{LISTEN}"
[export.jsonl]
path = "{folder / "alerts.jsonl"}"
[export.webhook]
url = "http://{HOOK}/alerts"
timeout = "2s"
"""
    )


def tell(tale: Tale, folder: Path, hook: Hook, last: str, status: int) -> None:
    """Print what came of it."""
    told = Counter(_ids(folder / "alerts.jsonl"))
    hooked = _ids(hook.taken)
    first = list(dict.fromkeys(hooked))
    known = set(tale.expected)
    in_order = [one for one in first if one in known]
    resident = [sample[1] for sample in tale.samples]
    quarter = max(1, len(resident) // 4)
    print("# Soak\n")
    table(
        ("what", "figure"),
        [
            ("kills, reloads, outages", f"{tale.kills}, {tale.reloads}, {tale.outages}"),
            ("alerts due", str(len(tale.expected))),
            ("missing in the file", str(sum(one not in told for one in tale.expected))),
            ("missing at the webhook", str(sum(one not in hooked for one in tale.expected))),
            ("told more than once in the file", str(sum(told[one] > 1 for one in tale.expected))),
            ("webhook in order", str(in_order == [one for one in tale.expected if one in first])),
            ("frames lost", f"{tale.samples[-1][2]:.0f}" if tale.samples else "-"),
            ("internal errors", f"{sum_of(last, 'umbilical_internal_errors_total'):.0f}"),
            ("checkpoint failures", f"{sum_of(last, 'umbilical_checkpoint_failures_total'):.0f}"),
            ("memory, first quarter, median MiB", f"{sorted(resident[:quarter])[quarter // 2]:.0f}"),
            ("memory, last quarter, median MiB", f"{sorted(resident[-quarter:])[quarter // 2]:.0f}"),
            ("memory, highest MiB", f"{max(resident):.0f}"),
            ("exit status at the end", str(status)),
        ],
    )


def draw(tale: Tale, path: Path) -> None:
    """Plot memory and losses."""
    import matplotlib.pyplot as plt  # noqa: PLC0415 - only who asks for a plot needs it

    seconds, resident, losses = zip(*tale.samples, strict=True)
    figure, (above, below) = plt.subplots(2, 1, sharex=True, figsize=(9, 5))
    above.plot([one / 60 for one in seconds], resident)
    above.set_ylabel("memory, MiB")
    above.set_ylim(bottom=0)
    below.plot([one / 60 for one in seconds], losses)
    below.set_ylabel("frames lost")
    below.set_xlabel("minutes")
    figure.tight_layout()
    figure.savefig(path, dpi=80)


def _ids(path: Path) -> list[str]:
    if not path.exists():
        return []
    return [json.loads(line)["alert_id"] for line in path.read_text().splitlines()]


if __name__ == "__main__":
    main()
