"""DTLS: who is called, and under which name a device with a pre-shared key presents itself (RFC 6347, RFC 9147).

The ClientHello is yielded once, although the client repeats it with a cookie, unless the name in it changed.
The identity of a pre-shared key comes later, in the ClientKeyExchange, as a further ``dtls_client_hello`` that holds
``dtls.psk_identity`` only. It stops where encryption begins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from monitor.model.observation import Seen
from monitor.model.parser import FOREVER, Verdict
from monitor.protocols._certificate import CERTIFICATE, certificate_fields
from monitor.protocols._client_hello import CLIENT_HELLO, CONNECTION_ID, PRE_SHARED_KEY, read_client_hello
from monitor.protocols._dtls_handshake import MESSAGE_HEADER_BYTES, RECORD_HEADER_BYTES, DtlsHandshake
from monitor.protocols._fingerprint import Transport
from monitor.protocols._handshake import HANDSHAKE, Message
from monitor.protocols._psk import (
    CLIENT_KEY_EXCHANGE,
    PSK_CIPHERS,
    exchanged_identity,
    offered_identity,
    offers_psk,
)
from monitor.protocols._server_hello import SERVER_HELLO, read_server_hello
from monitor.protocols._tls_names import DTLS_MAJOR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from monitor.model.flow import Direction, Flow
    from monitor.model.observation import Value
    from monitor.protocols._client_hello import ClientHello

MAX_HELLOS = 4
"""ClientHellos with different names that are yielded of one flow."""

_UDP = 17
_SERVER_TYPES = frozenset({"tls_server_hello", "tls_certificate"})

_HELLO_VERIFY_REQUEST = 3
_SERVER_HELLO_DONE = 14
_HELLOS = frozenset({CLIENT_HELLO, SERVER_HELLO, _HELLO_VERIFY_REQUEST})
_MINOR_VERSIONS = frozenset({0xFF, 0xFD, 0xFC})


class DtlsParser:
    """One DTLS connection."""

    NAME: ClassVar[str] = "dtls"
    PROTOCOL: ClassVar[frozenset[int]] = frozenset({_UDP})
    PORTS: ClassVar[frozenset[int]] = frozenset({2083, 4433, 5061, 5246, 5349, 5684, 5686, 5694, 8883})
    ANY_PORT: ClassVar[bool] = True
    PATIENCE: ClassVar[int | None] = None
    YIELDS: ClassVar[frozenset[str]] = frozenset({"dtls_client_hello"}) | _SERVER_TYPES

    def __init__(self, flow: Flow, wanted: frozenset[str]) -> None:
        del flow
        self._wanted = wanted
        self._streams = (DtlsHandshake(), DtlsHandshake())
        self._shown: set[str | None] = set()
        """Names of the ClientHellos already yielded."""
        self._said: set[str] = set()
        """Types of the server's observations already yielded: it repeats its flight when one is lost."""
        self._answered = [False, False]
        self._psk_offered = False
        self._psk_agreed: bool | None = None

    @staticmethod
    def probe(payload: bytes, flow: Flow, direction: Direction) -> Verdict:
        """A datagram that begins with a hello in clear, every length in it consistent."""
        del flow, direction
        if len(payload) < RECORD_HEADER_BYTES + MESSAGE_HEADER_BYTES:
            return Verdict.NOT_MINE
        in_clear = payload[0] == HANDSHAKE and payload[1] == DTLS_MAJOR and payload[3:5] == b"\0\0"
        if not in_clear or payload[2] not in _MINOR_VERSIONS or payload[13] not in _HELLOS:
            return Verdict.NOT_MINE
        record = payload[11] << 8 | payload[12]
        length, offset = int.from_bytes(payload[14:17], "big"), int.from_bytes(payload[19:22], "big")
        count = int.from_bytes(payload[22:25], "big")
        fits = RECORD_HEADER_BYTES + record <= len(payload) and MESSAGE_HEADER_BYTES + count <= record
        return Verdict.CERTAIN if fits and 0 < count <= length - offset else Verdict.NOT_MINE

    def feed(self, direction: Direction, payload: bytes) -> Iterable[Seen]:
        for message in self._streams[direction].feed(payload):
            yield from self._read(direction, message)

    def gap(self, direction: Direction, missing: int) -> Iterable[Seen]:
        del direction, missing
        return ()

    def end(self, *, closed: bool = True) -> Iterable[Seen]:  # noqa: ARG002 - the contract's signature
        return ()

    def appetite(self, direction: Direction) -> int:
        return 0 if self._streams[direction].closed else FOREVER

    def _read(self, direction: Direction, message: Message) -> Iterator[Seen]:
        kind, body = message
        if kind == CLIENT_HELLO:
            yield from self._read_client_hello(direction, body)
        elif kind == CLIENT_KEY_EXCHANGE:
            yield from self._read_key_exchange(direction, body)
        elif kind == SERVER_HELLO:
            yield from self._read_server_hello(direction, body)
        elif kind == CERTIFICATE:
            yield from self._read_certificate(direction, body)
        elif kind == _SERVER_HELLO_DONE:
            self._streams[direction].close()

    def _read_client_hello(self, direction: Direction, body: bytes) -> Iterator[Seen]:
        hello = read_client_hello(body, Transport.DTLS)
        self._psk_offered = offers_psk(hello.ciphers)
        if not self._psk_offered and not self._wanted & _SERVER_TYPES:
            self._streams[1 - direction].close()
        fresh = hello.server_name not in self._shown and len(self._shown) < MAX_HELLOS
        if fresh and "dtls_client_hello" in self._wanted:
            self._shown.add(hello.server_name)
            _add_own_fields(hello)
            yield Seen("dtls_client_hello", hello.fields)

    def _read_key_exchange(self, direction: Direction, body: bytes) -> Iterator[Seen]:
        self._streams[direction].close()
        agreed = self._psk_agreed
        if agreed is False or not (agreed or self._psk_offered) or "dtls_client_hello" not in self._wanted:
            return
        identity = exchanged_identity(body, agreed=agreed is True)
        if identity is not None:
            yield Seen("dtls_client_hello", {"dtls.psk_identity": identity})

    def _read_server_hello(self, direction: Direction, body: bytes) -> Iterator[Seen]:
        hello = read_server_hello(body)
        self._answered[direction] = True
        self._psk_agreed = hello.cipher in PSK_CIPHERS
        if hello.encrypts_the_rest or "tls_certificate" not in self._wanted:
            self._streams[direction].close()
        yield from self._say("tls_server_hello", hello.fields)

    def _read_certificate(self, direction: Direction, body: bytes) -> Iterator[Seen]:
        if not self._answered[direction]:
            return  # a client's
        self._streams[direction].close()
        yield from self._say("tls_certificate", certificate_fields(body))

    def _say(self, kind: str, fields: dict[str, Value]) -> Iterator[Seen]:
        if fields and kind in self._wanted and kind not in self._said:
            self._said.add(kind)
            yield Seen(kind, fields)


def _add_own_fields(hello: ClientHello) -> None:
    """Add what only DTLS shows; an empty connection id is an offer too (RFC 9146 section 3)."""
    identity = offered_identity(hello.extensions.get(PRE_SHARED_KEY, b""))
    if identity is not None:
        hello.fields["dtls.psk_identity"] = identity
    data = hello.extensions.get(CONNECTION_ID, b"")
    if data and data[0] == len(data) - 1:
        hello.fields["dtls.connection_id"] = data[1:].hex()


PARSER = DtlsParser
