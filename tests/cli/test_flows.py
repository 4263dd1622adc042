import csv
import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command import Done

Command = Callable[..., Done]


def test_flows_are_lines_with_both_ends_and_the_vendor(umbilical: Command, contact: Path) -> None:
    done = umbilical("flows", str(contact))
    assert (0, "") == (done.status, done.err)
    by_port = {record["resp_port"]: record for record in done.records}
    assert {53, 8100} == set(by_port)
    assert ("10.0.4.17", "cloudota.quectel.com", "quectel", "S0") == tuple(
        by_port[8100][name] for name in ("orig_ip", "server_name", "vendor", "state")
    )


def test_flows_as_csv_have_a_header(umbilical: Command, contact: Path, tmp_path: Path) -> None:
    target = tmp_path / "flows.csv"
    assert Done(status=0, out="", err="") == umbilical(
        "flows", "--format", "csv", "--output", str(target), str(contact)
    )
    assert {"53", "8100"} == {row["resp_port"] for row in csv.DictReader(target.read_text().splitlines())}


@pytest.mark.skipif(importlib.util.find_spec("pyarrow") is None, reason="needs umbilical[parquet]")
def test_flows_as_parquet_go_to_a_file(umbilical: Command, contact: Path, tmp_path: Path) -> None:
    target = tmp_path / "flows.parquet"
    assert umbilical("flows", "--format", "parquet", "-o", str(target), str(contact)).status == 0
    assert target.read_bytes().startswith(b"PAR1")


def test_parquet_needs_a_file(umbilical: Command, contact: Path) -> None:
    done = umbilical("flows", "--format", "parquet", str(contact))
    assert (2, "") == (done.status, done.out)
    assert "--output" in done.err


def test_a_wrong_format_is_told_in_a_line(umbilical: Command, contact: Path) -> None:
    done = umbilical("flows", "--format", "xml", str(contact))
    assert (2, 1) == (done.status, done.err.count("\n"))
    assert "'xml' is not one of" in done.err


def test_a_failed_run_leaves_no_file(umbilical: Command, tmp_path: Path) -> None:
    target = tmp_path / "flows.json"
    assert umbilical("flows", "-o", str(target), "/nowhere.pcap").status == 2
    assert [] == list(tmp_path.iterdir())
