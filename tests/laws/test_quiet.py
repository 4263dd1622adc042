"""Ordinary traffic gives no alert above ``info``: an alarm that cries for nothing is switched off."""

from __future__ import annotations

import pytest

from monitor.model.finding import Severity
from tests.kit.cases import Case, cases, run_of

BENIGN = [case for case in cases() if case.benign]


@pytest.mark.parametrize("case", BENIGN, ids=lambda case: case.name)
def test_benign_case_gives_no_alert_above_info(case: Case) -> None:
    loud = [alert for alert in run_of(case).alerts if alert.severity.rank > Severity.INFO.rank]
    assert loud == []


def test_there_are_benign_cases() -> None:
    assert BENIGN
