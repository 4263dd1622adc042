"""One run of one command: its time, the CPU time of all its processes, and its peak memory.

CPU time is what wait4 gives, descendants that were waited for included. Memory is the sum of the high-water marks of
the processes in the command's group, sampled; ru_maxrss alone forgets all processes but the largest.
"""

import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

SAMPLE_S, FIRST_SAMPLES_S, FIRST_SAMPLES = 0.02, 0.003, 20
TIME_LIMIT_S = 900
KILOBYTE = 1024
MEGABYTE = 1e6
GROUP_FIELD = 2
"""Of /proc/PID/stat, counted after the name (proc(5))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run cost."""

    wall_s: float
    cpu_s: float
    peak_bytes: int
    status: int
    """Negative: the signal that ended it, among them SIGKILL at the time limit."""

    @property
    def peak_mb(self) -> float:
        return self.peak_bytes / MEGABYTE


def measure(command: Sequence[str], folder: Path) -> Run:
    """Run a command in a folder, where ``stdout`` and ``stderr`` are left as files."""
    with (folder / "stdout").open("wb") as stdout, (folder / "stderr").open("wb") as stderr:
        began = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            cwd=folder,
            env=_environment(),
            start_new_session=True,
        )
        watcher = _Watcher(process.pid)
        _, waited, used = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - began
        sampled = watcher.end()
    process.returncode = os.waitstatus_to_exitcode(waited)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # nothing of the group may outlive its run
    return Run(
        wall_s=wall_s,
        cpu_s=used.ru_utime + used.ru_stime,
        peak_bytes=max(sampled, _largest(used)),
        status=process.returncode,
    )


def _environment() -> dict[str, str]:
    """Let Python keep its compiled modules, as it does wherever a program is installed."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _largest(used: resource.struct_rusage) -> int:
    """Return the peak of the largest process; a child's counter starts at its parent's, so below that it says nothing."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used.ru_maxrss * KILOBYTE if used.ru_maxrss > own else 0


@dataclass(slots=True)
class _Watcher:
    """Samples the memory of a process group until told to end, and kills it when it takes too long."""

    group: int
    peak_bytes: int = 0
    _done: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self) -> int:
        """Stop; returns the highest sum that was seen."""
        self._done.set()
        self._thread.join()
        return self.peak_bytes

    def _watch(self) -> None:
        began, samples = time.perf_counter(), 0
        while not self._done.wait(FIRST_SAMPLES_S if samples < FIRST_SAMPLES else SAMPLE_S):
            samples += 1
            self.peak_bytes = max(self.peak_bytes, _group_bytes(self.group))
            if time.perf_counter() - began > TIME_LIMIT_S:
                with suppress(ProcessLookupError):
                    os.killpg(self.group, signal.SIGKILL)


def _group_bytes(group: int) -> int:
    """Return the sum of the high-water marks of a group's processes."""
    return sum(_high_water_bytes(entry) for entry in Path("/proc").iterdir() if _is_in(entry, group))


def _is_in(entry: Path, group: int) -> bool:
    if not entry.name.isdigit():
        return False
    with suppress(OSError):
        return int((entry / "stat").read_text().rpartition(")")[2].split()[GROUP_FIELD]) == group
    return False


def _high_water_bytes(entry: Path) -> int:
    with suppress(OSError):
        for line in (entry / "status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * KILOBYTE
    return 0
