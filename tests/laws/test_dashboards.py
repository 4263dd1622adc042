"""Every query of every dashboard is answered by a real Prometheus that scraped a real sensor; the dashboards are as built."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.kit.cases import cases
from tests.kit.prometheus import prometheus
from tests.kit.soc import DEPLOY, RULES, alerts, asked_by_dashboards, asked_by_runbooks, dashboards, panels
from tests.kit.watching import watching

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kit.prometheus import Prometheus
    from tests.kit.soc import Asked

DEMO = next(case for case in cases() if case.name == "demo")
FRAMES = 2179
NEEDS_A_DAY = "surging"
"""Of history; and whatever fires need not."""
ON_GRAFANA_11 = 41


@pytest.fixture(scope="module")
def soc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus with all rules that has scraped a sensor before and after it heard the demo."""
    folder = tmp_path_factory.mktemp("soc")
    scrape = {"job_name": "umbilical", "scrape_timeout": "1s"}
    config = folder / "umbilical.toml"
    config.write_text((DEMO.folder / "umbilical.toml").read_text("utf-8"), "utf-8")
    with watching(DEMO.captures[0], config, folder) as sensor:
        targets = [{"targets": [sensor.address], "labels": {"site": "demo"}}]
        with prometheus(folder, [scrape | {"static_configs": targets}], rules=RULES) as one:
            one.wait(
                lambda: bool(one.query("count_over_time(umbilical_build_info[1m]) >= 3")), "three scrapes"
            )
            sensor.hear()
            one.wait(lambda: bool(one.query(f"umbilical_frames_total >= {FRAMES}")), "the demo in a scrape")
            one.wait(lambda: bool(one.query('ALERTS{alertname="UmbilicalFirmwareUpdate"}')), "an alert")
            one.wait(lambda: bool(one.query("vendor:umbilical_devices:ratio > 0")), "records of the demo")
            yield one


@pytest.mark.parametrize("asked", asked_by_dashboards(), ids=lambda asked: asked.where)
def test_query_of_a_dashboard_is_answered(asked: Asked, soc: Prometheus) -> None:
    answer = soc.query(asked.expression)
    may_be_empty = NEEDS_A_DAY in asked.expression or "ALERTS" in asked.expression
    assert answer or may_be_empty, f"no series: {asked.expression}"


def test_query_of_a_runbook_is_understood(soc: Prometheus) -> None:
    for asked in asked_by_runbooks():
        soc.query(asked.expression)


def test_rules_hold_for_a_real_sensor(soc: Prometheus) -> None:
    """Nothing in the demo is critical, a firmware image was fetched, and no annotation lacks a value."""
    firing = {one["labels"]["alertname"]: one for one in soc.alerts()}
    assert "UmbilicalFirmwareUpdate" in firing
    assert "UmbilicalCriticalAlert" not in firing
    assert firing.keys() <= {alert.name for alert in alerts()}
    for one in firing.values():
        told = one["annotations"]
        assert told.keys() == {"summary", "description", "runbook_url"}
        assert not [text for text in told.values() if "error expanding" in text or "no value" in text]


def test_dashboards_are_as_built() -> None:
    pytest.importorskip("grafana_foundation_sdk", reason="needs grafana-foundation-sdk, to build them anew")
    command = [sys.executable, str(DEPLOY / "grafana/build.py"), "--check"]
    told = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (told.returncode, told.stdout) == (0, ""), told.stdout + told.stderr


@pytest.mark.parametrize("name", dashboards())
def test_dashboard_explains_itself(name: str) -> None:
    board = dashboards()[name]
    assert board["uid"] == name.removesuffix(".json")
    assert board["description"]
    assert board["schemaVersion"] >= ON_GRAFANA_11 - 2
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    for panel in panels(board):
        assert panel["title"], panel
        assert panel["description"].endswith("."), panel["title"]
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}
        queries = [target["refId"] for target in panel["targets"]]
        assert len(queries) == len(set(queries))


@pytest.mark.parametrize("name", dashboards())
def test_panels_do_not_overlap(name: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboards()[name]["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place.get("x", 0), place.get("x", 0) + place["w"])
            for y in range(place.get("y", 0), place.get("y", 0) + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24, panel["title"]
        taken |= cells


def test_links_between_dashboards_lead_somewhere() -> None:
    known = {board["uid"] for board in dashboards().values()}
    for name, board in dashboards().items():
        for panel in panels(board):
            overrides = panel.get("fieldConfig", {}).get("overrides", [])
            links = [
                link["url"]
                for override in overrides
                for one in override["properties"]
                if one["id"] == "links"
                for link in one["value"]
            ]
            for url in links:
                if url.startswith("/d/"):
                    assert url.removeprefix("/d/").partition("?")[0] in known, (name, panel["title"])
