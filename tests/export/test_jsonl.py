import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from monitor.alert.book import AlertBook
from monitor.export._columns import ALERT
from monitor.export.jsonl import EXPORTER, JsonLines, Settings, alert_line, alert_record
from monitor.model.alert import Alert
from monitor.model.finding import Purpose
from tests.kit.facts import make_finding, make_observation
from tests.kit.receivers import make_origin, make_record


def alert(**changes: Any) -> Alert:
    told = AlertBook(capture_of=lambda _: "a.pcap").tell(make_finding(purpose=Purpose.FIRMWARE_UPDATE))
    assert told is not None
    return replace(told, **changes)


def test_an_alert_is_told_under_its_published_names() -> None:
    record = alert_record(alert(remote_name="fota.acme.example", uplink_bytes=1, downlink_bytes=2))
    evidence = record.pop("evidence")
    assert record == {
        "time": "2027-01-15T08:00:00.000000000Z",
        "alert_id": record["alert_id"],
        "state": "firing",
        "detector": "vendor_contact",
        "signature": "acme.fota-check",
        "vendor": "acme",
        "purpose": "firmware-update",
        "severity": "low",
        "confidence": "medium",
        "device": "meter-17",
        "device_ip": "10.0.4.17",
        "device_mac": "02:00:00:00:00:11",
        "device_maker": None,
        "remote_ip": "198.51.100.7",
        "remote_port": 443,
        "remote_name": "fota.acme.example",
        "country": "CN",
        "asn": 64500,
        "organisation": "Example Cloud Ltd",
        "title": "Acme Wireless: Firmware update poll",
        "why": "The device asked its vendor for new firmware.",
        "count": 1,
        "first_seen": "2027-01-15T08:00:00.000000000Z",
        "last_seen": "2027-01-15T08:00:00.000000000Z",
        "uplink_bytes": 1,
        "downlink_bytes": 2,
        "completeness": None,
    }
    assert evidence == [
        {
            "capture": "a.pcap",
            "frame": 1,
            "community_id": make_observation().flow.community_id,
            "time": "2027-01-15T08:00:00.000000000Z",
            "saw": "tls.sni = fota.acme.example",
        }
    ]


def test_names_stand_in_the_order_of_the_published_table() -> None:
    assert list(alert_record(alert())) == [column.name for column in ALERT]


def test_what_is_not_known_is_null() -> None:
    record = alert_record(
        alert(remote_ip=None, remote_port=None, remote_name=None, purpose=None, vendor=None)
    )
    assert [record[name] for name in ("remote_ip", "remote_port", "remote_name", "purpose", "vendor")] == [
        None
    ] * 5


def test_fields_of_the_detector_follow_and_replace_nothing() -> None:
    record = alert_record(alert(details={"image_sha256": None, "severity": "critical"}))
    assert (record["image_sha256"], record["severity"]) == (None, "low")
    assert list(record)[-1] == "image_sha256"


def test_lines_go_to_a_binary_and_to_a_text_stream() -> None:
    binary, text = io.BytesIO(), io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
    for stream in (binary, text):
        exporter = JsonLines(stream)
        exporter.publish(alert())
        exporter.publish(alert(why="a\udc80"))
        exporter.close()
        assert not stream.closed
    text.seek(0)
    assert binary.getvalue().decode() == text.read()
    assert binary.getvalue().startswith(alert_line(alert()))
    assert [json.loads(one)["why"] for one in binary.getvalue().splitlines()] == [alert().why, "a\\udc80"]


def test_a_file_is_appended_to(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    for _ in range(2):
        exporter = JsonLines(path)
        exporter.publish(alert())
        exporter.close()
    assert path.read_bytes() == alert_line(alert()) * 2


class TestFile:
    def test_alerts_are_lines_of_a_file_beside_the_configuration(self, tmp_path: Path) -> None:
        output = EXPORTER(Settings(), make_origin(tmp_path))
        output.deliver([make_record(1), make_record(2)])
        output.deliver([make_record(3)])
        output.close()
        lines = (tmp_path / "alerts.jsonl").read_bytes().splitlines()
        assert [json.loads(one) for one in lines] == [make_record(number) for number in (1, 2, 3)]

    @pytest.mark.parametrize(("name", "begin"), [("cef", b"CEF:0|"), ("ecs", b'{"@timestamp"')])
    def test_they_may_be_in_another_format(self, tmp_path: Path, name: Any, begin: bytes) -> None:
        output = EXPORTER(Settings(path="a.log", format=name), make_origin(tmp_path))
        output.deliver([make_record(1), make_record(2)])
        output.close()
        assert [one.startswith(begin) for one in (tmp_path / "a.log").read_bytes().splitlines()] == [True] * 2

    def test_the_file_is_rotated(self, tmp_path: Path) -> None:
        settings = Settings(rotate_size_bytes=1000, rotate_keep=2)
        output = EXPORTER(settings, make_origin(tmp_path))
        for number in range(6):
            output.deliver([make_record(number)])
        output.close()
        assert {path.name for path in tmp_path.iterdir()} == {
            "alerts.jsonl",
            "alerts.jsonl.1",
            "alerts.jsonl.2",
        }

    def test_a_folder_that_is_not_there_is_tried_again(self, tmp_path: Path) -> None:
        with pytest.raises(OSError, match="No such file"):
            EXPORTER(Settings(path="none/a"), make_origin(tmp_path)).deliver([make_record()])

    def test_settings_that_make_no_sense_are_refused(self) -> None:
        for wrong in ({"path": ""}, {"rotate_keep": 0}, {"rotate_keep": 1001}):
            with pytest.raises(ValueError, match=r"path:|rotate_keep:"):
                Settings(**wrong)
