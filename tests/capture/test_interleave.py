"""Lanes by hand; real ones are in ``test_live.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from monitor.capture.interleave import next_rows, safe_ns
from monitor.model.frame import FRAME

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Lane:
    """Has frames at some instants, or knows that none comes before one."""

    def __init__(self, *times: int, safe: int = 0) -> None:
        self.rows = np.zeros(len(times), FRAME)
        self.rows["ts_ns"] = times
        self.keys = np.maximum.accumulate(self.rows["ts_ns"]) if times else self.rows["ts_ns"]
        self.taken, self.safe, self.pending = 0, safe, self

    def __bool__(self) -> bool:
        return self.taken < len(self.rows)

    @property
    def newest_ns(self) -> int:
        return int(self.keys[-1])

    def horizon_ns(self, now_ns: int) -> int:
        return self.newest_ns if self else min(now_ns, self.safe)

    def take(self) -> NDArray[np.void]:
        return self.take_until(1 << 62)

    def take_until(self, horizon_ns: int) -> NDArray[np.void]:
        first = self.taken
        self.taken = max(first, int(np.searchsorted(self.keys, horizon_ns, side="right")))
        return self.rows[first : self.taken]

    def keys_of_last(self, count: int) -> NDArray[np.int64]:
        return self.keys[self.taken - count : self.taken]


def times(
    lanes: list[Any], now_ns: int = 1000, floor_ns: int = 0, *, is_patient: bool = True
) -> list[int] | None:
    rows = next_rows(lanes, now_ns, floor_ns, is_patient=is_patient)
    return None if rows is None else rows["ts_ns"].tolist()


def test_one_interface_passes_everything_on() -> None:
    assert times([Lane(5, 3, 9)]) == [5, 3, 9]
    assert times([Lane()]) is None


def test_frames_come_in_order_up_to_where_one_interface_ends() -> None:
    first, second = Lane(1, 4, 9), Lane(2, 3, 7)
    assert times([first, second]) == [1, 2, 3, 4, 7]
    assert times([first, second]) is None
    assert times([first, Lane(safe=20)]) == [9]


def test_an_interface_that_may_have_older_frames_is_waited_for() -> None:
    waiting = Lane(5, 6)
    assert times([waiting, Lane(safe=4)]) is None
    assert times([waiting, Lane(safe=5)]) == [5]
    assert times([waiting, Lane(safe=4)], is_patient=False) == [6]


def test_a_silent_interface_holds_up_nothing_that_is_older_than_now() -> None:
    assert times([Lane(5, 6), Lane(safe=1 << 62)], now_ns=6) == [5, 6]


def test_the_order_within_an_interface_stays_when_its_clock_goes_back() -> None:
    assert times([Lane(50, 10, 60), Lane(55, 70)]) == [50, 10, 55, 60]


def test_what_was_passed_on_before_is_no_reason_to_wait() -> None:
    assert times([Lane(5, 6), Lane(safe=4)], floor_ns=6) == [5, 6]


def test_frames_at_the_same_instant_are_in_order_of_the_interfaces() -> None:
    first, second = Lane(5), Lane(5)
    first.rows["interface"], second.rows["interface"] = 0, 1
    rows = next_rows([second, first], 9, 0, is_patient=True)  # type: ignore[list-item]  # as good as lanes
    assert rows is not None
    assert rows["interface"].tolist() == [1, 0]


def test_the_safe_instant_is_that_of_the_interface_that_knows_least() -> None:
    assert safe_ns([Lane(safe=7), Lane(safe=3)], 1000) == 3  # type: ignore[list-item]  # as good as lanes
