"""Units of time of every resolution, exact to the nanosecond."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.capture.replay import Replay
from monitor.capture.walk import LATEST_NS
from tests.kit import captures as kit
from tests.kit.oracle_capture import frames_of

T0 = 1_700_000_000_123_456_789


def times_of(
    folder: Path, units: list[int], resolution: int | None, offset_seconds: int | None = None
) -> list[int]:
    path = folder / "c"
    interface = kit.interface(resolution=resolution, offset_seconds=offset_seconds)
    path.write_bytes(kit.section() + interface + b"".join(kit.enhanced(unit, b"x") for unit in units))
    return [frame.ts_ns for frame in frames_of(Replay([str(path)]).batches())]


@pytest.mark.parametrize(
    ("resolution", "units", "ts_ns"),
    [
        (None, T0 // 1000, T0 // 1000 * 1000),
        (0, 1_700_000_000, 1_700_000_000 * 10**9),
        (3, 1_700_000_000_123, 1_700_000_000_123 * 10**6),
        (9, T0, T0),
        (10, T0 * 10 + 9, T0),
        (0x80, 1_700_000_000, 1_700_000_000 * 10**9),
        (0x80 | 10, 1_700_000_000 << 10 | 512, 1_700_000_000_500_000_000),
        (0x80 | 32, 1_700_000_000 << 32 | 1 << 31, 1_700_000_000_500_000_000),
        (0x80 | 33, 1_700_000_000 << 33 | 3, 1_700_000_000_000_000_000),
        (20, (1 << 64) - 1, 184_467_440),
        (28, (1 << 64) - 1, 1),
        (29, (1 << 64) - 1, 0),
        (127, (1 << 64) - 1, 0),
        (0xFF, (1 << 64) - 1, 0),
    ],
)
def test_units_become_nanoseconds(tmp_path: Path, resolution: int | None, units: int, ts_ns: int) -> None:
    assert [ts_ns] == times_of(tmp_path, [units], resolution)


def test_the_offset_is_added_either_way(tmp_path: Path) -> None:
    assert [1_700_000_005 * 10**9] == times_of(tmp_path, [5_000_000], None, 1_700_000_000)
    assert [4 * 10**9] == times_of(tmp_path, [5_000_000], None, -1)


def test_an_offset_beyond_all_times_makes_the_time_unknown(tmp_path: Path) -> None:
    for offset in (1 << 62, -(1 << 63), -6):
        assert [0] == times_of(tmp_path, [5_000_000], None, offset)


@settings(max_examples=100, deadline=None)
@given(
    resolution=st.integers(0, 255),
    units=st.lists(st.integers(0, (1 << 64) - 1), min_size=1, max_size=20),
)
def test_every_resolution_is_exact(
    tmp_path_factory: pytest.TempPathFactory, resolution: int, units: list[int]
) -> None:
    scale = Fraction(10**9, (2 if resolution & 0x80 else 10) ** (resolution & 0x7F))
    expected, last = [], 0
    for unit in units:
        ts_ns = int(unit * scale)
        last = ts_ns if ts_ns < LATEST_NS else last
        expected.append(last)
    assert expected == times_of(tmp_path_factory.mktemp("k"), units, resolution)
