"""Fits the tables of a sensor into the memory that it may have: all of them by the same share.

The figures are what ``deploy/bench/flood.py`` and its like measured while floods filled every table, with some room; they are no
laws of nature. So the budget is a design, and the memory limit of the service manager is the guard.

Capture rings and recording windows are inside the budget: they are what somebody asked for, so they are taken off first.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, NamedTuple

BASE_BYTES = 350 << 20
"""Interpreter, libraries, kernels, catalog, databases, web server; caches of texts and places, and queues of alerts, when full."""
BACK_BYTES = 480 << 20
"""Everything behind the fronts when it is full: devices, names, contacts, matches, alerts."""
SAVED_BACK_BYTES = 1000 << 20
"""The same while a forked child saves it: who reads an object in Python writes to its page, so nearly all pages are copied."""
HELD_BYTES = 144 << 20
"""Payload that a front holds at most: beginnings that say nothing yet, and what waits beyond holes."""
WORKER_BYTES = 100 << 20
"""What a worker adds: its own caches and pages of what it shares with the others, and what waits between it and the parent."""
FLOW_BYTES = 1280
"""A flow in the table, and its objects."""
SAVED_FLOW_BYTES = 2048
"""The same with its part of a checkpoint."""
HANDED_FLOW_BYTES = 2816
"""The same where a worker hands that to the parent."""
LEAST_SHARE = 1 / 64
FEWEST_ENTRIES = 256
_CAPACITY = "capacity"


class Fitted(NamedTuple):
    """How large the tables may be."""

    share: float
    """Of what they hold where memory is no matter."""
    flow_capacity: int
    """In each worker."""
    needed_bytes: int
    """By everything together, when full."""


def fitted(
    budget_bytes: int, flow_capacity: int, workers: int, held_bytes: Mapping[str, int], *, saves: bool = True
) -> Fitted:
    """Return what fits: all that is configured, or a share of it.

    ``held_bytes`` are those of rings, recording windows and the like, each under what to take instead to need less;
    ``saves``: there are checkpoints. Raises ValueError when nothing fits, with what weighs most.
    """
    apart = workers * WORKER_BYTES if workers > 1 else 0
    fixed = BASE_BYTES + sum(held_bytes.values()) + apart
    back_bytes, per_flow = BACK_BYTES, FLOW_BYTES
    if saves:
        back_bytes, per_flow = SAVED_BACK_BYTES, SAVED_FLOW_BYTES if workers == 1 else HANDED_FLOW_BYTES
    full = back_bytes + workers * HELD_BYTES + flow_capacity * per_flow
    share = min(1.0, (budget_bytes - fixed) / full)
    if share < LEAST_SHARE:
        least = (fixed + int(full * LEAST_SHARE) >> 20) + 1
        remedies = {
            **held_bytes,
            "fewer workers (sensor.workers)": apart,
            "fewer flows (flow.capacity)": int(flow_capacity * per_flow * LEAST_SHARE),
        }
        raise ValueError(
            f"memory_budget: at least {least}MiB for {workers} worker{'s' if workers > 1 else ''}"
            f" with all that is asked for; give more, or take {max(remedies, key=remedies.__getitem__)}"
        )
    flows = max(int(flow_capacity * share) // workers, 1)
    return Fitted(share, flows, fixed + int(full * share))


def scaled(capacity: int, share: float) -> int:
    """Return a share of a table's capacity; a table that was not tiny does not become so."""
    return max(int(capacity * share), min(capacity, FEWEST_ENTRIES))


def scaled_settings(settings: Any, share: float) -> Any:
    """Return settings with every capacity in them scaled."""
    if share >= 1 or not is_dataclass(settings) or isinstance(settings, type):
        return settings
    names = [one.name for one in fields(settings) if one.name.endswith(_CAPACITY)]
    return replace(settings, **{name: scaled(getattr(settings, name), share) for name in names})
