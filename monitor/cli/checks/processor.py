"""Whether the processors suit the workers, and run at their full pace."""

import os
from collections.abc import Iterator
from pathlib import Path

from monitor.cli.checks._subject import Remark, Subject, note, ok, warning

_GOVERNORS = "devices/system/cpu/cpu*/cpufreq/scaling_governor"
_SYSFS = Path("/sys")
_SLOW = {"powersave", "ondemand", "conservative"}


def check(subject: Subject) -> Iterator[Remark]:
    """Yield what limits the pace."""
    workers = subject.checked.config.sensor.workers
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    text = f"{workers} {'worker' if workers == 1 else 'workers'} on {usable} processors"
    if workers > usable:
        yield warning(text, f"in the configuration: [sensor] workers = {usable}")
    else:
        yield ok(text)
    slow = sorted(_governors() & _SLOW)
    if slow:
        yield note(
            f"the frequency governor is {', '.join(slow)}: bursts may be lost while the processor wakes up",
            "cpupower frequency-set --governor performance",
        )


def _governors() -> set[str]:
    found = set()
    for path in _SYSFS.glob(_GOVERNORS):
        try:
            found.add(path.read_text("ascii").strip())
        except OSError:  # a processor that was just taken off line
            continue
    return found


CHECK = check
