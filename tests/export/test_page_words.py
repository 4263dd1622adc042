import pytest

from monitor.export._page_words import age, bits, per_second, share, since, stamp
from monitor.model.instant import SECOND_NS

NOW_NS = 1_800_000_000 * SECOND_NS


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        (None, "—"),
        (1.0, "100 %"),
        (0.99999, "99.99 %"),
        (0.9951, "99.51 %"),
        (0.93, "93.0 %"),
        (0.0, "0.0 %"),
    ],
)
def test_a_share_that_is_not_quite_all_is_never_all(ratio: float | None, said: str) -> None:
    assert share(ratio) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "just now"), (-5, "just now"), (31, "31 s ago"), (61, "1 min 1 s ago"), (90_000, "1 d 1 h ago")],
)
def test_ages_are_in_the_units_that_fit(seconds: int, said: str) -> None:
    assert age(NOW_NS, NOW_NS - seconds * SECOND_NS) == said


def test_what_never_happened_has_no_age() -> None:
    assert age(NOW_NS, 0) == "never"


@pytest.mark.parametrize(
    ("amount", "said"),
    [(0, "0 "), (999, "999 "), (1000, "1.0 k"), (999_600, "1.0 M"), (4e8, "400 M"), (1e18, "1000000 T")],
)
def test_rates_have_the_prefix_that_fits(amount: float, said: str) -> None:
    assert bits(amount) == said


def test_a_rate_that_is_not_known_is_not_none() -> None:
    assert per_second(None) == ("—", "")
    assert per_second(84_700) == ("84.7", "k frames/s")
    assert per_second(12) == ("12", "frames/s")


def test_times_are_to_the_second() -> None:
    assert stamp(NOW_NS) == "2027-01-15 08:00:00"
    assert since(7200 * SECOND_NS) == "2 h 0 min"
