import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.export._origin import Origin
from monitor.export._syslog_message import Style, message
from tests.kit.receivers import make_record

ORIGIN = Origin(folder=Path(), host="sensor 1", version="1")
STYLE = Style(facility=16, app_name="umbilical", enterprise_number=32473, format="json", max_bytes=8192)
RFC_5424 = re.compile(
    rb"<(?P<priority>\d{1,3})>1 (?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) (?P<host>[!-~]{1,255}) (?P<app>[!-~]{1,48})"
    rb' - (?P<id>[!-~]{1,32}) \[(?P<name>[!-~]{1,32}) (?P<parameters>(?:(?:^| ?)[a-z_]+="(?:[^"\\\]]|\\["\\\]])*")*)\] (?P<body>.*)',
    re.DOTALL,
)


def parsed(told: bytes) -> dict[str, Any]:
    match = RFC_5424.fullmatch(told)
    assert match is not None, told[:300]
    return match.groupdict()


def test_an_alert_is_a_message_of_rfc_5424() -> None:
    told = parsed(message(make_record(1), STYLE, ORIGIN))
    assert told["priority"] == b"133"
    assert (told["host"], told["app"], told["id"]) == (b"sensor1", b"umbilical", b"vendor_contact")
    assert told["time"] == b"2027-01-15T08:00:00.000000Z"
    assert told["name"] == b"umbilical@32473"
    assert b'alert_id="0000000000000001" state="firing" severity="low"' in told["parameters"]
    assert orjson.loads(told["body"]) == make_record(1)


@pytest.mark.parametrize(
    ("severity", "number"), [("critical", 2), ("high", 3), ("medium", 4), ("low", 5), ("info", 6)]
)
def test_severities_are_those_of_syslog(severity: str, number: int) -> None:
    told = parsed(message(make_record(severity=severity), STYLE._replace(facility=1), ORIGIN))
    assert told["priority"] == b"%d" % (8 + number)


def test_a_resolved_alert_has_the_time_of_its_end() -> None:
    record = make_record(state="resolved", time="2027-01-16T00:00:00.123456789Z")
    assert parsed(message(record, STYLE, ORIGIN))["time"] == b"2027-01-16T00:00:00.123456Z"


def test_json_is_ascii_and_says_the_same() -> None:
    record = make_record(why="Gerät \U0001f4e1 \x7f\u2028")
    body = parsed(message(record, STYLE, ORIGIN))["body"]
    assert body.isascii()
    assert orjson.loads(body)["why"] == record["why"]


@given(device=st.text(max_size=300), detector=st.text(max_size=80))
def test_whatever_a_packet_chose_the_message_stays_one(device: str, detector: str) -> None:
    record = make_record(device=device, detector=detector)
    record = orjson.loads(orjson.dumps(record)) if device.isprintable() else record
    assert orjson.loads(parsed(message(record, STYLE, ORIGIN))["body"])["device"] == device


@pytest.mark.parametrize("most", [4096, 2048, 1600, 1200])
def test_what_is_too_long_is_shortened_and_stays_json(most: int) -> None:
    record = make_record(why="because " * 400, evidence=make_record()["evidence"] * 8)
    told = message(record, STYLE._replace(max_bytes=most), ORIGIN)
    assert len(told) <= most
    assert b'truncated="true"' in told
    body = orjson.loads(parsed(told)["body"])
    assert body["truncated"] is True
    assert body["alert_id"] == record["alert_id"]


def test_many_fields_of_a_detector_are_left_out_first() -> None:
    record = make_record() | {f"field_{number}": "x" * 50 for number in range(64)}
    body = orjson.loads(parsed(message(record, STYLE._replace(max_bytes=2048), ORIGIN))["body"])
    assert body["title"] == record["title"]
    assert "field_1" not in body


def test_the_last_resort_is_a_visible_cut() -> None:
    told = message(make_record(title="ü" * 5000), STYLE._replace(max_bytes=480), ORIGIN)
    assert len(told) <= 480
    assert told.endswith(b"...[truncated]")
    told.decode("utf-8")


def test_other_formats_stand_in_the_body() -> None:
    cef = parsed(message(make_record(), STYLE._replace(format="cef"), ORIGIN))["body"]
    assert cef.startswith(b"CEF:0|Umbilical|umbilical|1|")
    ecs = orjson.loads(parsed(message(make_record(), STYLE._replace(format="ecs"), ORIGIN))["body"])
    assert ecs["event"]["kind"] == "alert"
