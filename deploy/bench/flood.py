"""Floods a sensor between two namespaces and says whether it stays within its memory and still tells alerts; prints Markdown.

    flood.py [--budgets 512MiB,1GiB] [--workers 1,2] [--kinds syn,devices,names,contacts,beginnings] [--rate 20000] [--seconds 30]

Needs root. One sensor for each budget and number of workers gets one flood after the other, so that in the end all tables
are full. Meanwhile a device that nobody has seen before contacts a vendor ten times a second: it is known which alerts are
due, and all of them must come whose frames were not lost. Memory is the proportional set size of all its processes.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from timing.report import table
from wire.contacts import Contacts
from wire.floods import KINDS
from wire.network import Network, network
from wire.sensor import LISTEN, Sensor, lost_in, sum_of

FLOODER = Path(__file__).with_name("wire") / "flooder.py"
SAMPLE_SECONDS = 0.25
CONTACT_SECONDS = 0.1
SETTLE_SECONDS = 180


@dataclass
class Outcome:
    """What one flood did."""

    kind: str
    sent: int = 0
    seconds: float = 0.0
    highest_mib: float = 0.0
    lost: float = 0.0
    evicted: float = 0.0
    due: int = 0
    missing: int = 0
    given_up: float = 0.0
    """Alerts that found the queue to the disk full."""


def main() -> None:
    """Flood, then tell."""
    parser = argparse.ArgumentParser(description="Flood a sensor and watch its memory.")
    parser.add_argument("--budgets", default="512MiB,1GiB")
    parser.add_argument("--workers", default="1,2")
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--rate", type=int, default=20_000, help="frames per second (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=30)
    args = parser.parse_args()
    print("# Floods\n")
    for workers in map(int, args.workers.split(",")):
        for budget in args.budgets.split(","):
            outcomes = list(flooded(budget, workers, args.kinds.split(","), args.rate, args.seconds))
            tell(budget, workers, outcomes)


def flooded(budget: str, workers: int, kinds: list[str], rate: int, seconds: float) -> Iterator[Outcome]:
    """Let one sensor suffer all floods."""
    with tempfile.TemporaryDirectory(prefix="umbilical-flood-") as name, network() as wire:
        folder = Path(name)
        (folder / "umbilical.toml").write_text(configuration(budget, folder))
        sensor = Sensor(wire, folder, workers)
        sensor.start()
        contacts = Contacts(wire)
        try:
            print(f"<!-- {budget}, {workers} workers, idle: {sensor.resident_mib():.0f} MiB -->", flush=True)
            for kind in kinds:
                yield one_flood(wire, sensor, contacts, folder, kind, rate, seconds)
            status = sensor.stop()
            if status or (folder / "watch.err").read_text():
                print(f"<!-- status {status}: {(folder / 'watch.err').read_text()} -->")
        finally:
            contacts.close()
            sensor.kill()


def one_flood(  # noqa: PLR0913, PLR0917 - all that a flood needs
    wire: Network, sensor: Sensor, contacts: Contacts, folder: Path, kind: str, rate: int, seconds: float
) -> Outcome:
    """Send a flood and known contacts, and look at the sensor meanwhile."""
    outcome, before, first = Outcome(kind), sensor.metrics(), len(contacts.alert_ids)
    command = [sys.executable, str(FLOODER), wire.sender_interface, kind]
    command += ["--rate", str(rate), "--seconds", str(seconds)]
    flood = subprocess.Popen(wire.at_sender(command), stdout=subprocess.PIPE, text=True)
    sampled = 0.0
    while flood.poll() is None:
        contacts.next()
        now = time.monotonic()
        if now - sampled > SAMPLE_SECONDS:
            sampled = now
            outcome.highest_mib = max(outcome.highest_mib, sensor.resident_mib())
        time.sleep(CONTACT_SECONDS)
    told = json.loads(flood.stdout.read() if flood.stdout else "")
    outcome.sent, outcome.seconds = told["sent"], told["seconds"]
    due = contacts.alert_ids[first:]
    until = time.monotonic() + SETTLE_SECONDS
    while True:
        after = sensor.metrics()
        outcome.highest_mib = max(outcome.highest_mib, sensor.resident_mib())
        come = ids_in(folder / "alerts.jsonl")
        outcome.missing = sum(one not in come for one in due)
        is_through = (
            sum_of(after, "umbilical_capture_lag_seconds") < 1
            and sum_of(after, "umbilical_spool_pending_alerts") == 0
        )
        if is_through or time.monotonic() > until:
            break
        time.sleep(SAMPLE_SECONDS)
    outcome.due = len(due)
    outcome.lost = lost_in(after) - lost_in(before)
    evictions = "umbilical_table_evictions_total"
    outcome.evicted = sum_of(after, evictions) - sum_of(before, evictions)
    dropped = "umbilical_spool_dropped_total"
    outcome.given_up = sum_of(after, dropped) - sum_of(before, dropped)
    return outcome


def configuration(budget: str, folder: Path) -> str:
    """Return the sensor's configuration."""
    return f"""[sensor]
memory_budget = "{budget}"
checkpoint_every = "5s"
[export.prometheus]
listen = "{LISTEN}"
[export.jsonl]
path = "{folder / "alerts.jsonl"}"
rotate_size = "0B"
"""


def tell(budget: str, workers: int, outcomes: list[Outcome]) -> None:
    """Print what came of it."""
    print(f"\n## Budget {budget}, workers {workers}\n")
    table(
        (
            "flood",
            "frames/s",
            "highest MiB",
            "frames lost",
            "evicted",
            "alerts due",
            "missing",
            "alerts given up",
        ),
        [
            (
                one.kind,
                f"{one.sent / one.seconds:,.0f}",
                f"{one.highest_mib:.0f}",
                f"{one.lost:,.0f}",
                f"{one.evicted:,.0f}",
                str(one.due),
                str(one.missing),
                f"{one.given_up:,.0f}",
            )
            for one in outcomes
        ],
    )


def ids_in(path: Path) -> set[str]:
    """Return the alerts that were told."""
    if not path.exists():
        return set()
    return {
        json.loads(line)["alert_id"]
        for line in path.read_text().splitlines(keepends=True)
        if line.endswith("\n")
    }


if __name__ == "__main__":
    main()
