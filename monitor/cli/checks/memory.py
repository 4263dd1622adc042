"""Whether the memory that the sensor may use is there, in the host and in the control group that holds it."""

from collections.abc import Iterator
from pathlib import Path

from monitor.cli.checks._subject import Remark, Subject, ok, warning
from monitor.model.size import size_text

_HOST = Path("/proc/meminfo")
_OWN_GROUP = Path("/proc/self/cgroup")
_GROUPS = Path("/sys/fs/cgroup")
_MIB = 1 << 20


def check(subject: Subject) -> Iterator[Remark]:
    """Yield whether the budget fits."""
    budget = subject.checked.config.sensor.memory_budget_bytes
    available, limit = _available_bytes(), _group_limit_bytes()
    text = f"at most {size_text(budget)} of memory are wanted"
    advice = "in the configuration: [sensor] memory_budget"
    if limit is not None and limit < budget:
        yield warning(f"{text}, and the control group ends the sensor at {limit // _MIB} MiB", advice)
    if available is not None and available < budget:
        yield warning(f"{text}, and {available // _MIB} MiB are available", advice)
    elif available is not None:
        yield ok(f"{text}, {available // _MIB:,} MiB are available")


def _available_bytes() -> int | None:
    try:
        lines = _HOST.read_text("ascii").splitlines()
    except OSError:
        return None
    values = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(values[0]) * 1024 if values else None


def _group_limit_bytes() -> int | None:
    """Return the lowest ``memory.max`` from our own group up (cgroup-v2)."""
    try:
        name = _OWN_GROUP.read_text("ascii").strip().rpartition("::/")[2]
    except OSError:
        return None
    own = _GROUPS / name
    limits = [_limit(folder) for folder in (own, *own.parents) if folder.is_relative_to(_GROUPS)]
    return min((limit for limit in limits if limit is not None), default=None)


def _limit(folder: Path) -> int | None:
    try:
        text = (folder / "memory.max").read_text("ascii").strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() else None


CHECK = check
