from __future__ import annotations

import json
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from monitor.alert.book import AlertBook
from monitor.export.jsonl import alert_line, alert_record
from monitor.export.published import alert_of
from monitor.model.alert import Alert, AlertState
from monitor.model.finding import Purpose
from tests.kit.facts import make_finding
from tests.kit.states import spoiled


def alert(**changes: Any) -> Alert:
    told = AlertBook(capture_of=lambda _: "a.pcap").tell(
        make_finding(purpose=Purpose.FIRMWARE_UPDATE, details={"stage": "download", "parts": [1, None]})
    )
    assert told is not None
    return replace(told, **changes)


def record(told: Alert) -> dict[str, Any]:
    """Return the record as it lies in the spool."""
    back: dict[str, Any] = json.loads(alert_line(told))
    return back


@pytest.mark.parametrize(
    "told",
    [
        alert(),
        alert(state=AlertState.RESOLVED, completeness=0.25, remote_name="fota.acme.example"),
        alert(purpose=None, vendor=None, signature=None, remote_ip=None, remote_port=None, evidence=()),
    ],
)
def test_a_record_is_read_back_as_the_alert_it_was(told: Alert) -> None:
    assert told == alert_of(record(told), listed={"meter-17"})
    assert alert_line(told) == alert_line(alert_of(record(told)))


def test_a_device_is_listed_when_the_configuration_names_it() -> None:
    assert (
        alert_of(record(alert())).device_listed,
        alert_of(record(alert()), {"meter-17"}).device_listed,
    ) == (
        False,
        True,
    )


def test_evidence_of_no_capture_is_read_back() -> None:
    told = alert()
    bare = replace(told, evidence=tuple(one._replace(capture="") for one in told.evidence))
    assert bare.evidence == alert_of(record(bare)).evidence


def test_a_record_of_an_older_version_lacks_what_may_be_null() -> None:
    old = record(alert())
    del old["completeness"], old["device_maker"]
    assert (alert_of(old).completeness, alert_of(old).device_maker) == (None, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"severity": "awful"},
        {"time": "today"},
        {"time": None},
        {"count": -1},
        {"count": True},
        {"count": 1 << 70},
        {"completeness": 2},
        {"evidence": [7]},
        {"evidence": [{}]},
        {"evidence": None},
        {"device": None},
        {"purpose": 3},
    ],
)
def test_a_record_of_another_shape_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - an instant has words of its own
        alert_of({**record(alert()), **changes})


def test_a_spoiled_record_is_refused_or_still_an_alert_that_can_be_told() -> None:
    for told in spoiled(record(alert()), Random(3), 500):
        try:
            back = alert_of(told)
        except ValueError:
            continue
        alert_record(back)
        AlertBook().adopt(back)
