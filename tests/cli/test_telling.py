"""Alerts on standard output as they happen."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from threading import Event

import pytest

from monitor.cli.telling import MOST_WAITING, Teller, as_json, as_line, line_of
from monitor.model.alert import Alert, AlertState
from monitor.pipeline.replay import replay
from monitor.pipeline.site import open_site

DEMO = Path(__file__).parents[2] / "pcaps" / "demo"


@cache
def _alert() -> Alert:
    _, alerts = replay([str(DEMO / "capture.pcap")], open_site(DEMO / "umbilical.toml"))
    return next(one for one in alerts if one.alert_id == "3046743ed7af0f78")


def test_a_line_says_when_how_bad_what_who_and_where() -> None:
    line = line_of(_alert())
    assert line.startswith("2026-10-18T")
    assert " medium " in line
    assert "charger → iot.openluat.com" in line
    assert line.endswith("[3046743ed7af0f78]")


def test_what_is_over_is_told_as_over() -> None:
    assert " over: " in line_of(replace(_alert(), state=AlertState.RESOLVED))


def test_what_has_no_remote_is_told_by_its_device() -> None:
    nowhere = replace(_alert(), remote_name=None, remote_ip=None, country=None)
    assert line_of(nowhere).endswith(": charger [3046743ed7af0f78]")


def test_a_name_from_the_wire_cannot_command_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    as_line(replace(_alert(), remote_name="evil\x1b[2J\r.example"))
    told = capsys.readouterr().out
    assert "\x1b" not in told
    assert "\r" not in told


def test_a_program_gets_the_published_record(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    as_json(_alert())
    assert json.loads(capfdbinary.readouterr().out)["alert_id"] == "3046743ed7af0f78"


def test_alerts_are_written_in_order() -> None:
    written: list[Alert] = []
    teller = Teller(written.append, lambda: None)
    alerts = [replace(_alert(), count=number) for number in range(100)]
    for alert in alerts:
        teller.tell(alert)
    teller.close()
    assert written == alerts


def test_a_slow_reader_loses_alerts_and_holds_up_nothing() -> None:
    goes_on = Event()

    def write(_: Alert) -> None:
        goes_on.wait(10)

    teller = Teller(write, lambda: None)
    for _ in range(MOST_WAITING + 10):
        teller.tell(_alert())
    goes_on.set()
    assert teller.dropped in {9, 10}
    teller.close()


def test_a_reader_that_has_gone_is_noticed() -> None:
    gone = Event()

    def write(_: Alert) -> None:
        raise BrokenPipeError

    teller = Teller(write, gone.set)
    teller.tell(_alert())
    assert gone.wait(10)
    teller.close()
