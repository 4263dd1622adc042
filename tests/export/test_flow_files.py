import csv
import io
import json
import sys
from datetime import UTC, datetime

import pytest
from pyarrow import parquet

from monitor.export import flow_files
from monitor.export._columns import FLOW
from monitor.export.flow_files import WRITERS, CsvFlows, JsonFlows, ParquetFlows
from monitor.export.records import FlowRow, flow_record, flow_row
from tests.kit.facts import make_observation, make_totals

ROW = flow_row(make_observation("flow_end", totals=make_totals()), "acme")
BARE = flow_row(make_observation("flow_end", totals=make_totals())._replace(contact=None))


def written(kind: str, *rows: FlowRow) -> bytes:
    stream = io.BytesIO()
    writer = WRITERS[kind](stream)
    for row in rows:
        writer.write(row)
    writer.close()
    assert not stream.closed
    return stream.getvalue()


def test_the_formats_are_those_of_the_command_line() -> None:
    assert WRITERS == {"json": JsonFlows, "csv": CsvFlows, "parquet": ParquetFlows}


def test_json_holds_one_object_per_line() -> None:
    assert [json.loads(one) for one in written("json", ROW, BARE).splitlines()] == [
        flow_record(ROW),
        flow_record(BARE),
    ]


def test_csv_is_read_back_with_empty_cells_for_what_is_not_known() -> None:
    first, second = csv.DictReader(io.StringIO(written("csv", ROW, BARE).decode(), newline=""))
    assert list(first) == [column.name for column in FLOW]
    assert first == {name: "" if value is None else str(value) for name, value in flow_record(ROW).items()}
    assert second["country"] == ""


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_a_name_on_the_wire_is_no_formula_in_a_spreadsheet(name: str) -> None:
    (row,) = csv.DictReader(io.StringIO(written("csv", ROW._replace(server_name=name)).decode(), newline=""))
    assert row["server_name"] == f"'{name}"


def test_csv_survives_separators_and_broken_text() -> None:
    (row,) = csv.DictReader(
        io.StringIO(written("csv", ROW._replace(server_name='a,"b\n\udc80')).decode(), newline="")
    )
    assert row["server_name"] == 'a,"b\n?'


def test_parquet_has_typed_columns() -> None:
    table = parquet.read_table(io.BytesIO(written("parquet", ROW, BARE)))
    assert table.column_names == [column.name for column in FLOW]
    assert str(table.schema.field("start").type) == "timestamp[ns, tz=UTC]"
    assert str(table.schema.field("orig_bytes").type) == "int64"
    start = table.column("start")[0].as_py()
    assert (
        start.to_pydatetime()
        if hasattr(start, "to_pydatetime")
        else start == datetime(2027, 1, 15, 8, tzinfo=UTC)
    )
    assert table.column("vendor").to_pylist() == ["acme", None]


def test_parquet_is_written_in_row_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_files, "ROW_GROUP", 3)
    file = parquet.ParquetFile(io.BytesIO(written("parquet", *[ROW] * 7)))
    assert (file.num_row_groups, file.metadata.num_rows) == (3, 7)


def test_parquet_survives_broken_text_and_no_rows() -> None:
    table = parquet.read_table(io.BytesIO(written("parquet", ROW._replace(server_name="a\udc80"))))
    assert table.column("server_name").to_pylist() == ["a?"]
    assert parquet.read_table(io.BytesIO(written("parquet"))).num_rows == 0


def test_without_pyarrow_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ValueError, match=r"pip install 'umbilical\[parquet\]'"):
        ParquetFlows(io.BytesIO())
