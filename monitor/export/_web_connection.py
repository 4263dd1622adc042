"""One connection of the web server: a request is read, answered, and the connection closed, each within its time.

Rule 1: every wait has an end that the other side cannot move by sending a byte now and then.
Rule 2: one request for each connection; a scrape every few seconds has no use for more.
"""

import logging
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus

from monitor.export._web_counts import Given, WebCounts
from monitor.export._web_crowd import Connection
from monitor.export._web_http import MAX_HEAD_BYTES, Answer, Request, answer_bytes, end_of_head, parse_head
from monitor.export._web_tls import has_allowed_san
from monitor.export.web_config import WebConfig
from monitor.model.errors import Malformed

REQUEST_SECONDS = 10.0
"""For the handshake and the whole head together."""
ANSWER_SECONDS = 20.0
"""For the other side to take the answer."""
FAREWELL_SECONDS = 1.0
"""For the other side to close, so that the answer is not cut off by a reset."""
_MAX_UNREAD_BYTES = 1 << 16
_TLS_HANDSHAKE = 0x16  # RFC 8446 section 5.1
_PIECE_BYTES = 1 << 16
MAX_FAULTS_LOGGED = 20
"""Faults of ours that are told with all that is known; later ones are counted only."""
_LOG = logging.getLogger("umbilical.web")

Answering = Callable[[Request, WebConfig], Answer]


def serve(connection: Connection, config: WebConfig, answering: Answering, counts: WebCounts) -> None:
    """Serve one connection to its end; nothing that it does gets out of here."""
    try:
        _converse(connection, config, answering, counts)
    except TimeoutError:
        _give_up(connection, counts, Given.SLOW)
    except ssl.SSLError:
        _give_up(connection, counts, Given.TLS)
    except OSError:
        _give_up(connection, counts, Given.LOST)
    finally:
        with suppress(OSError):
            connection.socket.close()


def _give_up(connection: Connection, counts: WebCounts, why: Given) -> None:
    if not connection.was_crowded_out:  # it is counted already
        counts.gave_up(why)


def _converse(connection: Connection, config: WebConfig, answering: Answering, counts: WebCounts) -> None:
    until = time.monotonic() + REQUEST_SECONDS
    refusal = _secure(connection, config, until)
    head = b"" if refusal else _read_head(connection, until)
    if head is None:
        return
    connection.is_answering = True
    request, answer = (None, refusal) if refusal else _answer(head, config, answering, counts)
    connection.is_answering = False
    counts.answered(answer.status)
    has_body = request is None or request.method != "HEAD"
    _send(connection.socket, answer_bytes(answer, config.headers, has_body=has_body))
    _part(connection.socket)


def _secure(connection: Connection, config: WebConfig, until: float) -> Answer | None:
    """Shake hands where that is asked for; returns what to say to who does not speak TLS, or is not welcome."""
    if config.tls is None:
        return None
    connection.socket.settimeout(_left(until))
    first = connection.socket.recv(1, socket.MSG_PEEK)
    if first and first[0] != _TLS_HANDSHAKE:
        return Answer.text(HTTPStatus.BAD_REQUEST, "This server speaks HTTPS only.")
    secured = config.tls.wrap_socket(connection.socket, server_side=True, do_handshake_on_connect=False)
    connection.socket = secured
    secured.settimeout(_left(until))
    secured.do_handshake()
    if config.allowed_sans and not has_allowed_san(secured.getpeercert(), config.allowed_sans):
        return Answer.text(
            HTTPStatus.FORBIDDEN, "This certificate has none of the names that are welcome here."
        )
    return None


def _read_head(connection: Connection, until: float) -> bytes | None:
    """Return the head of a request, or what was too long for one; None when the other side said nothing at all."""
    received = bytearray()
    while (end := end_of_head(received)) is None and len(received) <= MAX_HEAD_BYTES:
        connection.socket.settimeout(_left(until))
        piece = connection.socket.recv(MAX_HEAD_BYTES)
        if not piece:
            if received and not connection.was_crowded_out:
                raise ConnectionError("closed in the middle of a request")
            return None
        received += piece
    return bytes(received[:end])


def _answer(
    head: bytes, config: WebConfig, answering: Answering, counts: WebCounts
) -> tuple[Request | None, Answer]:
    if len(head) > MAX_HEAD_BYTES:
        return None, Answer.text(
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
            f"A request has at most {MAX_HEAD_BYTES} bytes of headers.",
        )
    try:
        request = parse_head(head)
    except Malformed as error:
        return None, Answer.text(HTTPStatus.BAD_REQUEST, f"This is no request: {error}.")
    try:
        return request, answering(request, config)
    except Exception:  # noqa: BLE001 - the web server's own door: one answer is lost, not the sensor
        if counts.answers(HTTPStatus.INTERNAL_SERVER_ERROR) < MAX_FAULTS_LOGGED:
            _LOG.exception(
                "a fault of this program, in the answer to %s %r", request.method, request.path[:200]
            )
        return request, Answer.text(HTTPStatus.INTERNAL_SERVER_ERROR, "A fault of this program; see its log.")


def _send(to: socket.socket, content: bytes) -> None:
    until = time.monotonic() + ANSWER_SECONDS
    view = memoryview(content)
    while view:
        to.settimeout(_left(until))
        view = view[to.send(view[:_PIECE_BYTES]) :]


def _part(client: socket.socket) -> None:
    """Say that this was all, and wait shortly for the other side: closing at once could cut the answer off."""
    until = time.monotonic() + FAREWELL_SECONDS
    unread = 0
    with suppress(OSError):
        client.settimeout(FAREWELL_SECONDS)
        if isinstance(client, ssl.SSLSocket):
            client.unwrap()
            return
        client.shutdown(socket.SHUT_WR)
        while unread < _MAX_UNREAD_BYTES:
            client.settimeout(_left(until))
            piece = client.recv(_PIECE_BYTES)
            if not piece:
                return
            unread += len(piece)


def _left(until: float) -> float:
    """Return the seconds that are left; raises TimeoutError when there are none."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
