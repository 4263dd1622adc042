from pathlib import Path

import pytest

from monitor.cli.record_search import MAX_EVIDENCE, alerts_in, is_of, recorded
from monitor.export.jsonl import alert_record
from tests.kit.cases import cases
from tests.kit.recording import record

DEMO = next(case for case in cases() if case.name == "demo")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("record")


@pytest.fixture(scope="module")
def alerts(folder: Path) -> list[dict[str, object]]:
    told, _ = record([str(one) for one in DEMO.captures], folder, batch_frames=16)
    return [alert_record(one) for one in told]


def test_every_piece_of_evidence_is_found(folder: Path, alerts: list[dict[str, object]]) -> None:
    for alert in alerts:
        found = recorded(folder, alert)
        entries = alert["evidence"]
        assert isinstance(entries, list)
        assert all(sum(is_of(one, entry) for one in found) == 1 for entry in entries)


def test_packets_that_another_alert_recorded_are_found_by_their_flow(
    folder: Path, alerts: list[dict[str, object]]
) -> None:
    stranger = {"alert_id": "ffffffffffffffff", "evidence": alerts[0]["evidence"]}
    assert recorded(folder, stranger) == [
        one
        for one in recorded(folder, alerts[0])
        if one.note.flow in {entry["community_id"] for entry in stranger["evidence"]}  # type: ignore[attr-defined]  # a list
    ]


def test_look_ups_are_found_by_the_name_they_led_to(folder: Path, alerts: list[dict[str, object]]) -> None:
    named = [one for one in recorded(folder, alerts[0]) if one.note.name]
    for one in named:
        asked = {"alert_id": "ffffffffffffffff", "remote_name": one.note.name, "device_ip": one.note.device}
        assert one in recorded(folder, asked)
        assert recorded(folder, asked | {"device_ip": "192.0.2.1"}) == []


def test_an_alert_that_was_not_recorded_has_no_packets(folder: Path, alerts: list[dict[str, object]]) -> None:
    assert alerts
    assert recorded(folder, {"alert_id": "ffffffffffffffff"}) == []
    assert recorded(folder, {}) == []
    assert recorded(folder, {"alert_id": None, "evidence": [1, {"community_id": 7}], "remote_name": 7}) == []


def test_an_alert_without_its_line_is_told_by_its_packets(
    folder: Path, alerts: list[dict[str, object]]
) -> None:
    alert_id = str(alerts[0]["alert_id"])
    (found,) = alerts_in(folder, alert_id[:6])
    assert (alert_id, alerts[0]["title"]) == (found["alert_id"], found["title"])
    assert 1 <= len(found["evidence"]) <= MAX_EVIDENCE
    assert alerts_in(folder, "ffffffff") == []


def test_what_is_no_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="Not a folder of recorded captures"):
        recorded(tmp_path / "none", {"alert_id": "aa"})


def test_files_that_are_empty_or_still_being_written_are_read_as_far_as_they_go(
    folder: Path, alerts: list[dict[str, object]], tmp_path: Path
) -> None:
    (source,) = folder.iterdir()
    (tmp_path / "umbilical-1.pcapng").write_bytes(b"")
    (tmp_path / "umbilical-2.pcapng").write_bytes(source.read_bytes()[:-7])
    assert alerts
    assert len(alerts_in(tmp_path, "")) == len(alerts)
