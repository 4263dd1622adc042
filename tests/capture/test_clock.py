from monitor.capture.clock import JUMP_NS, WallClock
from monitor.model.tally import Tally


def test_a_clock_that_is_set_is_counted_and_one_that_is_slewed_is_not() -> None:
    tally, monotonic, wall = Tally(("clock_jumps",)), iter(range(0, 10**12, 10**9)), [0]
    clock = WallClock(tally, wall=lambda: wall[0], monotonic=lambda: next(monotonic))
    told = []
    for change in (0, JUMP_NS - 1, -JUMP_NS + 1, 3600 * 10**9, 0, -7200 * 10**9):
        wall[0] += 10**9 + change
        clock.now_ns()
        told.append(tally["clock_jumps"])
    assert told == [0, 0, 0, 1, 1, 2]


def test_it_tells_the_time() -> None:
    assert WallClock(Tally()).now_ns() > 1_700_000_000 * 10**9
