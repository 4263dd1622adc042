from __future__ import annotations

from dataclasses import fields, replace
from random import Random
from typing import Any

import pytest

from monitor.alert._plain import alert_of, plain
from monitor.alert.book import AlertBook
from monitor.model.alert import Alert, AlertState
from monitor.model.finding import Purpose
from tests.kit.facts import make_finding
from tests.kit.states import again, spoiled


def alert(**changes: Any) -> Alert:
    told = AlertBook().tell(make_finding(details={"stage": "download"}))
    assert told is not None
    return replace(told, **changes)


@pytest.mark.parametrize(
    "told",
    [
        alert(),
        alert(purpose=Purpose.TIME, state=AlertState.RESOLVED),
        alert(remote_ip=None, remote_port=None),
    ],
)
def test_an_alert_comes_back_as_it_was(told: Alert) -> None:
    assert told == alert_of(plain(told)) == alert_of(again(plain(told)))


def test_every_field_of_an_alert_is_kept_but_one_of_the_moment() -> None:
    assert plain(alert()).keys() == {one.name for one in fields(Alert)} - {"completeness"}
    assert alert_of(plain(alert(completeness=0.5))).completeness is None


@pytest.mark.parametrize(
    "told", [None, [], {}, {**plain(alert()), "more": 1}, {**plain(alert()), "count": -1}]
)
def test_what_is_no_alert_is_refused(told: Any) -> None:
    with pytest.raises(ValueError, match=r"^alert: "):
        alert_of(told)


def test_a_spoiled_alert_is_refused_or_can_be_told() -> None:
    for told in spoiled(again(plain(alert())), Random(3), 300):
        try:
            AlertBook().adopt(alert_of(told))
        except ValueError:
            continue
