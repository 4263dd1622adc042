"""Turns one direction of a DTLS connection into handshake messages, until it is encrypted.

Records after RFC 6347 section 4.1, fragments after section 4.2.3; what a message says is read elsewhere.
Retransmitted messages are yielded again.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from monitor.model.errors import Malformed
from monitor.protocols._assembly import MAX_BYTES, Assembly
from monitor.protocols._handshake import APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE, Message
from monitor.protocols._tls_names import DTLS_MAJOR

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORD_HEADER_BYTES = 13
MESSAGE_HEADER_BYTES = 12
MAX_DATAGRAMS = 64
"""A handshake in clear is over by then, retransmissions included; afterwards the direction is closed."""
MAX_INCOMPLETE = 4
"""Messages that wait for fragments at the same time; the oldest is forgotten for a fifth."""

_CONNECTION_ID_RECORD = 25
"""RFC 9146 section 4."""
_UNIFIED_HEADERS = range(0x20, 0x40)
"""First bytes of encrypted DTLS 1.3 records (RFC 9147 section 4)."""
_ENCRYPTED = frozenset({CHANGE_CIPHER_SPEC, APPLICATION_DATA, _CONNECTION_ID_RECORD, *_UNIFIED_HEADERS})

_RECORD = struct.Struct("!BBxH6xH")
"""Type, version, epoch, sequence number, length."""


class DtlsHandshake:
    """One direction."""

    __slots__ = ("_datagrams", "_incomplete", "closed")

    def __init__(self) -> None:
        self.closed = False
        """Nothing more is wanted from this direction."""
        self._datagrams = 0
        self._incomplete: dict[tuple[int, int, int], Assembly] = {}
        """By message sequence number, type and length; in order of arrival."""

    def close(self) -> None:
        """Want nothing more, keep nothing."""
        self.closed = True
        self._incomplete.clear()

    def feed(self, datagram: bytes) -> Iterator[Message]:
        """Yield the messages that a datagram completes; raises ``Malformed``."""
        at, size = 0, len(datagram)
        while not self.closed and at < size:
            kind = datagram[at]
            if kind in _ENCRYPTED:
                self.close()
                break
            if size - at < RECORD_HEADER_BYTES or datagram[at + 1] != DTLS_MAJOR:
                break  # other protocols may share the port (RFC 7983)
            _, _, epoch, length = _RECORD.unpack_from(datagram, at)
            at += RECORD_HEADER_BYTES + length
            if at > size:
                raise Malformed("DTLS record does not fit the datagram")
            if epoch:
                self.close()
            elif kind == HANDSHAKE:
                yield from self._read_record(datagram[at - length : at])
        self._datagrams += 1
        if self._datagrams >= MAX_DATAGRAMS:
            self.close()

    def _read_record(self, record: bytes) -> Iterator[Message]:
        at, size = 0, len(record)
        while not self.closed and at < size:
            start = at + MESSAGE_HEADER_BYTES
            if start > size:
                raise Malformed("DTLS handshake header is cut off")
            kind, length = record[at], int.from_bytes(record[at + 1 : at + 4], "big")
            offset = int.from_bytes(record[at + 6 : at + 9], "big")
            count = int.from_bytes(record[at + 9 : start], "big")
            at_next = start + count
            if at_next > size or offset + count > length:
                raise Malformed("DTLS fragment does not fit")
            if count == length:
                yield Message(kind, record[start:at_next])
            elif length <= MAX_BYTES:
                key = (int.from_bytes(record[at + 4 : at + 6], "big"), kind, length)
                yield from self._complete(key, offset, record[start:at_next])
            at = at_next

    def _complete(self, key: tuple[int, int, int], offset: int, piece: bytes) -> Iterator[Message]:
        assembly = self._incomplete.get(key)
        if assembly is None:
            if len(self._incomplete) == MAX_INCOMPLETE:
                del self._incomplete[next(iter(self._incomplete))]
            assembly = self._incomplete[key] = Assembly()
        assembly.add(offset, piece)
        _, kind, length = key
        if assembly.ready == length:
            del self._incomplete[key]
            yield Message(kind, assembly.first(length))
