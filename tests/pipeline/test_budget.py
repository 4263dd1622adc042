"""Tables are sized to the memory that the sensor may have."""

import re
from dataclasses import dataclass

import pytest

from monitor.pipeline.budget import FEWEST_ENTRIES, fitted, scaled, scaled_settings

_MIB = 1 << 20
FLOWS = 262_144


def _rings(size: int) -> dict[str, int]:
    return {"smaller rings": size * _MIB}


def test_everything_that_is_configured_stays_where_it_fits() -> None:
    fit = fitted(4096 * _MIB, FLOWS, 1, _rings(64))
    assert (1.0, FLOWS) == (fit.share, fit.flow_capacity)


@pytest.mark.parametrize("workers", [1, 2, 4])
@pytest.mark.parametrize("budget", [1024, 2048, 4096])
def test_what_is_needed_is_never_more_than_what_there_is(budget: int, workers: int) -> None:
    fit = fitted(budget * _MIB, FLOWS, workers, _rings(workers * 16))
    assert fit.needed_bytes <= budget * _MIB
    assert fit.flow_capacity * workers <= FLOWS


def test_less_memory_means_a_smaller_share_of_everything() -> None:
    shares = [fitted(budget * _MIB, FLOWS, 1, _rings(64)).share for budget in (450, 512, 1024)]
    assert shares == sorted(shares)
    assert 0 < shares[0] < shares[-1] < 1


def test_checkpoints_take_memory() -> None:
    saving, forgetful = (
        fitted(1024 * _MIB, FLOWS, 1, _rings(64), saves=saves).share for saves in (True, False)
    )
    assert saving < forgetful


def test_what_the_sensor_holds_for_rings_is_taken_off() -> None:
    small, large = (fitted(1024 * _MIB, FLOWS, 1, _rings(ring)).share for ring in (256, 64))
    assert small < large


def test_a_budget_that_nothing_fits_into_is_refused_with_the_least_that_does() -> None:
    with pytest.raises(ValueError, match=r"at least \d+MiB") as refusal:
        fitted(128 * _MIB, FLOWS, 1, _rings(64))
    least = int(str(refusal.value).partition("at least ")[2].partition("MiB")[0])
    assert fitted(least * _MIB, FLOWS, 1, _rings(64)).share > 0


@pytest.mark.parametrize(
    ("flows", "workers", "held", "remedy"),
    [
        (FLOWS, 1, {"smaller rings": 900 * _MIB, "less recording": 64 * _MIB}, "smaller rings"),
        (FLOWS, 1, {"smaller rings": 64 * _MIB, "less recording": 900 * _MIB}, "less recording"),
        (9_999_999_999, 1, _rings(64), "fewer flows (flow.capacity)"),
        (FLOWS, 8, _rings(64), "fewer workers (sensor.workers)"),
    ],
)
def test_a_refusal_names_what_weighs_most(
    flows: int, workers: int, held: dict[str, int], remedy: str
) -> None:
    with pytest.raises(ValueError, match=rf"at least \d+MiB .*give more, or take {re.escape(remedy)}$"):
        fitted(1024 * _MIB, flows, workers, held)


def test_a_small_table_stays_of_use() -> None:
    assert scaled(1 << 16, 0.5) == 1 << 15
    assert scaled(1 << 10, 0.001) == FEWEST_ENTRIES
    assert scaled(8, 0.5) == 8


def test_settings_are_scaled_where_they_are_capacities() -> None:
    @dataclass(frozen=True)
    class Settings:
        flow_capacity: int = 1000
        window: str = "5m"

    assert scaled_settings(Settings(), 0.5) == Settings(flow_capacity=500)
    assert scaled_settings(Settings(), 1.0) == Settings()
    assert scaled_settings(None, 0.5) is None
