"""Measures live capture between two namespaces: what is offered, what arrives, and what it costs; prints Markdown.

    live.py [CAPTURE] [--rates 50000,100000,...] [--seconds 3] [--only ring,front,...] [--workers N] [--json FILE]

Needs root. Without a capture it makes one (see ``make_capture.py``). A rate of 0 is as fast as the sender can.
The kernel's work for the receiver of a veth is done by the sender, so its CPU time stands beside the receiver's.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from timing.captures import Captures
from timing.report import table
from wire.contenders import Contender, Outcome, contenders
from wire.network import Network, network

SENDER = Path(__file__).with_name("wire") / "sender.py"
RATES = "20000,50000,100000,200000,400000,0"
DRAIN_SECONDS = 0.5
MEGABYTES = 60
HEAD = (
    "receiver",
    "asked/s",
    "offered/s",
    "received",
    "lost",
    "lost %",
    "told",
    "us/packet",
    "sender us/packet",
)


class Row(NamedTuple):
    """One run."""

    receiver: str
    asked: int
    offered: float
    sent: int
    outcome: Outcome
    sender_cpu_s: float

    @property
    def lost(self) -> int:
        return max(0, self.sent - self.outcome.frames)


def main() -> None:
    """Run all receivers at all rates."""
    parser = argparse.ArgumentParser(description="Measure live capture between two namespaces.")
    parser.add_argument("capture", type=Path, nargs="?", help="frames to send (default: made)")
    parser.add_argument("--rates", default=RATES, help="frames per second, with commas (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=3, help="of each run (default %(default)s)")
    parser.add_argument(
        "--only", default="", help="receivers that take part: ring, front, watch, tcpdump, pcapy, scapy"
    )
    parser.add_argument("--workers", type=int, default=1, help="of umbilical watch (default %(default)s)")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    args = parser.parse_args()
    capture = args.capture or Captures(1).mixed(MEGABYTES).path
    listeners = contenders([name for name in args.only.split(",") if name], args.workers)
    rates = [int(rate) for rate in args.rates.split(",")]
    rows = []
    print("# Live capture\n")
    with network() as wire:
        for rate in rates:
            rows += [run(one, wire, capture.absolute(), rate, args.seconds) for one in listeners]
    table(HEAD, [shown(row) for row in rows])
    print_best(rows)
    if args.json:
        figures = [row._asdict() | {"outcome": row.outcome._asdict()} for row in rows]
        args.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


def run(listener: Contender, wire: Network, capture: Path, rate: int, seconds: float) -> Row:
    """Let one receiver listen while frames are sent at one rate."""
    listener.start(wire, capture)
    command = [sys.executable, str(SENDER), wire.sender_interface, str(capture)]
    asked = ["--rate", str(rate), "--seconds", str(seconds)]
    done = subprocess.run(wire.at_sender([*command, *asked]), stdout=subprocess.PIPE, text=True, check=True)
    time.sleep(DRAIN_SECONDS)
    outcome = listener.stop()
    sent = json.loads(done.stdout)
    return Row(listener.name, rate, sent["sent"] / sent["seconds"], sent["sent"], outcome, sent["cpu_s"])


def shown(row: Row) -> tuple[str, ...]:
    """Return a row of the table; ``told`` is the loss that the receiver itself knows of."""
    frames = max(1, row.outcome.frames)
    return (
        row.receiver,
        str(row.asked or "all"),
        f"{row.offered:.0f}",
        str(row.outcome.frames),
        str(row.lost),
        f"{100 * row.lost / max(1, row.sent):.2f}",
        "-" if row.outcome.dropped is None else str(row.outcome.dropped),
        f"{1e6 * row.outcome.cpu_s / frames:.2f}",
        f"{1e6 * row.sender_cpu_s / max(1, row.sent):.2f}",
    )


def print_best(rows: list[Row]) -> None:
    """Print the highest rate that each receiver took without loss."""
    print("\nHighest rate without loss:\n")
    for name in dict.fromkeys(row.receiver for row in rows):
        whole = [row.offered for row in rows if row.receiver == name and not row.lost]
        print(f"- {name}: {max(whole):.0f}/s" if whole else f"- {name}: none of these")


if __name__ == "__main__":
    main()
