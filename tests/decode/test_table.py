from typing import Any

import numpy as np
from numba import int64, njit

from monitor.compiling import part
from monitor.decode._kernel import Row, columns
from monitor.decode._table import call, choice
from monitor.decode._walk import WALK

compiled: Any = njit
color_of = choice({3: 30, 5: -50, 1 << 40: 7}, otherwise=9)


@part
def paint(walk: Row) -> None:
    walk.vlan = 1


@part
def weigh(walk: Row, row: Row) -> None:
    walk.vlan = row.vni


act = call({1: paint, 2: weigh, 3: paint})


@compiled  # type: ignore[untyped-decorator]  # numba has no types
def color(number: int) -> int:
    return color_of(number)


@compiled(int64(int64, columns(WALK), columns(WALK)), boundscheck=True)  # type: ignore[untyped-decorator]  # as above
def acts(number: int, walks: Row, rows: Row) -> int:
    return act(number, walks[0], rows[0])


def test_a_choice_turns_numbers_into_those_beside_them() -> None:
    assert [color(number) for number in (3, 5, 1 << 40, 0, -3)] == [30, -50, 7, 9, 9]


def test_a_call_runs_the_part_beside_a_number_with_as_much_as_it_takes() -> None:
    walks, rows = np.zeros(1, WALK), np.zeros(1, WALK)
    rows["vni"] = 77
    seen = []
    for number in (1, 2, 3, 4):
        walks["vlan"] = 0
        seen.append((acts(number, walks, rows), int(walks["vlan"][0])))
    assert seen == [(1, 1), (1, 77), (1, 1), (0, 0)]
