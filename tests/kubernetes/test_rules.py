"""The operator's rules are Prometheus's rules, word for word."""

from __future__ import annotations

import yaml

from tests.kit.script import script
from tests.kit.soc import RULES

rules = script("kubernetes/rules.py")


def test_file_is_as_the_rules_are() -> None:
    assert rules.main(["--check"]) == 0


def test_every_rule_file_is_one_resource_with_the_same_groups() -> None:
    told = yaml.safe_load(rules.manifest())
    found = {item["metadata"]["name"]: item["spec"] for item in told["items"]}
    assert found == {f"umbilical-{path.stem}": yaml.safe_load(path.read_text("utf-8")) for path in RULES}
