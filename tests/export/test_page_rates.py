from monitor.export._page_rates import WINDOW_NS, Rates
from monitor.export.snapshot import FrameCounts
from monitor.model.instant import SECOND_NS


def counts(frames: int) -> dict[str, FrameCounts]:
    return {"eth1": FrameCounts(frames, frames * 100)}


def test_one_state_alone_has_no_rate() -> None:
    assert Rates().since(SECOND_NS, counts(5)) == {}


def test_rates_are_over_the_window() -> None:
    rates, told = Rates(), {}
    for second in range(1, 61):
        told = rates.since(
            second * SECOND_NS, counts(10 * second if second < 40 else 400 + 1000 * (second - 40))
        )
    assert told["eth1"].frames_per_second == 1000
    assert told["eth1"].bits_per_second == 800_000


def test_states_far_apart_are_compared_too() -> None:
    rates = Rates()
    rates.since(SECOND_NS, counts(0))
    assert rates.since(SECOND_NS + 10 * WINDOW_NS, counts(500))["eth1"].frames_per_second == 5


def test_the_same_state_twice_and_counters_that_began_anew_are_no_rate() -> None:
    rates = Rates()
    rates.since(SECOND_NS, counts(500))
    assert rates.since(SECOND_NS, counts(500)) == {}
    assert rates.since(2 * SECOND_NS, counts(3))["eth1"].frames_per_second == 0
