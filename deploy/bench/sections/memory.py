"""Peak memory on captures of several sizes, each of the same network watched for longer."""

from timing.contender import OURS, ours
from timing.report import ratio, table
from timing.rounds import compete

from sections.bench import Bench

CAPTURE_TIMES = (1 / 3, 1, 3)
MOST_MB = 400
MOST_GROWTH = 1.1
"""From the smallest to the largest: flat but for the allocator's noise."""


def memory(bench: Bench) -> None:
    """Run all sizes."""
    peaks_mb: dict[str, float] = {}
    rows, failure = [], ""
    for times in CAPTURE_TIMES:
        capture = bench.captures.mixed(round(bench.megabytes * times))
        own = compete([ours()], capture, bench.rounds)[OURS]
        peaks_mb[capture.path.name] = own.peak_mb
        rows.append((capture.path.name, str(capture.packets), f"{own.peak_mb:.0f}"))
        failure = failure or own.failure
    print("\n## Memory\n")
    table(("capture", "packets", "peak MB"), rows)
    if failure:
        print(f"\n{OURS} failed: {failure}")
    smallest, *_, largest = peaks_mb.values()
    bench.report.at_most("peak memory", MOST_MB, None if failure else max(peaks_mb.values()), " MB")
    bench.report.at_most(
        "growth of memory with the capture", MOST_GROWTH, None if failure else ratio(largest, smallest), "x"
    )
    bench.report.figures["memory"] = {name: round(peak, 1) for name, peak in peaks_mb.items()}
