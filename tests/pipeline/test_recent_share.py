"""A share over the last minutes."""

from monitor.model.instant import SECOND_NS
from monitor.pipeline.recent_share import STEP_NS, WINDOW_NS, RecentShare

_START_NS = 1_800_000_000 * SECOND_NS


def test_nothing_is_known_before_the_whole_grows() -> None:
    share = RecentShare()
    share.add(_START_NS, 0, 0)
    assert share.ratio is None


def test_the_share_is_of_what_came_since_the_window_began() -> None:
    share = RecentShare()
    share.add(_START_NS, 30, 100)
    assert share.ratio == 0.3


def test_what_was_long_ago_is_forgotten() -> None:
    share = RecentShare()
    for step in range(WINDOW_NS // STEP_NS + 2):
        share.add(_START_NS + step * STEP_NS, 50, 100 + step)
    assert share.ratio == 0.0


def test_a_recent_loss_shows() -> None:
    share = RecentShare()
    share.add(_START_NS, 0, 1000)
    share.add(_START_NS + WINDOW_NS, 0, 1010)
    share.add(_START_NS + WINDOW_NS + SECOND_NS, 5, 1020)
    assert share.ratio == 0.25


def test_the_points_are_bounded_however_often_it_is_asked() -> None:
    share = RecentShare()
    for second in range(10_000):
        share.add(_START_NS + second * SECOND_NS, second, 2 * second)
    assert len(share._points) <= WINDOW_NS // STEP_NS + 2
    assert share.ratio == 0.5


def test_a_clock_that_was_set_back_begins_a_new_window() -> None:
    share = RecentShare()
    share.add(1000 * SECOND_NS, 0, 100)
    share.add(10 * SECOND_NS, 50, 200)
    share.add(20 * SECOND_NS, 60, 300)
    assert share.ratio == 0.1
