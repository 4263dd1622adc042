from monitor.export.histogram import DELAY_BOUNDS, Histogram


def test_each_amount_is_counted_under_the_first_bound_that_it_does_not_exceed() -> None:
    told = Histogram((0.1, 1.0))
    for seconds in (0.05, 0.1, 0.5, 1.5, 30.0):
        told.observe(seconds)
    assert told.counts().counts == (2, 1, 2)
    assert told.counts().sum == 0.05 + 0.1 + 0.5 + 1.5 + 30.0


def test_time_that_ran_backwards_counts_as_none() -> None:
    told = Histogram()
    told.observe(-3.0)
    assert (told.counts().counts[0], told.counts().sum) == (1, 0.0)


def test_counts_do_not_change_afterwards() -> None:
    told = Histogram()
    before = told.counts()
    told.observe(0.3)
    assert sum(before.counts) == 0


def test_a_checkpoint_goes_on_and_one_with_other_bounds_starts_anew() -> None:
    told, later, other = Histogram(), Histogram(), Histogram((1.0,))
    told.observe(0.3)
    later.restore(told.state())
    other.restore(told.state())
    assert later.counts() == told.counts()
    assert sum(other.counts().counts) == 0
    assert len(told.counts().counts) == len(DELAY_BOUNDS) + 1
