import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import exposition, utils
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.openmetrics import exposition as openmetrics_exposition

from monitor.export._exposition import DOTS, Format, number, text_of
from monitor.export.openmetrics import registry
from tests.export._states import BUSY, QUIET

# The library's functions have no types, or types that ask for more than they use.
library_text: Any = exposition.generate_latest
library_openmetrics: Any = openmetrics_exposition.generate_latest
library_number: Any = utils.floatToGoString


class Said:
    """Families as the library's writers ask for them."""

    def __init__(self, *families: GaugeMetricFamily) -> None:
        self._families = families

    def collect(self) -> tuple[GaugeMetricFamily, ...]:
        return self._families


def test_openmetrics_is_what_the_library_writes_byte_for_byte() -> None:
    for snapshot in (QUIET, BUSY):
        told = registry(lambda snapshot=snapshot: snapshot)  # type: ignore[misc]  # a default binds it
        assert text_of(told.collect(), Format.OPENMETRICS) == library_openmetrics(told)


def test_the_older_format_is_what_the_library_writes_of_all_that_it_knows() -> None:
    told = registry(lambda: replace(BUSY, created_ns=None))
    assert text_of(told.collect(), Format.TEXT) == library_text(told)
    assert text_of(registry(lambda: BUSY).collect(), Format.TEXT) == library_text(told)


def test_dots_are_written_as_the_library_does() -> None:
    told = registry(lambda: replace(BUSY, created_ns=None))
    assert text_of(told.collect(), Format.OPENMETRICS, DOTS) == library_openmetrics(told, escaping=DOTS)
    assert text_of(registry(lambda: BUSY).collect(), Format.TEXT, DOTS) == library_text(told, escaping=DOTS)
    assert b"umbilical__frames__total" in text_of(told.collect(), Format.TEXT, DOTS)


@given(st.floats() | st.integers(-(10**20), 10**20))
def test_numbers_are_written_as_go_does(value: float) -> None:
    assert number(value) == library_number(value)


@pytest.mark.parametrize("value", [0, -0.0, 1, 1e6, 1e7, 12345678.9, math.inf, -math.inf, math.nan, 1e300])
def test_the_corners_of_numbers_too(value: float) -> None:
    assert number(value) == library_number(value)


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_in_a_label_is_written_as_the_library_does(text: str) -> None:
    family = GaugeMetricFamily("umbilical_x", "X.", labels=("name",))
    family.add_metric((text,), 1)
    assert text_of([family], Format.OPENMETRICS) == library_openmetrics(Said(family))
    assert text_of([family], Format.TEXT) == library_text(Said(family))
