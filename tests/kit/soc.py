"""What ``deploy/`` gives a SOC, read as data: rules, alerts, runbooks, dashboards and every query in them."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = sorted((DEPLOY / "prometheus/rules").glob("*.yml"))
RULE_TESTS = sorted((DEPLOY / "prometheus/tests").glob("*.yml"))
RUNBOOKS = DEPLOY / "runbooks"
DASHBOARDS = sorted((DEPLOY / "grafana/dashboards").glob("*.json"))
_QUERY_BLOCK = re.compile(r"```promql\n(.*?)```", re.DOTALL)
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"')
_METRIC = re.compile(r"\b(?:\w+:)?(?:umbilical|process|scrape|up\b|ALERTS)[\w:]*")
_SELECTOR = re.compile(r"([a-zA-Z_:][\w:]*)\{([^}]*)\}")
_MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"')


class Rule(NamedTuple):
    """One rule of a rule file."""

    file: str
    told: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.told.get("alert") or self.told["record"])

    @property
    def expression(self) -> str:
        return str(self.told["expr"])


class Asked(NamedTuple):
    """One query and where it stands."""

    where: str
    expression: str


class Matcher(NamedTuple):
    """One condition on a label of a metric."""

    metric: str
    label: str
    operator: str
    value: str


@cache
def rules() -> tuple[Rule, ...]:
    """Return every rule."""
    return tuple(
        Rule(path.name, rule)
        for path in RULES
        for group in yaml.safe_load(path.read_text("utf-8"))["groups"]
        for rule in group["rules"]
    )


def alerts() -> tuple[Rule, ...]:
    """Return the rules that fire."""
    return tuple(rule for rule in rules() if "alert" in rule.told)


def records() -> frozenset[str]:
    """Return the names that recording rules make."""
    return frozenset(rule.told["record"] for rule in rules() if "record" in rule.told)


@cache
def dashboards() -> dict[str, dict[str, Any]]:
    """Return every dashboard by its file's name."""
    return {path.name: json.loads(path.read_text("utf-8")) for path in DASHBOARDS}


def panels(board: dict[str, Any]) -> list[dict[str, Any]]:
    """Return every panel but the headings."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


@cache
def asked_by_dashboards() -> tuple[Asked, ...]:
    """Return every query of every panel, variable and annotation, as it is sent when everything is chosen."""
    return tuple(
        Asked(f"{name}: {where}", _chosen(expression))
        for name, board in dashboards().items()
        for where, expression in _queries(board)
    )


def asked_by_runbooks() -> tuple[Asked, ...]:
    """Return every query that a runbook tells to ask."""
    return tuple(
        Asked(path.name, line)
        for path in sorted(RUNBOOKS.glob("Umbilical*.md"))
        for block in _QUERY_BLOCK.findall(path.read_text("utf-8"))
        for line in block.strip().splitlines()
    )


def metrics_of(expression: str) -> set[str]:
    """Return the metrics that a query names."""
    return set(_METRIC.findall(_STRINGS.sub('""', expression)))


def matchers_of(expression: str) -> list[Matcher]:
    """Return every condition on a label."""
    return [
        Matcher(metric, *condition)
        for metric, inner in _SELECTOR.findall(expression)
        for condition in _MATCHER.findall(inner)
    ]


def _queries(board: dict[str, Any]) -> list[tuple[str, str]]:
    told = [
        (f"{panel['title']} {target['refId']}", target["expr"])
        for panel in panels(board)
        for target in panel["targets"]
    ]
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            inner, label = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]).groups()  # type: ignore[union-attr]  # else the test fails, as it should
            told.append((f"${variable['name']}", f"count by ({label}) ({inner})"))
    told += [(f"mark {one['name']}", one["expr"]) for one in board["annotations"]["list"] if "expr" in one]
    return told


def _chosen(expression: str) -> str:
    """Put in what Grafana puts in when all is chosen and the newest half minute is looked at."""
    chosen = expression.replace("$__rate_interval", "20s").replace("$__range", "60s")
    return re.sub(r"\$(site|instance|vendor|device)\b", ".*", chosen)
