import contextlib
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.export._web_http import MAX_HEADERS, Answer, answer_bytes, end_of_head, parse_head
from monitor.model.errors import Malformed


def test_a_request_is_taken_apart() -> None:
    request = parse_head(
        b"GET /alerts?severity=high&severity=low&vendor= HTTP/1.1\r\nHost: x:9777\r\nAccept:  a \r\nACCEPT: b\r\n\r\n"
    )
    assert (request.method, request.path) == ("GET", "/alerts")
    assert request.query == {"severity": ("high", "low"), "vendor": ("",)}
    assert (request.header("host"), request.header("accept"), request.header("x")) == ("x:9777", "a, b", "")


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (b"/", "/"),
        (b"http://sensor:9777/metrics", "/metrics"),
        (b"http://sensor", "/"),
        (b"//evil/metrics", "//evil/metrics"),
        (b"/%2e%2e/etc/passwd", "/../etc/passwd"),
        (b"/metrics#x", "/metrics"),
        (b"/\xff", "/\xff"),
    ],
)
def test_targets_name_a_path_and_nothing_else(target: bytes, path: str) -> None:
    assert parse_head(b"GET " + target + b" HTTP/1.1\r\n\r\n").path == path


@pytest.mark.parametrize(
    "head",
    [
        b"\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/2.0\r\n\r\n",
        b"GET  / HTTP/1.1\r\n\r\n",
        b"GET metrics HTTP/1.1\r\n\r\n",
        b"GET * HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nname : x\r\n\r\n",
        b"GET / HTTP/1.1\r\n folded: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nname: a\x00b\r\n\r\n",
        b"GET / HTTP/1.1\r\nname: a\rb\r\n\r\n",
        b"GET http://[::1/ HTTP/1.1\r\n\r\n",
        b"GET /?" + b"a=1&" * 40 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * (MAX_HEADERS + 1) + b"\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ],
)
def test_what_is_no_request_is_malformed(head: bytes) -> None:
    with pytest.raises(Malformed):
        parse_head(head)


@given(st.binary())
def test_any_bytes_are_a_request_or_malformed(head: bytes) -> None:
    with contextlib.suppress(Malformed):
        parse_head(b"GET " + head)


def test_the_head_ends_at_the_first_empty_line() -> None:
    assert end_of_head(b"GET / HTTP/1.1\r\nA: b\r\n") is None
    assert end_of_head(b"GET / HTTP/1.1\r\n\r\nbody") == 18
    assert end_of_head(b"GET / HTTP/1.1\n\nbody") == 16


def test_an_answer_is_hardened_and_says_its_length() -> None:
    told = answer_bytes(Answer.text(HTTPStatus.NOT_FOUND, "No."), {}, has_body=True).decode()
    assert told.startswith("HTTP/1.1 404 Not Found\r\n")
    assert told.endswith("\r\n\r\nNo.\n")
    for header in ("Content-Length: 4", "Connection: close", "X-Content-Type-Options: nosniff"):
        assert f"\r\n{header}\r\n" in told


def test_an_answer_to_head_has_the_length_and_no_body() -> None:
    told = answer_bytes(Answer(body=b"12345"), {}, has_body=False).decode()
    assert "Content-Length: 5\r\n" in told
    assert told.endswith("\r\n\r\n")


def test_the_web_configuration_decides_about_headers_and_a_blank_one_is_left_out() -> None:
    answer = Answer(headers={"Content-Security-Policy": "default-src 'self'"})
    decided = {"X-Frame-Options": "sameorigin", "Content-Security-Policy": ""}
    told = answer_bytes(answer, decided, has_body=True).decode()
    assert "X-Frame-Options: sameorigin\r\n" in told
    assert "DENY" not in told
    assert "Content-Security-Policy" not in told
