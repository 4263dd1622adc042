"""Rounds: every contender once, then every contender again, in an order that turns; before each run, one of ten packets."""

import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from timing.captures import START_PACKETS, Capture, first_packets
from timing.contender import Contender
from timing.measure import Run, measure

MICROSECOND = 1e-6
STDERR_SHOWN = 300


@dataclass(slots=True, kw_only=True)
class Figures:
    """What a contender's runs cost."""

    packets: int
    runs: list[Run] = field(default_factory=list)
    starts: list[Run] = field(default_factory=list)
    """Of ten packets."""
    failure: str = ""
    """The end of what the last run that failed said."""

    @property
    def wall_s(self) -> float:
        return median(run.wall_s for run in self.runs)

    @property
    def cpu_s(self) -> float:
        return median(run.cpu_s for run in self.runs)

    @property
    def start_wall_s(self) -> float:
        return median(run.wall_s for run in self.starts)

    @property
    def start_cpu_s(self) -> float:
        return median(run.cpu_s for run in self.starts)

    @property
    def peak_mb(self) -> float:
        return median(run.peak_mb for run in self.runs)

    @property
    def cpu_us(self) -> float:
        """CPU time per packet, start-up included."""
        return self.cpu_s / self.packets / MICROSECOND

    @property
    def net_cpu_us(self) -> float:
        """CPU time per packet without start-up."""
        return max(self.cpu_s - self.start_cpu_s, 0) / self.packets / MICROSECOND

    def plain(self) -> dict[str, object]:
        """Return what a JSON file says of it."""
        return {
            "packets": self.packets,
            "wall_s": round(self.wall_s, 4),
            "wall_s_of_runs": [round(run.wall_s, 4) for run in self.runs],
            "cpu_us_per_packet": round(self.cpu_us, 4),
            "cpu_us_per_packet_without_start": round(self.net_cpu_us, 4),
            "start_wall_s": round(self.start_wall_s, 4),
            "start_cpu_s": round(self.start_cpu_s, 4),
            "peak_mb": round(self.peak_mb, 1),
            "failure": self.failure,
        }


def compete(
    contenders: Sequence[Contender],
    capture: Capture,
    rounds: int,
    look: Callable[[Contender, Path], None] = lambda _, __: None,
) -> dict[str, Figures]:
    """Run the rounds; ``look`` sees the folder of every contender's first whole run."""
    figures = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        tiny = first_packets(capture.path, START_PACKETS, Path(scratch, "tiny.pcap"))
        inputs = {}
        for contender in contenders:
            inputs[contender.name], packets = _input(contender, capture, Path(scratch))
            figures[contender.name] = Figures(packets=packets)
            run_once(contender, tiny, Figures(packets=0))  # not counted: compiles kernels, fetches libraries
        for turn in range(rounds):
            at = turn % len(contenders)
            for contender in (*contenders[at:], *contenders[:at]):
                mine = figures[contender.name]
                mine.starts.append(run_once(contender, tiny, mine))
                run = run_once(contender, inputs[contender.name], mine, look if turn == 0 else None)
                mine.runs.append(run)
                print(f"round {turn + 1} of {rounds}: {contender.name}: {run.wall_s:.2f} s", file=sys.stderr)
    return figures


def run_once(
    contender: Contender,
    capture: Path,
    figures: Figures,
    look: Callable[[Contender, Path], None] | None = None,
) -> Run:
    """Run a contender in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        run = measure(contender.filled(contender.command, capture, Path(folder)), Path(folder))
        if run.status != 0:
            said = Path(folder, "stderr").read_bytes()[-STDERR_SHOWN:].decode(errors="replace")
            figures.failure = f"status {run.status}: {said.strip()}"
        if look is not None:
            look(contender, Path(folder))
    return run


def _input(contender: Contender, capture: Capture, scratch: Path) -> tuple[Path, int]:
    most = contender.packets_at_most
    if most is None or most >= capture.packets:
        return capture.path, capture.packets
    return first_packets(capture.path, most, scratch / f"first-{most}.pcap"), most
