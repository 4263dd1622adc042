"""Writes flows as JSON lines, CSV or Parquet; the columns are the same in all three."""

import csv
from collections.abc import Callable, Mapping
from io import TextIOWrapper
from typing import Any, BinaryIO, Protocol

from monitor.export._columns import FLOW, Column, Kind
from monitor.export.records import FlowRow, flow_line, flow_record

ROW_GROUP = 1 << 16
"""Rows of a Parquet row group; the rows of one group are in memory."""
NO_PYARROW = "Parquet needs pyarrow: pip install 'umbilical[parquet]'"


class FlowWriter(Protocol):
    """Takes rows in order; ``close`` completes the file and leaves the stream open."""

    def write(self, row: FlowRow) -> None: ...

    def close(self) -> None: ...


class JsonFlows:
    """One JSON object per line."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, row: FlowRow) -> None:
        """Write one line."""
        self._stream.write(flow_line(row))

    def close(self) -> None:
        """Hand everything to the system."""
        self._stream.flush()


class CsvFlows:
    """RFC 4180 with a header; what is not known is empty."""

    def __init__(self, stream: BinaryIO) -> None:
        self._text = TextIOWrapper(stream, encoding="utf-8", errors="replace", newline="")
        self._writer = csv.writer(self._text, lineterminator="\r\n")
        self._writer.writerow(column.name for column in FLOW)

    def write(self, row: FlowRow) -> None:
        """Write one row."""
        self._writer.writerow(_inert(value) for value in flow_record(row).values())

    def close(self) -> None:
        """Hand everything to the stream and let go of it."""
        self._text.flush()
        self._text.detach()


class ParquetFlows:
    """Typed columns in row groups, times as nanoseconds UTC."""

    def __init__(self, stream: BinaryIO) -> None:
        try:
            import pyarrow as pa  # noqa: PLC0415 - slow to import, and optional
            from pyarrow import parquet  # noqa: PLC0415
        except ImportError:
            raise ValueError(NO_PYARROW) from None
        self._table = pa.Table.from_arrays
        self._array = pa.array
        self._schema = pa.schema([_arrow_field(pa, column) for column in FLOW])
        self._writer = parquet.ParquetWriter(stream, self._schema, compression="zstd")
        self._rows: list[FlowRow] = []

    def write(self, row: FlowRow) -> None:
        """Keep the row until its group is full."""
        self._rows.append(row)
        if len(self._rows) == ROW_GROUP:
            self._write_group()

    def close(self) -> None:
        """Write the last group and the footer."""
        if self._rows:
            self._write_group()
        self._writer.close()

    def _write_group(self) -> None:
        columns = zip(*self._rows, strict=True)
        arrays = [
            self._array(map(_text, one), field.type) for one, field in zip(columns, self._schema, strict=True)
        ]
        self._writer.write_table(self._table(arrays, schema=self._schema), row_group_size=ROW_GROUP)
        self._rows.clear()


WRITERS: Mapping[str, Callable[[BinaryIO], FlowWriter]] = {
    "json": JsonFlows,
    "csv": CsvFlows,
    "parquet": ParquetFlows,
}
"""Writers by the word of ``--format``."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _inert(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula; a name on the wire may begin with one's sign."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _text(value: Any) -> Any:
    """Replace what is no Unicode: Arrow takes none."""
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value


def _arrow_field(pa: Any, column: Column) -> Any:
    kinds = {Kind.TEXT: pa.string(), Kind.NUMBER: pa.int64(), Kind.TIME: pa.timestamp("ns", tz="UTC")}
    return pa.field(column.name, kinds[column.kind], nullable=column.nullable)
