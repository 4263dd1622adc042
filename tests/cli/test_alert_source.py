import io
import json
from pathlib import Path

import pytest

from monitor.cli.alert_source import MAX_ALERTS, in_captures, in_lines, in_text, is_id
from monitor.cli.running import Request


def lines(*ids: str) -> str:
    return "".join(json.dumps({"alert_id": one}) + "\n" for one in ids)


@pytest.mark.parametrize(
    ("text", "yes"), [("0f614e46", True), ("0F614E46CD0F5DD7", True), ("0f", False), ("alert", False)]
)
def test_an_id_is_hex_digits(text: str, *, yes: bool) -> None:
    assert yes == is_id(text)


def test_a_line_is_an_alert() -> None:
    assert [{"alert_id": "ab"}] == in_text('{"alert_id": "ab"}').alerts


def test_a_file_is_many_and_an_id_chooses(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    path.write_text(lines(*(f"{number:04x}" for number in range(9))) + "\n")
    everything = in_lines(str(path))
    assert (MAX_ALERTS, 9 - MAX_ALERTS) == (len(everything.alerts), everything.more)
    assert [{"alert_id": "0007"}] == in_lines(str(path), "0007").alerts


def test_standard_input_is_a_file_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines("abcd").encode())))
    assert [{"alert_id": "abcd"}] == in_lines("-").alerts


@pytest.mark.parametrize("text", ["words", "[]", "{}", "[" * 100_000, '{"a": 1}', "\udcff"])
def test_what_is_no_alert_line_is_told_with_its_line(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "alerts.jsonl"
    path.write_bytes(lines("abcd").encode() + text.encode("utf-8", "surrogateescape"))
    with pytest.raises(SystemExit):
        in_lines(str(path))
    assert f"{path}:2: not an alert line" in capsys.readouterr().err


def test_captures_are_replayed_for_an_id(contact: Path) -> None:
    request = Request(captures=[str(contact)], quiet=True)
    (alert,) = in_captures(request, "").alerts
    assert "quectel.cloudota" == alert["signature"]
    assert [] == in_captures(request, "ffffffffffff").alerts


def test_what_was_found_says_where_it_was_looked_for(tmp_path: Path, contact: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    path.write_text(lines("abcd"))
    assert str(path) == in_lines(str(path), "ffff").place
    assert str(contact) == in_captures(Request(captures=[str(contact)], quiet=True), "ffffffffffff").place
