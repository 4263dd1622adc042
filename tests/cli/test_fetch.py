import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from monitor.cli.fetch import MAX_REDIRECTS, Ask, FetchError, fetch, fetch_into
from tests.kit.geoip_files import tagged
from tests.kit.https_server import Authority, Server, https_server, new_authority

MAX_BYTES = 100_000
SOON_SECONDS = 0.6
LONG_SECONDS = 10
CONTENT = bytes(range(256)) * 100


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return new_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def server(authority: Authority) -> Iterator[Server]:
    with https_server(authority) as served:
        yield served


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def _head(*lines: str, status: str = "200 OK") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode()


def _raw(*parts: bytes) -> Callable[[Any], None]:
    def answer(request: Any) -> None:
        for part in parts:
            request.wfile.write(part)

    return answer


def _dripping(server: Server, first: bytes) -> Callable[[Any], None]:
    """Send the first bytes, then one now and then, for ever."""

    def answer(request: Any) -> None:
        request.wfile.write(first)
        while not server.over.wait(0.05):
            request.wfile.write(b"x")

    return answer


def _redirect(url: str) -> Callable[[Any], None]:
    return _raw(_head(f"Location: {url}", "Content-Length: 0", status="302 Found"))


def _refused(server: Server, tls: ssl.SSLContext, path: str = "/pack", seconds: float = LONG_SECONDS) -> str:
    with pytest.raises(FetchError) as told:
        fetch(server.url(path), MAX_BYTES, tls=tls, max_seconds=seconds)
    assert "\n" not in str(told.value)
    return str(told.value)


@pytest.mark.parametrize("content", [b"", b"x", CONTENT])
def test_a_file_is_fetched(server: Server, authority: Authority, content: bytes) -> None:
    server.answers["/pack"] = content
    assert fetch(server.url("/pack"), MAX_BYTES, tls=authority.trusted()) == content
    assert server.asked == ["/pack"]


def test_a_file_in_chunks_or_to_the_end_of_the_connection_is_fetched(
    server: Server, authority: Authority
) -> None:
    server.answers["/chunks"] = _raw(_head("Transfer-Encoding: chunked"), b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    server.answers["/end"] = _raw(_head("Connection: close"), b"abcde")
    for path in ("/chunks", "/end"):
        assert fetch(server.url(path), MAX_BYTES, tls=authority.trusted()) == b"abcde"


def test_a_redirect_from_https_to_https_is_followed(server: Server, authority: Authority) -> None:
    server.answers |= {
        "/pack": _redirect("/other"),
        "/other": _redirect(server.url("/third")),
        "/third": b"x",
    }
    assert fetch(server.url("/pack"), MAX_BYTES, tls=authority.trusted()) == b"x"


@pytest.mark.parametrize("target", ["http://localhost:{port}/x", "ftp://localhost/x", "file:///etc/passwd"])
def test_a_redirect_to_anything_else_is_not_followed(
    server: Server, authority: Authority, target: str
) -> None:
    server.answers["/pack"] = _redirect(target.format(port=server.port))
    assert re.search("only https|not over https", _refused(server, authority.trusted()))
    assert server.asked == ["/pack"]


def test_what_comes_with_a_redirect_is_not_read(server: Server, authority: Authority) -> None:
    server.answers["/pack"] = _dripping(server, _head("Location: /other", status="302 Found"))
    server.answers["/other"] = b"x"
    assert fetch(server.url("/pack"), MAX_BYTES, tls=authority.trusted(), max_seconds=LONG_SECONDS) == b"x"


def test_redirects_without_end_are_not_followed(server: Server, authority: Authority) -> None:
    for place in range(20):
        server.answers[f"/{place}"] = _redirect(f"/{place + 1}")
    assert "look elsewhere, too often" in _refused(server, authority.trusted(), "/0")
    assert len(server.asked) <= MAX_REDIRECTS + 1
    server.answers["/pack"] = _redirect("/pack")
    assert "look elsewhere, too often" in _refused(server, authority.trusted())


def test_a_server_that_nobody_vouches_for_is_not_believed(server: Server) -> None:
    server.answers["/pack"] = CONTENT
    assert "the certificate is not accepted" in _refused(server, ssl.create_default_context())
    assert server.asked == []


def test_a_certificate_for_another_host_is_not_accepted(tmp_path: Path) -> None:
    authority = new_authority(tmp_path, host="elsewhere.example")
    with https_server(authority) as server:
        server.answers["/pack"] = CONTENT
        told = _refused(server, authority.trusted())
    assert "the certificate is not accepted: Hostname mismatch" in told
    assert server.asked == []


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (_raw(_head(f"Content-Length: {MAX_BYTES + 1}")), f"too large: {MAX_BYTES + 1} bytes"),
        (_raw(_head("Content-Length: 99999999999999999999")), "too large"),
        (_raw(_head("Connection: close"), bytes(MAX_BYTES + 1)), "too large: more than"),
        (_raw(_head("Transfer-Encoding: chunked"), b"30000\r\n" + bytes(0x30000)), "too large: more than"),
        (_raw(_head("Content-Length: 10"), b"abc"), "cut short: 3 of 10 bytes"),
        (_raw(_head("Transfer-Encoding: chunked"), b"5\r\nabc"), "cut short"),
        (_raw(_head("Transfer-Encoding: chunked"), b"zz\r\nabc\r\n"), "cut short"),
        (_raw(_head(status="404 Not Found")), "the server says 404 not found"),
        (_raw(_head(status="500 Oh")), "the server says 500 oh"),
        (_raw(_head("Content-Length: 0", status="204 No Content")), "the server says 204"),
        (_raw(_head("Content-Length: 1", status="206 Partial Content"), b"x"), "the server says 206"),
        (_raw(_head(status="304 Not Modified")), "the server says 304"),
        (_raw(b"SSH-2.0-OpenSSH\r\n"), "ssh-2.0"),
        (_raw(b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 1000), "more than 100 headers"),
        (_raw(b"HTTP/1.1 200 OK\r\nx: " + b"a" * 100_000), "more than 65536 bytes"),
        (_raw(), "closed connection without response"),
    ],
)
def test_a_wrong_answer_is_refused(
    server: Server, authority: Authority, answer: Callable[[Any], None], problem: str
) -> None:
    server.answers["/pack"] = answer
    assert problem in _refused(server, authority.trusted()).lower()


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\nx: ", _head(), _head("Content-Length: 90000")])
def test_a_server_that_drips_is_given_up(server: Server, authority: Authority, first: bytes) -> None:
    server.answers["/pack"] = _dripping(server, first)
    start = time.monotonic()
    assert "gave up, it takes too long" in _refused(server, authority.trusted(), seconds=SOON_SECONDS)
    assert time.monotonic() - start < LONG_SECONDS


def test_a_server_that_says_nothing_is_given_up(server: Server, authority: Authority) -> None:
    server.answers["/pack"] = lambda _: server.over.wait()
    assert "gave up, it takes too long" in _refused(server, authority.trusted(), seconds=SOON_SECONDS)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://localhost/pack", "only https"),
        ("ftp://localhost/pack", "only https"),
        ("file:///etc/passwd", "only https"),
        ("HTTPS:localhost", "not an address"),
        ("https://", "not an address"),
        ("https:///pack", "not an address"),
        ("https://[::1/pack", "not an address"),
        ("https://localhost:99999/pack", "not an address"),
        ("https://local host/pack", "not an address"),
        ("https://localhost/a\r\nHost: other", "not an address"),
        ("https://exämple.org/pack", "not an address"),
        ("https://name:word@localhost/pack", "user name or password"),
    ],
)
def test_an_address_that_is_none_is_refused_before_anything_is_sent(url: str, problem: str) -> None:
    with pytest.raises(FetchError, match=problem):
        fetch(url, MAX_BYTES)


def test_a_login_is_shown_to_the_first_host_only(server: Server, authority: Authority) -> None:
    server.answers |= {"/pack": _redirect("/other"), "/other": b"x"}
    taken = BytesIO()
    ask = Ask(url=server.url("/pack"), max_bytes=9, login=("name", "secret"))
    fetch_into(taken, ask, tls=authority.trusted())
    assert ["Basic bmFtZTpzZWNyZXQ=", None] == [one.get("Authorization") for one in server.headers]
    assert "secret" not in repr(ask)


def test_what_is_here_already_is_not_sent_again(server: Server, authority: Authority) -> None:
    server.answers["/pack"] = tagged(CONTENT)
    ask = Ask(url=server.url("/pack"), max_bytes=MAX_BYTES)
    taken = BytesIO()
    first = fetch_into(taken, ask, tls=authority.trusted())
    assert (True, CONTENT) == (first.is_new, taken.getvalue())
    again = fetch_into(taken, replace(ask, etag=first.etag), tls=authority.trusted())
    assert (False, first.etag, CONTENT) == (again.is_new, again.etag, taken.getvalue())


def test_to_look_takes_nothing(server: Server, authority: Authority) -> None:
    server.answers["/pack"] = tagged(CONTENT)
    taken = BytesIO()
    ask = Ask(url=server.url("/pack"), max_bytes=1, only_look=True)
    assert fetch_into(taken, ask, tls=authority.trusted()).is_new
    assert taken.getvalue() == b""


def test_a_tag_that_cannot_be_sent_back_is_not_kept(server: Server, authority: Authority) -> None:
    server.answers["/pack"] = _raw(_head(f"ETag: {'x' * 300}", "Last-Modified: a\tb", "Content-Length: 0"))
    answer = fetch_into(BytesIO(), Ask(url=server.url("/pack"), max_bytes=9), tls=authority.trusted())
    assert (answer.etag, answer.modified) == (None, None)


@pytest.mark.parametrize(
    ("answer", "is_passing"),
    [
        (_raw(_head(status="404 Not Found")), False),
        (_raw(_head(status="403 Forbidden")), False),
        (_raw(_head(status="429 Too Many")), True),
        (_raw(_head(status="503 Busy")), True),
        (_raw(_head("Content-Length: 10"), b"abc"), True),
        (_raw(_head(f"Content-Length: {MAX_BYTES + 1}")), False),
        (_raw(), True),
    ],
)
def test_an_error_says_whether_it_may_pass(
    server: Server, authority: Authority, answer: Callable[[Any], None], *, is_passing: bool
) -> None:
    server.answers["/pack"] = answer
    with pytest.raises(FetchError) as told:
        fetch(server.url("/pack"), MAX_BYTES, tls=authority.trusted())
    assert told.value.is_passing == is_passing


@pytest.mark.parametrize("path", ["/pack?token=secret", "/redirect?token=secret"])
def test_what_follows_the_question_mark_is_never_shown(
    server: Server, authority: Authority, path: str
) -> None:
    server.answers["/redirect?token=secret"] = _redirect("/large?signature=secret")
    server.answers["/large?signature=secret"] = bytes(MAX_BYTES + 1)
    assert "secret" not in _refused(server, authority.trusted(), path)


def test_a_proxy_is_the_way_out_where_one_is_set(
    server: Server, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers["/pack"] = b"x"
    with _proxy() as proxy:
        monkeypatch.setenv("https_proxy", f"http://user:word@127.0.0.1:{proxy.port}")
        assert fetch(server.url("/pack"), MAX_BYTES, tls=authority.trusted()) == b"x"
    assert proxy.asked == [f"CONNECT localhost:{server.port} HTTP/1.0 Basic dXNlcjp3b3Jk"]
    assert "Proxy-Authorization" not in server.headers[0]


@dataclass
class _Proxy:
    port: int
    asked: list[str] = field(default_factory=list)


@contextmanager
def _proxy() -> Iterator[_Proxy]:
    """Stand between a client and a server, once."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        proxy = _Proxy(listening.getsockname()[1])
        thread = threading.Thread(target=_pass_on, args=(listening, proxy))
        thread.start()
        yield proxy
        thread.join()


def _pass_on(listening: socket.socket, proxy: _Proxy) -> None:
    client, _ = listening.accept()
    with client, client.makefile("rb") as lines:
        first = lines.readline().decode().strip()
        heads = dict(line.decode().strip().split(": ", 1) for line in iter(lines.readline, b"\r\n"))
        proxy.asked.append(f"{first} {heads.get('Proxy-Authorization')}")
        host, port = first.split()[1].split(":")
        with socket.create_connection((host, int(port))) as server:
            client.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
            back = threading.Thread(target=_pour, args=(server, client))
            back.start()
            _pour(client, server)
            back.join()


def _pour(source: socket.socket, target: socket.socket) -> None:
    while piece := source.recv(4096):
        target.sendall(piece)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def test_a_server_that_is_not_there_is_told(authority: Authority) -> None:
    with https_server(authority) as gone:
        url = gone.url("/pack")
    with pytest.raises(FetchError, match="Connection refused"):
        fetch(url, MAX_BYTES, tls=authority.trusted())
