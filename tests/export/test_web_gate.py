from base64 import b64encode
from http import HTTPStatus

import bcrypt
import pytest

from monitor.export._web_gate import Gate
from monitor.export._web_http import Answer, Request
from monitor.export._web_users import GUESS_BURST
from monitor.export.prometheus import Settings
from monitor.export.web_config import RateLimit, WebConfig

OPEN = WebConfig()
LOCKED = WebConfig(users={"alice": bcrypt.hashpw(b"a", b"$2b$04$abcdefghijklmnopqrstuu").decode()})
LOCAL = Settings(host_names=("Sensor.example",))


def asked(**headers: str) -> Request:
    return Request("GET", "/", {}, {"host": "localhost:9777"} | headers)


def status(answer: Answer | None) -> HTTPStatus | None:
    return None if answer is None else answer.status


@pytest.mark.parametrize(
    "host",
    [
        "",
        "localhost",
        "LOCALHOST:9777",
        "127.0.0.1:9777",
        "10.0.0.4",
        "[::1]:9777",
        "[::1]",
        "sensor.example:1",
    ],
)
def test_addresses_and_names_that_are_ours_may_be_asked(host: str) -> None:
    assert Gate(LOCAL).refusal(asked(host=host), OPEN) is None


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:9777", "localhost.evil.example", "127.0.0.1.nip.io:1"]
)
def test_a_name_of_somebody_else_is_turned_away_from_a_local_server(host: str) -> None:
    """Else any web page could read the alerts through the browser of who sits here."""
    refusal = Gate(LOCAL).refusal(asked(host=host), OPEN)
    assert refusal is not None
    assert refusal.status is HTTPStatus.MISDIRECTED_REQUEST
    assert b"host_names" in refusal.body


def test_a_server_for_the_network_is_asked_under_any_name() -> None:
    assert Gate(Settings(listen=":9777")).refusal(asked(host="sensor-17.example"), OPEN) is None


def test_a_password_is_asked_for() -> None:
    gate = Gate(LOCAL)
    refusal = gate.refusal(asked(), LOCKED)
    assert refusal is not None
    assert (refusal.status, refusal.headers["WWW-Authenticate"][:5]) == (HTTPStatus.UNAUTHORIZED, "Basic")
    assert gate.refusal(asked(authorization="Basic " + b64encode(b"alice:a").decode()), LOCKED) is None


def test_guessing_ends() -> None:
    gate, wrong = Gate(LOCAL), asked(authorization="Basic " + b64encode(b"alice:b").decode())
    told = [status(gate.refusal(wrong, LOCKED)) for _ in range(GUESS_BURST + 3)]
    assert told[0] is HTTPStatus.UNAUTHORIZED
    assert told[-1] is HTTPStatus.TOO_MANY_REQUESTS


def test_requests_are_limited_as_the_file_says_and_the_limit_outlives_other_changes() -> None:
    gate, limit = Gate(LOCAL), RateLimit(3600.0, 2)
    limited, changed = (
        WebConfig(rate_limit=limit),
        WebConfig(rate_limit=limit, headers={"X-Frame-Options": "deny"}),
    )
    told = [status(gate.refusal(asked(), config)) for config in (limited, changed, changed, OPEN)]
    assert told == [None, None, HTTPStatus.TOO_MANY_REQUESTS, None]
