"""The operator's rules are Prometheus's rules, word for word."""

from __future__ import annotations

import pytest
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


@pytest.mark.parametrize(("word", "status"), [("--help", 0), ("--chekc", 2), ("x", 2)])
def test_who_asks_for_help_changes_nothing(word: str, status: int) -> None:
    before = rules.TARGET.stat().st_mtime_ns
    with pytest.raises(SystemExit) as ended:
        rules.main([word])
    assert (status, before) == (ended.value.code, rules.TARGET.stat().st_mtime_ns)
