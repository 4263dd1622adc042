"""Counters over rings that come and go; the rings are by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from monitor.capture import ring_counts
from monitor.capture._ring_kernel import RING_WALK
from monitor.capture.interface import NicCounts
from monitor.capture.ring import Statistics
from monitor.capture.ring_counts import RingCounts

NIC: list[NicCounts | None] = []


class Ring:
    """Says what the test wants."""

    interface = "eth1"

    def __init__(self, *told: Statistics) -> None:
        self._told = [*told]
        self.walk = np.zeros(1, RING_WALK)[0]

    def statistics(self) -> Statistics:
        return self._told.pop(0) if self._told else Statistics(0, 0, 0)

    def read(self, frames: int, *, duplicates: int = 0, unreadable: int = 0) -> None:
        self.walk["number"] += frames
        self.walk["wire_bytes"] += 100 * frames
        self.walk["duplicates"] += duplicates
        self.walk["unreadable"] += unreadable


@pytest.fixture(autouse=True)
def nic(monkeypatch: pytest.MonkeyPatch) -> None:
    NIC.clear()
    monkeypatch.setattr(ring_counts, "nic_counts", lambda _name: NIC.pop(0) if NIC else None)


def test_every_frame_of_every_ring_is_counted_once() -> None:
    counts = RingCounts()
    first: Any = Ring(Statistics(10, 2, 1), Statistics(5, 0, 0))
    counts.begin(first)
    first.read(6, duplicates=1)
    counts.ask(first)
    counts.end(first)
    assert (counts.dropped, counts.freezes) == (2 + 13 - 7, 1)
    second: Any = Ring(Statistics(4, 0, 0))
    counts.begin(second)
    second.read(3, unreadable=1)
    counts.ask(second)
    walked = counts.walked(second)
    assert (walked["number"], walked["wire_bytes"], walked["duplicates"], walked["unreadable"]) == (
        9,
        900,
        1,
        1,
    )
    counts.settle(second)
    counts.settle(second)
    assert counts.dropped == 8
    assert sum((walked["number"], walked["duplicates"], walked["unreadable"], counts.dropped)) == 10 + 5 + 4


def test_a_nic_counts_from_the_start_and_from_where_it_begins_anew() -> None:
    counts = RingCounts()
    ring: Any = Ring()
    NIC[:] = [NicCounts(100, 5, 0, 0), NicCounts(130, 7, 0, 0), None, NicCounts(140, 7, 0, 0)]
    counts.begin(ring)
    for _ in range(3):
        counts.ask(ring)
    assert (counts.nic_frames, counts.nic_dropped) == (40, 2)
    NIC[:] = [NicCounts(3, 1, 0, 0), NicCounts(5, 2, 0, 0)]
    counts.begin_nic(ring)
    counts.ask(ring)
    assert (counts.nic_frames, counts.nic_dropped) == (42, 3)


def test_a_worker_that_shares_the_nic_leaves_it_to_the_first() -> None:
    counts = RingCounts()
    ring: Any = Ring()
    counts.counts_nic = False
    NIC[:] = [NicCounts(100, 5, 0, 0), NicCounts(130, 7, 0, 0)]
    counts.begin(ring)
    counts.ask(ring)
    assert (counts.nic_frames, counts.nic_dropped) == (0, 0)
