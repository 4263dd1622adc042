"""Event time as text, durations as people write them."""

from __future__ import annotations

import pytest

from monitor.model import instant


def test_an_instant_keeps_its_nanoseconds() -> None:
    assert "2026-11-22T15:31:00.000000001Z" == instant.rfc3339(1795361460 * 10**9 + 1)


@pytest.mark.parametrize("ts_ns", [2**63 - 1, -(2**63), 10**30, -(10**30)])
def test_a_capture_may_claim_any_year(ts_ns: int) -> None:
    assert instant.rfc3339(ts_ns).endswith("Z")


@pytest.mark.parametrize("ts_ns", [0, 1, -1, 1795361460 * 10**9 + 123_456_789, 2**63 - 1, -(2**63)])
def test_an_instant_is_read_back_as_it_was(ts_ns: int) -> None:
    assert ts_ns == instant.instant_ns(instant.rfc3339(ts_ns))


@pytest.mark.parametrize(
    "text", ["", "2026-11-22", "2026-11-22T15:31:00Z", "2026-13-22T15:31:00.000000001Z", "x" * 30]
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the calendar has words of its own
        instant.instant_ns(text)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("6h", 21600), ("7d", 604800), ("1h30m", 5400), ("2w", 1209600)]
)
def test_durations_are_read(text: str, seconds: int) -> None:
    assert seconds * 10**9 == instant.duration_ns(text)


@pytest.mark.parametrize("text", ["", "90", "1.5h", "-3s", "s", "3 parsecs", "1h x"])
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write for example"):
        instant.duration_ns(text)
