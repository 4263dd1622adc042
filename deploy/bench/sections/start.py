"""What it costs to begin: ``--help`` against the import of typer, ten packets, and the compilation of the kernels."""

import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from timing.captures import START_PACKETS, first_packets
from timing.contender import ours, program
from timing.measure import Run, measure
from timing.report import ratio, table

from sections.bench import Bench

TURNS = 5
MOST_OF_TYPER = 2.5
MOST_TEN_PACKETS_S = 1.5
MOST_COMPILATION_S = 15


def start(bench: Bench) -> None:
    """Measure all three."""
    capture = bench.captures.mixed(bench.megabytes)
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        tiny = first_packets(capture.path, START_PACKETS, Path(scratch, "tiny.pcap"))
        replay = ours().filled(ours().command, tiny, Path(scratch))
        commands = {
            "import typer": [sys.executable, "-c", "import typer"],
            "--help": list(program("--help")),
            "ten packets": replay,
        }
        kernels = {"NUMBA_CACHE_DIR": f"{scratch}/kernels"}
        compiling = measure(
            ["env", *(f"{name}={value}" for name, value in kernels.items()), *replay], Path(scratch)
        )
        runs = _in_turn(commands, Path(scratch))
    runs["ten packets, kernels to be compiled"] = [compiling]
    print(f"\n## Start\n\nmedians of {TURNS} turns\n")
    table(("what", "wall s", "CPU s", "peak MB"), [_row(name, its) for name, its in runs.items()])
    wall_s = {name: median(run.wall_s for run in its) for name, its in runs.items()}
    failed = any(run.status for its in runs.values() for run in its)
    report = bench.report
    report.holds("every start ends well", met=not failed)
    report.at_most(
        "--help against import typer", MOST_OF_TYPER, ratio(wall_s["--help"], wall_s["import typer"]), "x"
    )
    report.at_most("ten packets, kernels compiled", MOST_TEN_PACKETS_S, wall_s["ten packets"], " s")
    report.at_most("ten packets and compilation", MOST_COMPILATION_S, compiling.wall_s, " s")
    report.figures["start"] = {name: round(value, 4) for name, value in wall_s.items()}


def _in_turn(commands: Mapping[str, Sequence[str]], folder: Path) -> dict[str, list[Run]]:
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for turn in range(TURNS + 1):
        for name, command in commands.items():
            run = measure(command, folder)
            if turn:  # the first compiles what Python keeps compiled
                runs[name].append(run)
    return runs


def _row(name: str, runs: list[Run]) -> tuple[str, ...]:
    peak_mb = median(run.peak_mb for run in runs)
    wall_s, cpu_s = median(run.wall_s for run in runs), median(run.cpu_s for run in runs)
    return name, f"{wall_s:.2f}", f"{cpu_s:.2f}", f"{peak_mb:.0f}"
