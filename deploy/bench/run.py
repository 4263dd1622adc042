"""Measures umbilical side by side with its peers and against its targets; prints tables in Markdown.

run.py [--section peers|steady|start|workers|memory|catalog] [--mb 300] [--seed 1] [--rounds 3] [--only NAME,...] [--json FILE]
"""

import argparse
import json
import os
import platform
from pathlib import Path

from sections.bench import Bench
from sections.catalog import catalog
from sections.memory import memory
from sections.peers import peers
from sections.start import start
from sections.steady import steady
from sections.workers import workers
from timing.captures import Captures
from timing.peers import names

SECTIONS = {
    "peers": peers,
    "steady": steady,
    "start": start,
    "workers": workers,
    "memory": memory,
    "catalog": catalog,
}


def main() -> None:
    """Run the sections that the command line asks for."""
    parser = argparse.ArgumentParser(
        description="Measure umbilical beside its peers and against its targets."
    )
    parser.add_argument("--section", choices=SECTIONS, action="append", help="may be repeated (default: all)")
    parser.add_argument(
        "--mb", type=float, default=300, help="about the size of the capture (default %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the capture (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="medians are taken of (default %(default)s)")
    parser.add_argument("--only", default="", help="peers that take part, by name, with commas between")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    args = parser.parse_args()
    only = frozenset(filter(None, args.only.split(",")))
    if not only <= {*names()}:
        parser.error(f"--only knows {', '.join(names())}")
    bench = Bench(captures=Captures(args.seed), megabytes=args.mb, rounds=args.rounds, only=only)
    print(
        f"# Benchmark\n\n{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}"
    )
    for name in args.section or SECTIONS:
        SECTIONS[name](bench)
    bench.report.print_targets()
    if args.json:
        args.json.write_text(json.dumps(bench.report.plain(), indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
