"""A batch may change nothing, and neither may the number of workers, the seed of a hash or who else listens."""

from __future__ import annotations

import pytest

from tests.kit.cases import Case, cases, run_of
from tests.kit.house import alert_facts, run

CASES = cases()
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@each_case
@pytest.mark.parametrize("batch_frames", [1, 7, 64])
def test_any_split_into_batches_gives_the_same_lines(case: Case, batch_frames: int) -> None:
    assert run_of(case).lines() == run(case.captures, batch_frames=batch_frames).lines()


@pytest.mark.parametrize(
    "case", [one for one in CASES if one.name in {"demo", "hostile"}], ids=lambda case: case.name
)
def test_two_workers_give_the_same_lines(case: Case) -> None:
    assert run_of(case).lines() == run(case.captures, workers=2).lines()


@each_case
def test_another_seed_of_the_flow_table_gives_the_same_lines(case: Case) -> None:
    assert run_of(case).lines() == run(case.captures, seed=0x5EED_0F_A_5EED).lines()


@each_case
def test_alerts_do_not_depend_on_who_else_listens(case: Case) -> None:
    alone = run(case.captures, tell_all=False)
    assert [alert_facts(one) for one in run_of(case).alerts] == [alert_facts(one) for one in alone.alerts]
