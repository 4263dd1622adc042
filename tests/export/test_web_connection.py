import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

import pytest

from monitor.export import _web_connection
from monitor.export._web_connection import MAX_FAULTS_LOGGED, serve
from monitor.export._web_counts import Given, WebCounts
from monitor.export._web_crowd import Connection
from monitor.export._web_http import MAX_HEAD_BYTES, Answer, Request
from monitor.export.web_config import WebConfig, load
from tests.export._web_client import PATIENCE_SECONDS, client_certificate, reply_of
from tests.kit.https_server import new_authority


class Served(NamedTuple):
    """One conversation."""

    client: socket.socket
    counts: WebCounts
    asked: list[Request]
    thread: threading.Thread

    def read(self) -> bytes:
        received = b""
        while piece := self.client.recv(1 << 16):
            received += piece
        return received


def answering(request: Request, _: WebConfig) -> Answer:
    if request.path == "/fault":
        raise RuntimeError("a fault")
    return Answer(body=b"x" * int(request.path.removeprefix("/") or 0))


@contextmanager
def served(config: WebConfig | None = None) -> Iterator[Served]:
    """Serve one connection over a pair of sockets, and wait for its end."""
    ours, client = socket.socketpair()
    client.settimeout(PATIENCE_SECONDS)
    counts, asked = WebCounts(lambda: 0.0, lambda: False), []

    def noted(request: Request, used: WebConfig) -> Answer:
        asked.append(request)
        return answering(request, used)

    connection = Connection(ours, "test")
    thread = threading.Thread(target=serve, args=(connection, config or WebConfig(), noted, counts))
    thread.start()
    try:
        yield Served(client, counts, asked, thread)
    finally:
        client.close()
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()
        assert ours.fileno() == -1


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_web_connection, "REQUEST_SECONDS", 0.4)
    monkeypatch.setattr(_web_connection, "ANSWER_SECONDS", 0.4)
    monkeypatch.setattr(_web_connection, "FAREWELL_SECONDS", 0.1)


def test_a_request_in_any_pieces_is_answered_and_the_connection_closed() -> None:
    with served() as one:
        for byte in b"GET /7 HTTP/1.1\r\nHost: x\r\n\r\n":
            one.client.sendall(bytes([byte]))
        told = reply_of(one.read())
    assert (told.status, told.body, told.headers["connection"]) == (200, b"xxxxxxx", "close")


def test_head_gets_the_head() -> None:
    with served() as one:
        one.client.sendall(b"HEAD /7 HTTP/1.1\r\n\r\n")
        told = reply_of(one.read())
    assert (told.headers["content-length"], told.body) == ("7", b"")


def test_a_second_request_is_not_answered() -> None:
    with served() as one:
        one.client.sendall(b"GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n")
        assert reply_of(one.read()).body == b"x"
    assert len(one.asked) == 1


def test_a_body_that_nobody_asked_for_does_not_cut_the_answer_off() -> None:
    with served() as one:
        one.client.sendall(b"POST /1 HTTP/1.1\r\nContent-Length: 50000\r\n\r\n" + b"y" * 50_000)
        assert reply_of(one.read()).body == b"x"


@pytest.mark.parametrize(
    "garbage", [b"\x00\xff" * 50 + b"\r\n\r\n", b"GET\r\n\r\n", b"\r\n\r\n", b"SSH-2.0-x\r\n\r\n"]
)
def test_garbage_is_a_bad_request(garbage: bytes) -> None:
    with served() as one:
        one.client.sendall(garbage)
        assert reply_of(one.read()).status == HTTPStatus.BAD_REQUEST
    assert one.asked == []


def test_a_head_without_an_end_is_too_large() -> None:
    with served() as one:
        one.client.sendall(b"GET / HTTP/1.1\r\nA: " + b"a" * 2 * MAX_HEAD_BYTES)
        assert reply_of(one.read()).status == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE


def test_who_says_a_byte_now_and_then_is_given_up_all_the_same() -> None:
    with served() as one:
        began = time.monotonic()
        while one.thread.is_alive() and time.monotonic() - began < PATIENCE_SECONDS:
            try:
                one.client.sendall(b"G")
            except OSError:
                break
            time.sleep(0.02)
        one.thread.join(1)
        assert not one.thread.is_alive()
        assert one.counts.given_up(Given.SLOW) == 1


def test_who_does_not_take_the_answer_is_given_up() -> None:
    with served() as one:
        one.client.sendall(b"GET /20000000 HTTP/1.1\r\n\r\n")
        one.thread.join(PATIENCE_SECONDS)
        assert one.counts.given_up(Given.SLOW) == 1


def test_who_only_looks_whether_the_port_is_open_is_nothing_to_count() -> None:
    with served() as one:
        one.client.close()
        one.thread.join(PATIENCE_SECONDS)
    assert all(one.counts.given_up(why) == 0 for why in Given)


def test_who_goes_away_in_the_middle_is_counted() -> None:
    with served() as one:
        one.client.sendall(b"GET / HT")
        one.client.close()
        one.thread.join(PATIENCE_SECONDS)
    assert one.counts.given_up(Given.LOST) == 1


def test_a_fault_of_ours_costs_one_answer(caplog: pytest.LogCaptureFixture) -> None:
    with served() as one:
        one.client.sendall(b"GET /fault HTTP/1.1\r\n\r\n")
        told = reply_of(one.read())
    assert told.status == HTTPStatus.INTERNAL_SERVER_ERROR
    assert b"RuntimeError" not in told.body
    assert "a fault of this program" in caplog.text


def test_faults_of_ours_do_not_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    counts = WebCounts(lambda: 0.0, lambda: False)
    for _ in range(MAX_FAULTS_LOGGED):
        counts.answered(HTTPStatus.INTERNAL_SERVER_ERROR)
    ours, client = socket.socketpair()
    client.sendall(b"GET /fault HTTP/1.1\r\n\r\n")
    client.shutdown(socket.SHUT_WR)
    serve(Connection(ours, "test"), WebConfig(), answering, counts)
    client.close()
    assert counts.answers(HTTPStatus.INTERNAL_SERVER_ERROR) == MAX_FAULTS_LOGGED + 1
    assert caplog.text == ""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    new_authority(folder)
    return folder


def tls(folder: Path, more: str = "") -> WebConfig:
    path = folder / "web.yml"
    path.write_text("tls_server_config:\n  cert_file: server.pem\n  key_file: server.pem\n" + more)
    return load(path)


def secured(client: socket.socket, folder: Path, certificate: Path | None = None) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    if certificate is not None:
        context.load_cert_chain(certificate)
    return context.wrap_socket(client, server_hostname="localhost")


def test_over_tls_the_same_is_said(folder: Path) -> None:
    with served(tls(folder)) as one, secured(one.client, folder) as client:
        client.sendall(b"GET /3 HTTP/1.1\r\n\r\n")
        assert reply_of(client.recv(1 << 16)).body == b"xxx"


def test_who_speaks_plainly_to_a_server_with_tls_is_told_so(folder: Path) -> None:
    with served(tls(folder)) as one:
        one.client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        told = reply_of(one.read())
    assert (told.status, told.body) == (400, b"This server speaks HTTPS only.\n")
    assert one.asked == []


def test_a_handshake_that_is_none_is_counted(folder: Path) -> None:
    with served(tls(folder)) as one:
        one.client.sendall(b"\x16\x03\x01\x00\x05hello")
        one.thread.join(PATIENCE_SECONDS)
    assert one.counts.given_up(Given.TLS) == 1


def test_a_handshake_that_stops_is_given_up(folder: Path) -> None:
    with served(tls(folder)) as one:
        one.client.sendall(b"\x16\x03\x01\x02\x00\x01")
        one.thread.join(PATIENCE_SECONDS)
    assert one.counts.given_up(Given.SLOW) == 1


def with_clients(folder: Path, certificate: Path, *sans: str) -> WebConfig:
    more = f"  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: {certificate}\n"
    return tls(folder, more + (f"  client_allowed_sans: [{', '.join(sans)}]\n" if sans else ""))


@pytest.mark.parametrize(
    ("sans", "status"),
    [((), 200), (("scraper.example",), 200), (("10.1.2.3",), 200), (("other.example",), 403)],
)
def test_a_client_must_have_a_certificate_with_a_welcome_name(
    sans: tuple[str, ...], status: int, folder: Path
) -> None:
    certificate = client_certificate(folder, "scraper.example", "10.1.2.3")
    config = with_clients(folder, certificate, *sans)
    with served(config) as one, secured(one.client, folder, certificate) as client:
        client.sendall(b"GET /3 HTTP/1.1\r\n\r\n")
        assert reply_of(client.recv(1 << 16)).status == status


def test_a_client_without_a_certificate_or_with_a_strange_one_does_not_get_in(folder: Path) -> None:
    known, strange = client_certificate(folder, "a.example"), client_certificate(folder, "b.example")
    for certificate in (None, strange):
        with served(with_clients(folder, known)) as one:
            with suppress(ssl.SSLError, ConnectionError), secured(one.client, folder, certificate) as client:
                client.sendall(b"GET /3 HTTP/1.1\r\n\r\n")
                assert client.recv(100) == b""
            one.thread.join(PATIENCE_SECONDS)
            assert one.counts.given_up(Given.TLS) == 1
        assert one.asked == []
