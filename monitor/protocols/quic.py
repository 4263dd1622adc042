"""QUIC: who is called, by what kind of client, from the ClientHello in the client's Initials (RFC 9000, 9001, 9369).

Only the client's side is read, and only until its ClientHello is whole.
After a Retry the client's Initials carry the connection id that their keys come from; after the server's first packet
they no longer do. So every Initial is tried with its own id first, then with the keys that worked before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from monitor.model.errors import Malformed
from monitor.model.observation import Seen
from monitor.model.parser import FOREVER, Verdict
from monitor.protocols._assembly import Assembly
from monitor.protocols._client_hello import CLIENT_HELLO, HABITS, read_client_hello, read_names
from monitor.protocols._fingerprint import Transport
from monitor.protocols._quic_crypto import InitialKeys, initial_keys, open_initial
from monitor.protocols._quic_packet import (
    FIXED_BIT,
    LONG_HEADER,
    MIN_CLIENT_DATAGRAM_BYTES,
    LongHeader,
    PacketKind,
    crypto_frames,
    long_headers,
    only_frame,
    read_long_header,
)
from monitor.protocols._tls_names import likely_client

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.model.flow import Direction, Flow

MAX_DATAGRAMS = 16
"""A ClientHello takes one to three; afterwards the client is left alone."""
MAX_UNREADABLE = 4
"""Initials that cannot be opened before the flow is given up; a stray one must not hide the ClientHello."""

_UDP = 17
_MESSAGE_HEADER_BYTES = 4
_HELLO_START = bytes((CLIENT_HELLO,))
_LONG = LONG_HEADER | FIXED_BIT
# An enumeration's member costs a look-up each time.
_CERTAIN, _UNSURE, _NOT_MINE = Verdict
_INITIAL = PacketKind.INITIAL


class QuicParser:
    """One QUIC connection."""

    NAME: ClassVar[str] = "quic"
    PROTOCOL: ClassVar[frozenset[int]] = frozenset({_UDP})
    PORTS: ClassVar[frozenset[int]] = frozenset({443, 784, 853, 8443})
    ANY_PORT: ClassVar[bool] = True
    PATIENCE: ClassVar[int | None] = None
    YIELDS: ClassVar[frozenset[str]] = frozenset({"quic_client_hello"})

    def __init__(self, flow: Flow, wanted: frozenset[str]) -> None:
        self._client = likely_client(flow, self.PORTS)
        self._done = not wanted & self.YIELDS
        self._names_only = wanted >= HABITS
        self._datagrams = 0
        self._unreadable = 0
        self._keys: InitialKeys | None = None
        self._keyed_by: tuple[int, bytes] | None = None
        """Version and connection id that the keys come from."""
        self._handshake: Assembly | None = None
        """Made where one frame of the first datagram does not hold the whole hello."""
        self._hello = b""

    @staticmethod
    def probe(payload: bytes, flow: Flow, direction: Direction) -> Verdict:
        """A long header of a known version whose lengths fit; certain for an Initial, padded as it must be."""
        del flow, direction
        if not payload or payload[0] < _LONG:
            return _NOT_MINE
        try:
            header = read_long_header(payload, 0)
        except Malformed:
            return _NOT_MINE
        if header is None:
            return _NOT_MINE
        if header.kind is not _INITIAL:
            return _UNSURE
        return _CERTAIN if len(payload) >= MIN_CLIENT_DATAGRAM_BYTES else _NOT_MINE

    def feed(self, direction: Direction, payload: bytes) -> Iterable[Seen]:
        if direction != self._client or self._done or self._datagrams == MAX_DATAGRAMS:
            return ()
        self._datagrams += 1
        for header in long_headers(payload):
            if header.kind is _INITIAL and self._read_initial(payload, header):
                return self._read_hello(header.version)
        return ()

    def gap(self, direction: Direction, missing: int) -> Iterable[Seen]:
        del direction, missing
        return ()

    def end(self, *, closed: bool = True) -> Iterable[Seen]:  # noqa: ARG002 - the contract's signature
        return ()

    def appetite(self, direction: Direction) -> int:
        hungry = direction == self._client and not self._done and self._datagrams < MAX_DATAGRAMS
        return FOREVER if hungry else 0

    def _read_initial(self, datagram: bytes, header: LongHeader) -> bool:
        """Whether the ClientHello is whole now."""
        payload = self._open(datagram, header)
        if payload is None:
            self._count_unreadable()
            return False
        if self._handshake is None:
            frame = only_frame(payload)
            if frame is not None and _is_whole_hello(frame):
                self._hello = frame
                return True
            frames = list(crypto_frames(payload))
            self._handshake = Assembly()
            self._handshake.add_all(frames)
        else:
            self._handshake.add_all(crypto_frames(payload))
        ready = self._handshake.ready
        if ready < _MESSAGE_HEADER_BYTES:
            return False
        head = self._handshake.first(_MESSAGE_HEADER_BYTES)
        if head[0] != CLIENT_HELLO:
            self._done = True
            raise Malformed("QUIC client does not begin with a ClientHello")
        stop = _MESSAGE_HEADER_BYTES + int.from_bytes(head[1:])
        if ready < stop:
            return False
        self._hello = self._handshake.first(stop)
        return True

    def _open(self, datagram: bytes, header: LongHeader) -> bytes | None:
        keyed_by = (header.version, header.destination_id)
        if keyed_by != self._keyed_by:
            keys = initial_keys(*keyed_by)
            payload = open_initial(keys, datagram, header)
            if payload is not None:
                self._keys, self._keyed_by = keys, keyed_by
                return payload
        return open_initial(self._keys, datagram, header) if self._keys is not None else None

    def _count_unreadable(self) -> None:
        self._unreadable += 1
        if self._unreadable == MAX_UNREADABLE and self._keys is None:
            self._done = True
            raise Malformed("QUIC Initials do not open with the client's keys")

    def _read_hello(self, version: int) -> Iterable[Seen]:
        self._done = True
        body = self._hello[_MESSAGE_HEADER_BYTES:]
        self._handshake, self._hello = None, b""
        fields = read_names(body) if self._names_only else read_client_hello(body, Transport.QUIC).fields
        fields["quic.version"] = f"{version:08x}"
        return (Seen("quic_client_hello", fields),)


def _is_whole_hello(piece: bytes) -> bool:
    return piece.startswith(_HELLO_START) and len(piece) == _MESSAGE_HEADER_BYTES + int.from_bytes(
        piece[1:_MESSAGE_HEADER_BYTES]
    )


PARSER = QuicParser
