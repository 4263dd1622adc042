"""Every case in ``pcaps/``: what it expects is seen, its capture is what its script makes, its golden holds."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import pytest

from monitor.export._line import line
from tests.kit.cases import FOLDER, Case, cases, run_of, seen_by
from tests.kit.house import alert_facts

if TYPE_CHECKING:
    from pathlib import Path

CASES = cases()
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
BUDGET_BYTES = 3 << 20


@each_case
def test_case_is_seen_as_expected(case: Case) -> None:
    seen = seen_by(run_of(case))
    faults = [fault for one in case.expect if (fault := one.fault(seen))]
    assert faults == [], "\n".join(faults)


@each_case
def test_capture_is_what_its_script_makes(case: Case, tmp_path: Path) -> None:
    if case.build is None:
        pytest.skip(f"{case.name} was captured, not built")
    spec = importlib.util.spec_from_file_location(f"build_{case.name.replace('-', '_')}", case.build)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    script.main(tmp_path)
    stored = {path.name: path.read_bytes() for path in case.captures}
    assert stored.keys() == {path.name for path in tmp_path.iterdir()}
    assert [name for name, content in stored.items() if content != (tmp_path / name).read_bytes()] == []


@pytest.mark.parametrize("case", [case for case in CASES if case.golden.exists()], ids=lambda case: case.name)
def test_alerts_are_the_golden_ones(case: Case, *, rewrites_goldens: bool) -> None:
    told = b"".join(line(alert_facts(alert)) for alert in run_of(case).alerts)
    if rewrites_goldens:
        case.golden.write_bytes(told)
    assert case.golden.read_bytes().splitlines() == told.splitlines()


@each_case
def test_nothing_in_a_case_is_a_fault_of_ours(case: Case) -> None:
    health = run_of(case).health
    assert health.damage == []
    assert health.front.flow["crowded"] == health.front.flow["evicted"] == 0


def test_every_folder_of_cases_has_its_description() -> None:
    folders = {
        path.name for path in FOLDER.iterdir() if path.is_dir() and not path.name.startswith((".", "__"))
    }
    assert {case.name for case in CASES} == folders


def test_cases_stay_small() -> None:
    assert sum(path.stat().st_size for case in CASES for path in case.captures) < BUDGET_BYTES
