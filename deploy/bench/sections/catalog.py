"""The catalog: what it costs to load and to ask, as it comes and with a hundred thousand signatures."""

import json
import subprocess
import sys
import tempfile
from statistics import median

from timing.captures import BENCH
from timing.report import table

from sections.bench import Bench

ROUNDS = 3
PROGRAM = BENCH / "matching.py"
MOST_BUNDLED_LOAD_S, MOST_LARGE_LOAD_S = 0.1, 8
MOST_MISS_US = 1.0
FACTS = ("signatures", "load_s", "peak_mb")
"""Figures that are not the cost of a look."""


def catalog(bench: Bench) -> None:
    """Measure both, each round in a fresh process."""
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        subprocess.run([sys.executable, PROGRAM, "make", scratch], check=True)
        rounds = [(_figures(), _figures(scratch)) for _ in range(ROUNDS)]
    bundled = _medians([one for one, _ in rounds])
    large = _medians([other for _, other in rounds])
    print(f"\n## Catalog\n\nmedians of {ROUNDS} rounds; a look at an observation that nothing matches\n")
    table(("", "bundled", "synthetic"), [_row(name, bundled[name], large[name]) for name in bundled])
    report = bench.report
    report.at_most("bundled signatures, load", MOST_BUNDLED_LOAD_S, bundled["load_s"], " s")
    report.at_most(f"{large['signatures']:.0f} signatures, load", MOST_LARGE_LOAD_S, large["load_s"], " s")
    for name, its in (("bundled", bundled), ("100,000", large)):
        slowest = max(cost for kind, cost in its.items() if kind not in FACTS)
        report.at_most(f"slowest look, {name} signatures", MOST_MISS_US, slowest, " us")
    report.figures["catalog"] = {"bundled": bundled, "large": large}


def _figures(*folder: str) -> dict[str, float]:
    told = subprocess.run([sys.executable, PROGRAM, *folder], check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(told.stdout)
    return found


def _medians(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {name: median(one[name] for one in rounds) for name in rounds[0]}


def _row(name: str, bundled: float, large: float) -> tuple[str, ...]:
    if name == "signatures":
        return name, f"{bundled:.0f}", f"{large:.0f}"
    words = {"load_s": "load, s", "peak_mb": "peak memory, MB"}
    return words.get(name, f"{name}, us"), f"{bundled:.2f}", f"{large:.2f}"
