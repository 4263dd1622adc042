"""The scrape of the demo is the golden one, its text is OpenMetrics, and no packet can choose a label."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from monitor.export.openmetrics import render
from monitor.model.finding import Purpose, Severity
from monitor.pipeline.metrics import snapshot_of
from monitor.pipeline.report import Stories
from monitor.registry import discover
from tests.kit.cases import cases, run_of

if TYPE_CHECKING:
    from prometheus_client import Metric

DEMO = next(case for case in cases() if case.name == "demo")
HOSTILE = next(case for case in cases() if case.name == "hostile")
GOLDEN = DEMO.folder / "expected.prom"
OF_THE_PROGRAM = ("umbilical_build", "umbilical_catalog")
"""Families that say which program and catalog this is, not what was seen."""


@cache
def scrape(name: str) -> str:
    case = next(case for case in cases() if case.name == name)
    told, stories = run_of(case), Stories()
    for alert in told.alerts:
        stories.take(alert)
    return render(snapshot_of(told.result, told.site, stories)).decode()


@cache
def families(name: str) -> tuple[Metric, ...]:
    return tuple(text_string_to_metric_families(scrape(name)))  # type: ignore[no-untyped-call]  # the library has none


def test_scrape_of_the_demo_is_the_golden_one(*, rewrites_goldens: bool) -> None:
    """Only what is not 0: the zeros are every series of the catalog."""
    told = [
        line
        for line in scrape("demo").splitlines()
        if not line.startswith(("#", *OF_THE_PROGRAM)) and not line.endswith((" 0", " 0.0"))
    ]
    if rewrites_goldens:
        GOLDEN.write_text("".join(f"{line}\n" for line in sorted(told)), "utf-8")
    assert GOLDEN.read_text("utf-8").splitlines() == sorted(told)


def test_every_series_of_a_busy_capture_is_there_from_the_first_scrape() -> None:
    """What the demo counts is shown with 0 where nothing of it was seen."""
    quiet = _series("hostile")
    assert _series("demo") <= quiet | {key for key in _series("demo") if key[0].startswith(OF_THE_PROGRAM)}


def test_labels_come_from_closed_sets_whatever_the_packets_say() -> None:
    catalog = run_of(DEMO).site.catalog
    parsers, detectors = discover("monitor.protocols", "PARSER"), discover("monitor.detect", "DETECTOR")
    closed = {
        "detector": set(detectors),
        "vendor": {*catalog.vendors, ""},
        "signature": {*(one.id for one in catalog.signatures), ""},
        "purpose": {*(one.value for one in Purpose), ""},
        "severity": {one.value for one in Severity},
        "direction": {"uplink", "downlink"},
        "device": {"unlisted"},
        "interface": {"replay"},
        "protocol": {*parsers, "frame"},
    }
    for name in ("demo", "hostile"):
        for family in families(name):
            for sample in family.samples:
                for label, value in sample.labels.items():
                    assert value in closed.get(label, {value}), f"{sample.name} {label}={value}"
                assert sample.labels.keys() <= closed.keys() | {
                    "room",
                    "reason",
                    "status",
                    "table",
                    "digest",
                    "version",
                }


def test_nothing_is_a_fault_of_this_program() -> None:
    for name in ("demo", "hostile"):
        [errors] = [family for family in families(name) if family.name == "umbilical_internal_errors"]
        assert {0.0} == {sample.value for sample in errors.samples}


def test_every_metric_has_help_and_the_prefix_of_the_program() -> None:
    for family in families("demo"):
        assert family.name.startswith("umbilical_")
        assert family.documentation.endswith((".", "infinity"))
        assert family.type in {"counter", "gauge", "info"}


def _series(name: str) -> set[tuple[str, ...]]:
    return {
        (sample.name, *(f"{label}={value}" for label, value in sorted(sample.labels.items())))
        for family in families(name)
        for sample in family.samples
    }
