"""Packets per CPU second where nearly all of them belong to established flows."""

from timing.contender import OURS, ours
from timing.report import ratio, table
from timing.rounds import compete

from sections.bench import Bench

LEAST_MPPS = 1.0


def steady(bench: Bench) -> None:
    """Run the steady capture alone."""
    capture = bench.captures.steady(bench.megabytes)
    own = compete([ours()], capture, bench.rounds)[OURS]
    mpps = ratio(1, own.net_cpu_us)
    share = capture.established_packets / capture.packets
    print(
        f"\n## Established flows\n\n{capture.path.name}: {capture.packets} packets, {share:.1%} established\n"
    )
    table(
        ("program", "CPU us/packet", "without start", "million packets per CPU second", "peak MB"),
        [(OURS, f"{own.cpu_us:.2f}", f"{own.net_cpu_us:.2f}", f"{mpps or 0:.2f}", f"{own.peak_mb:.0f}")],
    )
    if own.failure:
        print(f"\n{OURS} failed: {own.failure}")
    bench.report.at_least(
        "packets per CPU second, established flows", LEAST_MPPS, None if own.failure else mpps, " million"
    )
    bench.report.figures["steady"] = own.plain() | {"established_share": round(share, 4)}
