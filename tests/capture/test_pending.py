"""Frames that wait, from a ring by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from monitor.capture._ring_kernel import RING_WALK
from monitor.capture.pending import Pending

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Ring:
    """Gives frames of these instants."""

    def __init__(self, *reads: list[int]) -> None:
        self._reads = [*reads]
        self.walk = np.zeros(1, RING_WALK)[0]

    def read(self, frames: NDArray[np.void]) -> int:
        times = self._reads.pop(0) if len(frames) else []
        frames["ts_ns"][: len(times)] = times
        self.walk["newest_ns"] = max([int(self.walk["newest_ns"]), *times])
        return len(times)


def loaded(*reads: list[int]) -> tuple[Pending, Any]:
    ring: Any = Ring(*reads)
    pending = Pending()
    pending.warm_up(ring)
    assert not pending
    pending.load(ring)
    return pending, ring


def test_each_frame_is_passed_on_once() -> None:
    pending, _ = loaded([10, 20, 30, 40])
    assert pending.take_until(20)["ts_ns"].tolist() == [10, 20]
    assert pending.keys_of_last(2).tolist() == [10, 20]
    assert pending.take_until(5)["ts_ns"].tolist() == []
    assert bool(pending)
    assert pending.take()["ts_ns"].tolist() == [30, 40]
    assert not pending


def test_keys_never_go_back() -> None:
    pending, ring = loaded([10, 50, 20], [30, 60])
    assert pending.take_until(49)["ts_ns"].tolist() == [10]
    assert pending.take_until(50)["ts_ns"].tolist() == [50, 20]
    pending.load(ring)
    assert pending.newest_ns == 60
    assert pending.take_until(50)["ts_ns"].tolist() == [30]
    assert pending.keys_of_last(1).tolist() == [50]


def test_what_waits_can_be_dropped() -> None:
    pending, _ = loaded([1, 2])
    pending.drop()
    assert not pending
    assert len(pending.take()) == 0
