from __future__ import annotations

from typing import TYPE_CHECKING

import dpkt

from tests.catalog.speech._heard import heard

if TYPE_CHECKING:
    from monitor.model.observation import Value


def test_a_request_says_host_path_and_agent() -> None:
    fields: dict[str, Value] = {
        "http.host": "a.example",
        "http.path": "/fota?v=1",
        "http.user_agent": "AC/1",
        "http.method": "POST",
    }
    request = dpkt.http.Request(heard(fields)[0].payload)
    assert ("POST", "/fota?v=1") == (request.method, request.uri)
    assert ("a.example", "AC/1") == (request.headers["host"], request.headers["user-agent"])


def test_a_body_begins_as_stated_and_goes_on() -> None:
    answer = dpkt.http.Response(
        heard({"http.body_prefix": "41434d45", "http.content_type": "application/zip"})[1].payload
    )
    assert b"ACME\0" == answer.body[:5]
    assert ("application/zip", len(answer.body)) == (
        answer.headers["content-type"],
        int(answer.headers["content-length"]),
    )
