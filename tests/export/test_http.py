import socket
import threading
from typing import Any

import pytest

from monitor.export._http import FINAL, MAX_ANSWER_BYTES, Way, post, target
from monitor.model.alert import Postponed, Rejected
from tests.kit.https_server import Authority
from tests.kit.receivers import (
    free_port,
    hang_up,
    http_receiver,
    never_accepting,
    read_all,
    server_context,
    stay_silent,
    stream_receiver,
)

WAY = Way(5.0)
HASTY = Way(0.3)
BODY = b'{"a":1}'


def answering(said: bytes) -> Any:
    """Read the request's head and say something whole or not."""

    def behave(connection: socket.socket, got: bytearray, _: threading.Event) -> None:
        connection.settimeout(5)
        while b"\r\n\r\n" not in got or (got.startswith(b"POST") and not got.endswith(BODY)):
            got += connection.recv(4096)
        connection.sendall(said)

    return behave


def test_an_address_is_taken_apart() -> None:
    assert target("http://a.example/x?y=1") == ("http", "a.example", 80, "/x?y=1")
    assert target("https://[2001:db8::1]:8443") == ("https", "2001:db8::1", 8443, "/")
    assert target("https://[2001:db8::1]:8443").name == "[2001:db8::1]:8443"
    assert target("https://a.example/secret").name == "a.example"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a.example",
        "ftp://a",
        "http://",
        "http://u:p@a/",
        "http://a/#b",
        "http://a/ b",
        "http://a/ä",
        "http://a:99999/",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"give|Port"):
        target(url)


def test_a_request_that_was_taken_returns_the_answer() -> None:
    with http_receiver() as served:
        assert post(target(served.url("/x?y")), BODY, {"A": "b"}, WAY) == b""
        (request,) = served.requests
    assert (request.path, request.body, request.headers["a"]) == ("/x?y", BODY, "b")
    assert request.headers["host"] == f"127.0.0.1:{served.port}"


@pytest.mark.parametrize("status", sorted(FINAL))
def test_a_refusal_of_the_record_is_final(status: int) -> None:
    with http_receiver() as served:
        served.otherwise = status
        with pytest.raises(Rejected, match=f"answered {status}"):
            post(target(served.url()), BODY, {}, WAY)


@pytest.mark.parametrize(
    "status", [301, 302, 307, 401, 403, 404, 405, 407, 408, 410, 415, 425, 429, 500, 502, 503, 504]
)
def test_a_refusal_that_somebody_may_mend_is_not(status: int) -> None:
    def redirect(handler: Any) -> None:
        handler.send_response(status)
        handler.send_header("Location", served.url("/elsewhere"))
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with http_receiver() as served:
        served.otherwise = redirect
        with pytest.raises(Postponed, match=f"answered {status}"):
            post(target(served.url()), BODY, {}, WAY)
        assert [request.path for request in served.requests] == ["/"]


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("Retry-After: 7", 7.0),
        ("Date: Fri, 15 Jan 2027 08:00:00 GMT\r\nRetry-After: Fri, 15 Jan 2027 08:01:30 GMT", 90.0),
        ("Date: Fri, 15 Jan 2027 08:00:00 GMT\r\nRetry-After: Fri, 15 Jan 2027 07:00:00 GMT", 0.0),
        ("Retry-After: Fri, 15 Jan 2027 08:01:30 GMT", 0.0),
        ("Retry-After: soon", 0.0),
        ("Retry-After: -7", 0.0),
        ("Retry-After: 99999999999999999999", 999999999.0),
        ("X: y", 0.0),
    ],
)
def test_the_far_end_may_say_when_to_ask_again(said: str, seconds: float) -> None:
    answer = f"HTTP/1.1 429 Slow Down\r\n{said}\r\nContent-Length: 0\r\n\r\n".encode()
    with stream_receiver(answering(answer)) as served, pytest.raises(Postponed) as caught:
        post(target(f"http://127.0.0.1:{served.port}"), BODY, {}, WAY)
    assert caught.value.seconds == seconds


def test_a_huge_answer_is_read_to_a_bound() -> None:
    def huge(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(1000):
            handler.wfile.write(b"x" * 100_000)

    with http_receiver() as served:
        served.otherwise = huge
        assert len(post(target(served.url()), BODY, {}, WAY)) == MAX_ANSWER_BYTES


@pytest.mark.parametrize(
    "rest", [b"Content-Length: 100\r\n\r\nhalf", b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"]
)
def test_the_status_decides_even_when_the_rest_of_the_answer_is_lost(rest: bytes) -> None:
    with stream_receiver(answering(b"HTTP/1.1 200 OK\r\n" + rest)) as served:
        assert post(target(f"http://127.0.0.1:{served.port}"), BODY, {}, WAY) in {b"half", b""}


def test_what_an_answer_says_is_shown_short_and_harmless() -> None:
    body = b"\x1b[2Jbad\n" + b"x" * 5000
    answer = b"HTTP/1.1 400 Bad\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    with stream_receiver(answering(answer)) as served, pytest.raises(Rejected) as caught:
        post(target(f"http://127.0.0.1:{served.port}"), BODY, {}, WAY)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 2",
        b"not http at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 5000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"x" * 200_000 + b"\r\n\r\n",
        b"\xff" * 1000,
    ],
)
def test_an_answer_that_is_none_is_tried_again(answer: bytes) -> None:
    with stream_receiver(answering(answer)) as served, pytest.raises(OSError, match=str(served.port)):
        post(target(f"http://127.0.0.1:{served.port}"), BODY, {}, WAY)


def test_servers_that_misbehave_cost_the_timeout_at_most() -> None:
    def drip(connection: socket.socket, _: Any, over: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while not over.wait(0.02):
            connection.sendall(b"A: b\r\n")

    with never_accepting() as port, pytest.raises(TimeoutError, match=r"no answer within 0\.3 s"):
        post(target(f"http://127.0.0.1:{port}"), BODY, {}, HASTY)
    for behave in (stay_silent, read_all, drip):
        with stream_receiver(behave) as served, pytest.raises(TimeoutError, match=r"no answer within 0\.3 s"):
            post(target(f"http://127.0.0.1:{served.port}"), b"x" * (16 << 20), {}, HASTY)
    with stream_receiver(hang_up) as served, pytest.raises(OSError, match=str(served.port)):
        post(target(f"http://127.0.0.1:{served.port}"), BODY, {}, WAY)
    with pytest.raises(OSError, match="Connection refused"):
        post(target(f"http://127.0.0.1:{free_port()}"), BODY, {}, WAY)


def test_tls_is_verified(authority: Authority, stranger: Authority) -> None:
    trusted = Way(5.0, authority.trusted())
    with http_receiver(server_context(authority.server_file)) as served:
        assert post(target(served.url(scheme="https", host="localhost")), BODY, {}, trusted) == b""
    with http_receiver(server_context(stranger.server_file)) as served:
        with pytest.raises(OSError, match="its certificate is not trusted"):
            post(target(served.url(scheme="https", host="localhost")), BODY, {}, trusted)
        with pytest.raises(OSError, match="its certificate is not trusted: Hostname mismatch"):
            post(target(served.url(scheme="https", host="localhost")), BODY, {}, Way(5.0, stranger.trusted()))
        assert served.requests == []


def test_a_proxy_is_used_when_there_is_one(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{free_port()}")

    def tunnel(connection: socket.socket, got: bytearray, over: threading.Event) -> None:
        answering(b"HTTP/1.1 200 Established\r\n\r\n")(connection, got, over)
        with socket.create_connection(("127.0.0.1", served.port)) as onward:
            back = threading.Thread(target=pump, args=(onward, connection), daemon=True)
            back.start()
            pump(connection, onward)
            back.join(5)

    with http_receiver(server_context(authority.server_file)) as served:
        to = target(f"https://localhost:{served.port}/x")
        assert post(to, BODY, {}, Way(5.0, authority.trusted())) == b""
        with stream_receiver(tunnel) as proxy:
            way = Way(5.0, authority.trusted(), target(f"http://127.0.0.1:{proxy.port}"))
            assert post(to, BODY, {}, way) == b""
            assert proxy.streams[0].startswith(f"CONNECT localhost:{served.port} HTTP/1.1\r\n".encode())
        assert len(served.requests) == 2
        with stream_receiver(answering(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")) as proxy:
            way = Way(5.0, authority.trusted(), target(f"http://127.0.0.1:{proxy.port}"))
            with pytest.raises(OSError, match=f"the proxy 127.0.0.1:{proxy.port} answered 407"):
                post(to, BODY, {}, way)


def pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while piece := source.recv(65536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass
