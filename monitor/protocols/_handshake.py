"""Turns one direction of a TLS connection into handshake messages, until it is encrypted (RFC 8446 section 5.1).

A message may span records and a record may hold several messages; the stream may be split anywhere.
What a message says is read elsewhere.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from monitor.model.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

CHANGE_CIPHER_SPEC = 20
ALERT = 21
HANDSHAKE = 22
APPLICATION_DATA = 23

RECORD_HEADER_BYTES = 5
MESSAGE_HEADER_BYTES = 4
MAX_RECORD_BYTES = 16_384 + 2_048
"""RFC 5246 section 6.2.3."""
MAX_MESSAGE_BYTES = 65_536
"""Of a longer message only so much is kept and handed on, and the direction is done."""

_MAJOR_VERSION = 3
_RECORD = struct.Struct("!BBxH")
_FIRST = struct.Struct("!BBxHI")
"""A record header and the message header that follows it."""
_MESSAGE_LENGTH = 0xFF_FFFF
FIRST_BODY_AT = RECORD_HEADER_BYTES + MESSAGE_HEADER_BYTES
"""Where the body of a stream's first message begins."""


class Message(NamedTuple):
    """A handshake message without its header."""

    kind: int
    body: bytes


def end_of_first(payload: bytes) -> int:
    """Return where the record ends that a stream begins with, 0 unless it is whole and one message alone fills it."""
    if len(payload) < FIRST_BODY_AT:
        return 0
    kind, major, length, message = _FIRST.unpack_from(payload)
    if kind != HANDSHAKE or major != _MAJOR_VERSION or length > MAX_RECORD_BYTES:
        return 0
    end = RECORD_HEADER_BYTES + length
    # The message's type is the first byte of its header, its length the other three.
    is_alone = (message & _MESSAGE_LENGTH) + MESSAGE_HEADER_BYTES == length
    return end if is_alone and end <= len(payload) else 0


class HandshakeStream:
    """One direction; holds at most one record and one message."""

    __slots__ = ("_message", "_message_needs", "_record", "_record_needs", "closed")

    def __init__(self) -> None:
        self.closed = False
        """Nothing more is wanted from this direction."""
        self._record = bytearray()
        self._record_needs = 0
        self._message = bytearray()
        self._message_needs = 0

    def close(self) -> None:
        """Want nothing more, keep nothing."""
        self.closed = True
        self._record, self._message = bytearray(), bytearray()

    def feed(self, payload: bytes) -> Iterator[Message]:
        """Yield the messages that the next bytes complete; raises ``Malformed``."""
        return iter(()) if self.closed else self._read_records(payload)

    def _read_records(self, payload: bytes) -> Iterator[Message]:
        if self._record:
            self._record += payload
            if len(self._record) < self._record_needs:
                return
            payload = bytes(self._record)
            self._record.clear()
        at, size = 0, len(payload)
        while size - at >= RECORD_HEADER_BYTES:
            kind, major, length = _RECORD.unpack_from(payload, at)
            if major != _MAJOR_VERSION or length > MAX_RECORD_BYTES:
                self.close()
                raise Malformed("not a TLS record")
            stop = at + RECORD_HEADER_BYTES + length
            if stop > size:
                self._record_needs = stop - at
                break
            if kind == HANDSHAKE:
                yield from self._read_fragment(payload[at + RECORD_HEADER_BYTES : stop])
            elif kind in {CHANGE_CIPHER_SPEC, APPLICATION_DATA}:
                self.close()
            if self.closed:
                return
            at = stop
        else:
            self._record_needs = RECORD_HEADER_BYTES
        self._record += payload[at:]

    def _read_fragment(self, fragment: bytes) -> Iterator[Message]:
        if self._message:
            self._message += fragment
            if len(self._message) < self._message_needs:
                return
            fragment = bytes(self._message)
            self._message.clear()
        at, size = 0, len(fragment)
        while size - at >= MESSAGE_HEADER_BYTES:
            length = int.from_bytes(fragment[at + 1 : at + 4])
            start = at + MESSAGE_HEADER_BYTES
            stop = start + min(length, MAX_MESSAGE_BYTES)
            if stop > size:
                self._message_needs = stop - at
                break
            yield Message(fragment[at], fragment[start:stop])
            if length > MAX_MESSAGE_BYTES:
                self.close()
            if self.closed:
                return
            at = stop
        else:
            self._message_needs = MESSAGE_HEADER_BYTES
        self._message += fragment[at:]
