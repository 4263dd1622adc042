from pathlib import Path

import orjson
import pytest

from monitor.export import _rejected
from monitor.export._rejected import RejectedFile


def test_what_is_put_aside_stands_there_with_its_reason(tmp_path: Path) -> None:
    aside = RejectedFile(tmp_path, "webhook")
    aside.put(7, "answered 400" + "x" * 1000, {"alert_id": "0f"})
    aside.put(8, "no", {"alert_id": "10"})
    lines = (tmp_path / "webhook.rejected.jsonl").read_bytes().splitlines()
    first = orjson.loads(lines[0])
    assert (first["sequence"], first["alert"], len(first["reason"])) == (7, {"alert_id": "0f"}, 500)
    assert len(lines) == 2


def test_the_file_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_rejected, "MAX_BYTES", 200)
    aside = RejectedFile(tmp_path, "webhook")
    for number in range(20):
        aside.put(number, "no", {"alert_id": "x" * 20})
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 700
    assert {path.name for path in tmp_path.iterdir()} <= {
        "webhook.rejected.jsonl",
        "webhook.rejected.1.jsonl",
    }
