"""Side by side with every peer that is installed: CPU time, wall time, memory, and the names that each reports."""

from pathlib import Path

from timing.contender import OURS, Contender, ours
from timing.peers import NDPI, NFSTREAM, SURICATA, installed, missing
from timing.recall import Recall, recall_of
from timing.report import ratio, table
from timing.rounds import Figures, compete

from sections.bench import Bench

PROTOCOLS = ("dns", "tls", "http", "quic")
LIMITS = {NFSTREAM: 1 / 5, SURICATA: 1 / 2, NDPI: 1}
"""Our CPU time per packet without start-up, as a part of theirs."""
HEAD = ("program", "CPU us/packet", "without start", "of ours", "wall s", "start s", "peak MB", *PROTOCOLS)


def peers(bench: Bench) -> None:
    """Run all and compare."""
    capture = bench.captures.mixed(bench.megabytes)
    contenders = [ours(), *(peer for peer in installed() if not bench.only or peer.name in bench.only)]
    recalls: dict[str, Recall | None] = {}

    def look(contender: Contender, folder: Path) -> None:
        recalls[contender.name] = recall_of(contender, capture, folder)

    figures = compete(contenders, capture, bench.rounds, look)
    own = figures[OURS]
    print(f"\n## Peers\n\n{capture.path.name}: {capture.packets} packets, medians of {bench.rounds} rounds\n")
    table(HEAD, [_row(name, its, own, recalls[name]) for name, its in _by_cost(figures)])
    _print_remarks(figures)
    for name, limit in LIMITS.items():
        part = ratio(own.net_cpu_us, figures[name].net_cpu_us) if _counts(figures.get(name)) else None
        bench.report.at_most(f"CPU time of {name}", limit, part, "x")
    bench.report.figures["peers"] = {
        name: its.plain() | {"recall": recalls[name]} for name, its in figures.items()
    }


def _by_cost(figures: dict[str, Figures]) -> list[tuple[str, Figures]]:
    return sorted(figures.items(), key=lambda item: item[1].net_cpu_us)


def _counts(figures: Figures | None) -> bool:
    return figures is not None and not figures.failure


def _row(name: str, its: Figures, own: Figures, recall: Recall | None) -> tuple[str, ...]:
    part = ratio(its.net_cpu_us, own.net_cpu_us)
    return (
        name + (" (failed)" if its.failure else ""),
        f"{its.cpu_us:.2f}",
        f"{its.net_cpu_us:.2f}",
        "-" if part is None else f"{part:.2f}",
        f"{its.wall_s:.2f}",
        f"{its.start_wall_s:.2f}",
        f"{its.peak_mb:.0f}",
        *("-" if recall is None else f"{recall.get(protocol, 0):.0%}" for protocol in PROTOCOLS),
    )


def _print_remarks(figures: dict[str, Figures]) -> None:
    most = max(its.packets for its in figures.values())
    for name, its in figures.items():
        if its.packets < most:
            print(f"\n{name} read the first {its.packets} packets only; its wall time is theirs.")
        if its.failure:
            print(f"\n{name} failed: {its.failure}")
    if missing():
        print("\nNot installed:", ", ".join(missing()))
