"""The rules of ``deploy/prometheus`` are sound, tested, documented, and speak only of metrics and labels that there are."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from monitor.export.openmetrics import render
from monitor.model.finding import Purpose, Severity
from monitor.pipeline.condition import DROP_REASONS, IGNORE_REASONS
from monitor.registry import discover
from tests.kit.programs import program, run
from tests.kit.sensor_page import sensor_snapshot
from tests.kit.soc import (
    DEPLOY,
    RULE_TESTS,
    RULES,
    RUNBOOKS,
    alerts,
    asked_by_dashboards,
    asked_by_runbooks,
    matchers_of,
    metrics_of,
    records,
    rules,
)

if TYPE_CHECKING:
    from tests.kit.soc import Asked, Rule

CONFIG = DEPLOY / "prometheus/prometheus.yml"
ALERTMANAGER = DEPLOY / "alertmanager/alertmanager.yml"
OF_PROMETHEUS = {"up", "ALERTS", "scrape_duration_seconds", "scrape_samples_scraped"}
OF_THE_PROCESS = {
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
}
"""prometheus_client.ProcessCollector."""
OF_TARGETS = {"job", "site", "instance", "alertname", "alertstate", "area", "le"}
SEVERITIES = {"critical", "warning", "info"}
AREAS = {"soc", "sensor", "fleet"}
SECTIONS = ["What it means", "How to check", "What to do", "When it is noise"]
_RECORD = re.compile(r"[a-z_]+:umbilical_[a-z0-9_]+:[a-z0-9]+")
_COMMAND = re.compile(r"\bumbilical ([a-z][a-z-]+)")


def test_rules_are_sound() -> None:
    status, told = run(program("promtool", "prometheus"), "check", "rules", "--lint-fatal", *RULES)
    assert status == 0, told


def test_configuration_of_prometheus_is_sound() -> None:
    status, told = run(program("promtool", "prometheus"), "check", "config", CONFIG)
    assert status == 0, told


def test_configuration_of_alertmanager_is_sound() -> None:
    status, told = run(program("amtool", "prometheus-alertmanager"), "check-config", ALERTMANAGER)
    assert status == 0, told


@pytest.mark.parametrize("path", RULE_TESTS, ids=lambda path: path.stem)
def test_rules_do_what_their_tests_say(path: Path, tmp_path: Path) -> None:
    """Where an alert fires, promtool is told to expect nothing besides, so that it prints the annotations that it got."""
    told = yaml.safe_load(path.read_text("utf-8"))
    told["rule_files"] = [str(path.parent / name) for name in told["rule_files"]]
    firing = {name for test in told["tests"] if (name := _expect_nothing(test))}
    (tmp_path / path.name).write_text(yaml.safe_dump(told, width=10_000), "utf-8")
    status, said = run(program("promtool", "prometheus"), "test", "rules", tmp_path / path.name)
    assert status == (1 if firing else 0), said
    assert "expr:" not in said, said
    assert set(re.findall(r'Labels:{alertname="(\w+)"', said)) == firing
    assert "error expanding" not in said
    assert "<no value>" not in said


def test_tests_of_the_rules_pass_as_they_stand() -> None:
    """The quick ones; the others are the same but for what the test above adds."""
    quick = [path for path in RULE_TESTS if path.stem in {"soc", "fleet"}]
    status, told = run(program("promtool", "prometheus"), "test", "rules", *quick)
    assert status == 0, told


def test_every_alert_is_tested_for_firing_and_for_silence() -> None:
    seen: set[tuple[str, bool]] = set()
    for path in RULE_TESTS:
        for test in yaml.safe_load(path.read_text("utf-8"))["tests"]:
            for asked in test["promql_expr_test"]:
                for name in re.findall(r'alertname="(\w+)"', asked["expr"]):
                    seen.add((name, bool(asked["exp_samples"])))
    assert seen == {(alert.name, fires) for alert in alerts() for fires in (True, False)}


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.name)
def test_rule_names_metrics_that_there_are(rule: Rule) -> None:
    assert metrics_of(rule.expression) <= known_metrics()


@pytest.mark.parametrize("asked", asked_by_dashboards() + asked_by_runbooks(), ids=lambda asked: asked.where)
def test_query_names_metrics_that_there_are(asked: Asked) -> None:
    assert re.search(r"umbilical|ALERTS", asked.expression)
    assert metrics_of(asked.expression) <= known_metrics()


def test_conditions_are_on_labels_and_values_that_there_are() -> None:
    asked = [(rule.name, rule.expression) for rule in rules()]
    asked += [(one.where, one.expression) for one in asked_by_dashboards() + asked_by_runbooks()]
    wrong = [
        f"{where}: {one}"
        for where, expression in asked
        for one in matchers_of(expression)
        if one.label not in OF_TARGETS | labels_of(one.metric)
        or not any(_is_met(one.operator, one.value, value) for value in values_of(one.label))
    ]
    assert wrong == []


def test_recording_rules_are_named_by_level_metric_and_operation() -> None:
    assert [name for name in records() if not _RECORD.fullmatch(name)] == []


def test_every_name_is_used_once() -> None:
    names = Counter(rule.name for rule in rules())
    assert [name for name, amount in names.items() if amount > 1] == []


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert.name)
def test_alert_says_what_an_analyst_needs(alert: Rule) -> None:
    told, base = alert.told, runbook_base()
    assert re.fullmatch(r"Umbilical([A-Z][a-z]+)+", alert.name)
    assert told["labels"]["severity"] in SEVERITIES
    assert told["labels"]["area"] == ("sensor" if alert.file == "sensor.yml" else Path(alert.file).stem)
    assert told["annotations"].keys() == {"summary", "description", "runbook_url"}
    assert told["annotations"]["runbook_url"] == f"{base}/{alert.name}.md"
    assert told["annotations"]["description"].endswith(".")
    assert len(told["annotations"]["summary"]) < 120


def test_every_alert_has_its_runbook_and_every_runbook_its_alert() -> None:
    pages = {path.stem for path in RUNBOOKS.glob("Umbilical*.md")}
    assert pages == {alert.name for alert in alerts()}


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert.name)
def test_runbook_has_every_section(alert: Rule) -> None:
    text = (RUNBOOKS / f"{alert.name}.md").read_text("utf-8")
    assert text.startswith(f"# {alert.name}\n")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
    assert f"`{alert.told['labels']['severity']}`" in text.splitlines()[2]


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert.name)
def test_commands_of_a_runbook_are_there(alert: Rule) -> None:
    import typer

    from monitor.cli.app import app

    known = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]  # it is a group
    text = (RUNBOOKS / f"{alert.name}.md").read_text("utf-8")
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
    assert set(_COMMAND.findall(re.sub(r"(systemctl|journalctl) .*", "", blocks))) <= known


def _expect_nothing(test: dict[str, Any]) -> str | None:
    """Add to a test that an alert which fires in it should not; returns its name."""
    firing = [one for one in test["promql_expr_test"] if one["exp_samples"]]
    if not firing:
        return None
    [name] = re.findall(r'alertname="(\w+)"', firing[0]["expr"])
    when = firing[0]["eval_time"]
    test["alert_rule_test"] = [{"eval_time": when, "alertname": name, "exp_alerts": []}]
    return str(name)


def runbook_base() -> str:
    """Return where the runbooks are: one place for all."""
    bases = {alert.told["annotations"]["runbook_url"].rpartition("/")[0] for alert in alerts()}
    [base] = bases
    return str(base)


@cache
def series() -> dict[str, dict[str, set[str]]]:
    """Return the values of every label of every metric that a sensor shows before it has seen anything."""
    found: dict[str, dict[str, set[str]]] = {}
    text = render(sensor_snapshot()).decode()
    for family in text_string_to_metric_families(text):  # type: ignore[no-untyped-call]  # the library has none
        for sample in family.samples:
            labels = found.setdefault(sample.name, {})
            for label, value in sample.labels.items():
                labels.setdefault(label, set()).add(value)
    return found


def known_metrics() -> set[str]:
    return {
        *series(),
        *records(),
        *OF_PROMETHEUS,
        *OF_THE_PROCESS,
        "umbilical_web_config_last_reload_successful",
    }


def labels_of(metric: str) -> set[str]:
    """Return the labels of a metric; those of a record are any that a sensor's metrics have."""
    if metric in series():
        return set(series()[metric])
    return {label for labels in series().values() for label in labels}


@cache
def values_of(label: str) -> set[str]:
    """Return what a label may be; ``""`` stands for a label that an alert of the whole fleet lacks."""
    closed = {
        "severity": {*(one.value for one in Severity), *SEVERITIES},
        "purpose": {*(one.value for one in Purpose), "other"},
        "detector": set(discover("monitor.detect", "DETECTOR")),
        "reason": {*DROP_REASONS, *IGNORE_REASONS, "other"},
        "direction": {"uplink", "downlink"},
        "alertname": {alert.name for alert in alerts()},
        "alertstate": {"firing", "pending"},
        "area": AREAS,
        "job": {"umbilical"},
    }
    seen = {value for labels in series().values() for value in labels.get(label, set())}
    return closed.get(label, {*seen, "other", "acme", ""})


def _is_met(operator: str, wanted: str, value: str) -> bool:
    if operator.startswith("!"):
        return True
    return value == wanted if operator == "=" else re.fullmatch(wanted, value) is not None
