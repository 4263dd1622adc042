"""Two workers against one, on a capture so large that start-up, which each worker has, weighs little."""

import hashlib
from pathlib import Path

from timing.contender import Contender, ours
from timing.report import ratio, table
from timing.rounds import compete

from sections.bench import Bench

CAPTURE_TIMES = 10
LEAST_SPEED_UP = 1.6


def workers(bench: Bench) -> None:
    """Run both and compare time and output."""
    capture = bench.captures.mixed(bench.megabytes * CAPTURE_TIMES)
    one, two = ours(), ours(workers=2)
    outputs: dict[str, str] = {}
    lines: dict[str, int] = {}

    def look(contender: Contender, folder: Path) -> None:
        output = Path(folder, "stdout").read_bytes()
        outputs[contender.name] = hashlib.sha256(output).hexdigest()
        lines[contender.name] = output.count(b"\n")

    figures = compete([one, two], capture, bench.rounds, look)
    print(
        f"\n## Workers\n\n{capture.path.name}: {capture.packets} packets, medians of {bench.rounds} rounds\n"
    )
    table(
        ("program", "wall s", "start s", "CPU s", "peak MB", "lines out"),
        [
            (
                name,
                f"{its.wall_s:.2f}",
                f"{its.start_wall_s:.2f}",
                f"{its.cpu_s:.2f}",
                f"{its.peak_mb:.0f}",
                str(lines[name]),
            )
            for name, its in figures.items()
        ],
    )
    for name, its in figures.items():
        if its.failure:
            print(f"\n{name} failed: {its.failure}")
    failed = any(its.failure for its in figures.values())
    speed_up = None if failed else ratio(figures[one.name].wall_s, figures[two.name].wall_s)
    bench.report.at_least("speed of two workers", LEAST_SPEED_UP, speed_up, "x")
    bench.report.holds(
        "two workers' output is one's", met=not failed and outputs[one.name] == outputs[two.name]
    )
    bench.report.figures["workers"] = {name: its.plain() for name, its in figures.items()}
