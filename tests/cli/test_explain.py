import json
import shutil
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.command import Done

Command = Callable[..., Done]
needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="needs tshark")


@pytest.fixture(autouse=True)
def _pyshark_warns_of_its_own_future() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


@pytest.fixture
def line(umbilical: Command, contact: Path) -> str:
    return umbilical("replay", "--json", str(contact)).out.strip()


@needs_tshark
def test_a_line_is_explained_with_its_packets(umbilical: Command, line: str) -> None:
    done = umbilical("explain", line)
    assert (0, "") == (done.status, done.err)
    for words in ("Why we believe it", "dns.query = cloudota.quectel.com", "Name: cloudota.quectel.com"):
        assert words in done.out


@needs_tshark
def test_an_id_is_found_in_lines_and_in_captures(
    umbilical: Command, line: str, contact: Path, tmp_path: Path
) -> None:
    path = tmp_path / "alerts.jsonl"
    path.write_text(line)
    name = str(json.loads(line)["alert_id"])[:8]
    by_file = umbilical("explain", str(path))
    assert by_file.status == 0
    assert by_file == umbilical("explain", name, "--lines", str(path))
    assert by_file == umbilical("explain", name, "--capture", str(contact))


@needs_tshark
def test_a_capture_that_moved_is_named_by_the_operator(
    umbilical: Command, line: str, contact: Path, tmp_path: Path
) -> None:
    moved = contact.rename(tmp_path / "moved.pcap")
    gone = umbilical("explain", line)
    assert f"umbilical: {contact}: not there any more; name it with --capture FILE" in gone.err
    assert "Why we believe it" in gone.out
    found = umbilical("explain", line, "--capture", str(moved))
    assert (0, "") == (found.status, found.err)
    assert "Name: cloudota.quectel.com" in found.out


def test_without_tshark_the_rest_is_told(
    umbilical: Command, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    done = umbilical("explain", line)
    assert done.status == 0
    assert "umbilical: tshark is not installed" in done.err
    assert "dns.query = cloudota.quectel.com" in done.out


@needs_tshark
def test_another_capture_is_noticed(umbilical: Command, line: str, tmp_path: Path) -> None:
    other = tmp_path / "contact.pcap.empty"
    record = json.loads(line)
    record["evidence"] = [{"capture": record["evidence"][0]["capture"], "frame": 99, "saw": "x"}]
    done = umbilical("explain", json.dumps(record))
    assert not other.exists()
    assert "has no frame 99; is it the capture of this alert?" in done.err


@pytest.mark.parametrize(
    ("alert", "words"),
    [
        ("nonsense", "'nonsense' is no alert"),
        ('{"a": 1}', "not an alert line"),
        ("{", "not an alert line"),
        ("ffffffffffffffff", "no alert 'ffffffffffffffff'"),
    ],
)
def test_what_is_no_alert_is_told_in_a_line(umbilical: Command, alert: str, words: str) -> None:
    done = umbilical("explain", alert)
    assert (2, "", 1) == (done.status, done.out, done.err.count("\n"))
    assert words in done.err
