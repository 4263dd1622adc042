import pytest

from monitor.export._columns import ALERT, EVIDENCE, FLOW, OBSERVATION_HEAD, Column
from monitor.export.records import FlowRow
from monitor.model.finding import Evidence

TABLES = {"alert": ALERT, "flow": FLOW, "head": OBSERVATION_HEAD, "evidence": EVIDENCE}


@pytest.mark.parametrize("columns", TABLES.values(), ids=TABLES)
def test_every_column_has_one_name_and_a_meaning(columns: tuple[Column, ...]) -> None:
    assert len({column.name for column in columns}) == len(columns)
    assert all(column.meaning and not column.meaning.endswith(".") for column in columns)


def test_flow_rows_stand_in_the_order_of_their_columns() -> None:
    assert tuple(column.name for column in FLOW) == FlowRow._fields


def test_evidence_has_a_column_for_every_field_of_the_record() -> None:
    assert {"ts_ns" if column.name == "time" else column.name for column in EVIDENCE} == set(Evidence._fields)
