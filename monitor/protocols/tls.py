"""TLS over TCP: who is called, by what kind of client, and who answers (RFC 8446, RFC 5246, RFC 6066).

It reads what is in clear and stops where encryption begins. Roles come from the messages, not from who spoke first,
and either direction may be missing.

The client is done after its first ClientHello: the one that follows a HelloRetryRequest repeats the name
(RFC 8446 section 4.1.2), and the retry already names the version and suite of the real ServerHello (section 4.1.4).
A client's own certificate is not read.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, ClassVar

from monitor.model.flow import Direction
from monitor.model.observation import Seen
from monitor.model.parser import FOREVER, Verdict
from monitor.protocols._certificate import CERTIFICATE, certificate_fields
from monitor.protocols._client_hello import CLIENT_HELLO, HABITS, read_client_hello, read_names
from monitor.protocols._fingerprint import Transport
from monitor.protocols._handshake import (
    ALERT,
    FIRST_BODY_AT,
    HANDSHAKE,
    MAX_RECORD_BYTES,
    MESSAGE_HEADER_BYTES,
    RECORD_HEADER_BYTES,
    HandshakeStream,
    end_of_first,
)
from monitor.protocols._server_hello import SERVER_HELLO, read_server_hello
from monitor.protocols._tls_names import likely_client

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from monitor.model.flow import Flow

_TCP = 6

# An enumeration's member costs a look-up each time.
_CERTAIN, _UNSURE, _NOT_MINE = Verdict
_SERVER_HELLO_DONE = 14
_CLIENT_ONLY = frozenset({15, 16})
"""CertificateVerify, ClientKeyExchange: the hello was before our time (RFC 5246 section 7.4)."""

_HELLOS = frozenset({CLIENT_HELLO, SERVER_HELLO})
_MAJOR_VERSION = 3
_MAX_MINOR_VERSION = 4
_HELLO_START = bytes((HANDSHAKE, _MAJOR_VERSION))
_JUDGED_BYTES = RECORD_HEADER_BYTES + MESSAGE_HEADER_BYTES + 1
_ALERT_START = bytes((ALERT, _MAJOR_VERSION))
_ALERT_LENGTH = (b"", b"\0", b"\0\2")
_ALERT_RECORD_BYTES = 7
"""Level and description after the header (RFC 8446 section 6)."""


class TlsParser:
    """One TLS connection."""

    NAME: ClassVar[str] = "tls"
    PROTOCOL: ClassVar[frozenset[int]] = frozenset({_TCP})
    PORTS: ClassVar[frozenset[int]] = frozenset(
        {
            443,
            465,
            563,
            636,
            853,
            989,
            990,
            992,
            993,
            994,
            995,
            3269,
            5061,
            5671,
            5684,
            6697,
            7275,
            8443,
            8883,
        }
    )
    ANY_PORT: ClassVar[bool] = True
    PATIENCE: ClassVar[int | None] = None
    YIELDS: ClassVar[frozenset[str]] = frozenset({"tls_client_hello", "tls_server_hello", "tls_certificate"})

    def __init__(self, flow: Flow, wanted: frozenset[str]) -> None:
        self._wants_client_hello = "tls_client_hello" in wanted
        self._wants_server_hello = "tls_server_hello" in wanted
        self._wants_certificate = "tls_certificate" in wanted
        self._names_only = wanted >= HABITS
        self._streams: list[HandshakeStream | None] = [None, None]
        """Made where the first segment is not one whole message."""
        self._done = [False, False]
        self._answered = [False, False]
        self._idle: Direction | None = None
        """The likely server, when nobody wants what it says; what it was found by is read all the same."""
        if not (self._wants_server_hello or self._wants_certificate):
            self._idle = Direction(1 - likely_client(flow, self.PORTS))

    @staticmethod
    def probe(payload: bytes, flow: Flow, direction: Direction) -> Verdict:
        """A hello begins a connection; a server may warn before it."""
        del flow, direction
        if not payload.startswith(_ALERT_START):
            return _judge_hello(payload)
        return _judge_hello(payload[_ALERT_RECORD_BYTES:]) if payload[3:5] in _ALERT_LENGTH else _NOT_MINE

    def feed(self, direction: Direction, payload: bytes) -> Iterable[Seen]:
        if direction == self._idle:
            self._idle = None
        if self._done[direction]:
            return ()
        if self._streams[direction] is None:
            # Most hellos are the one message of the first record, in one segment.
            end = end_of_first(payload)
            if end:
                said = self._read(direction, payload[RECORD_HEADER_BYTES], payload[FIRST_BODY_AT:end])
                if self._done[direction] or end == len(payload):
                    return said
                return chain(said, self._read_on(direction, payload[end:]))
        return self._read_on(direction, payload)

    def gap(self, direction: Direction, missing: int) -> Iterable[Seen]:
        """Records cannot be found again after a hole."""
        del missing
        self._done[direction] = True
        return ()

    def end(self, *, closed: bool = True) -> Iterable[Seen]:  # noqa: ARG002 - the contract's signature
        return ()

    def appetite(self, direction: Direction) -> int:
        return 0 if self._done[direction] or direction == self._idle else FOREVER

    def _read_on(self, direction: Direction, payload: bytes) -> Iterator[Seen]:
        """Read records that may be cut anywhere."""
        stream = self._streams[direction]
        if stream is None:
            stream = self._streams[direction] = HandshakeStream()
        for kind, body in stream.feed(payload):
            yield from self._read(direction, kind, body)
            if self._done[direction]:
                return
        if stream.closed:
            self._done[direction] = True

    def _read(self, direction: Direction, kind: int, body: bytes) -> Sequence[Seen]:
        if kind == CLIENT_HELLO:
            return self._read_client_hello(direction, body)
        if kind == SERVER_HELLO:
            return self._read_server_hello(direction, body)
        if kind == CERTIFICATE:
            return self._read_certificate(direction, body)
        if kind == _SERVER_HELLO_DONE or kind in _CLIENT_ONLY:
            self._done[direction] = True
        return ()

    def _read_client_hello(self, direction: Direction, body: bytes) -> Sequence[Seen]:
        self._done[direction] = True
        if not (self._wants_server_hello or self._wants_certificate):
            self._done[1 - direction] = True
        if not self._wants_client_hello:
            return ()
        fields = read_names(body) if self._names_only else read_client_hello(body, Transport.TCP).fields
        return (Seen("tls_client_hello", fields),)

    def _read_server_hello(self, direction: Direction, body: bytes) -> Sequence[Seen]:
        hello = read_server_hello(body)
        self._answered[direction] = True
        if hello.encrypts_the_rest or not self._wants_certificate:
            self._done[direction] = True
        return (Seen("tls_server_hello", hello.fields),) if self._wants_server_hello else ()

    def _read_certificate(self, direction: Direction, body: bytes) -> Sequence[Seen]:
        self._done[direction] = True
        # One that comes without a ServerHello is a client's.
        fields = certificate_fields(body) if self._answered[direction] else None
        return (Seen("tls_certificate", fields),) if fields else ()


def _judge_hello(payload: bytes) -> Verdict:
    """Judge the beginning of a record; how much of the hello it holds is the sender's choice."""
    size = len(payload)
    if not _HELLO_START.startswith(payload[:2]) or (size > 2 and payload[2] > _MAX_MINOR_VERSION):
        return _NOT_MINE
    if size <= RECORD_HEADER_BYTES:
        return _UNSURE
    length = payload[3] << 8 | payload[4]
    if not 0 < length <= MAX_RECORD_BYTES or payload[RECORD_HEADER_BYTES] not in _HELLOS:
        return _NOT_MINE
    if length < MESSAGE_HEADER_BYTES + 1:
        return _CERTAIN
    if size < _JUDGED_BYTES:
        return _UNSURE
    return _CERTAIN if payload[6] == 0 and payload[9] == _MAJOR_VERSION else _NOT_MINE


PARSER = TlsParser
