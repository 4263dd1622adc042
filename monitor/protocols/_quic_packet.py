"""Reads what surrounds a QUIC ClientHello: long headers, and the frames of an Initial packet (RFC 9000, RFC 9369).

Keys are the business of ``_quic_crypto``.
"""

from __future__ import annotations

import re
import struct
from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from monitor.model.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

LONG_HEADER = 0x80
FIXED_BIT = 0x40
"""RFC 9000 section 17.2."""
MAX_CONNECTION_ID_BYTES = 20
MIN_CLIENT_DATAGRAM_BYTES = 1200
"""A client pads the datagrams of its Initials (section 14.1)."""

VERSION_1 = 0x0000_0001
VERSION_2 = 0x6B33_43CF
DRAFT_29 = 0xFF00_001D
DRAFT_33 = 0xFF00_0021
DRAFT_34 = 0xFF00_0022
VERSIONS = frozenset({VERSION_1, VERSION_2, *range(DRAFT_29, DRAFT_34 + 1)})

_FIXED = struct.Struct("!BIB")
"""First byte, version, length of the destination's id."""
_RUN_OF_PADDING = re.compile(rb"\0*")
"""Padding is most of an Initial; bytes have no other way to find the first byte that differs."""


class PacketKind(IntEnum):
    """Long packet types by their bits in version 1 (RFC 9000 section 17.2)."""

    INITIAL = 0
    ZERO_RTT = 1
    HANDSHAKE = 2
    RETRY = 3


_KINDS = tuple(PacketKind)
# An enumeration's member costs a look-up each time.
_INITIAL, _RETRY = PacketKind.INITIAL, PacketKind.RETRY


class Frame(IntEnum):
    """Frames that an Initial packet may hold (RFC 9000 section 12.4)."""

    PADDING = 0x00
    PING = 0x01
    ACK = 0x02
    ACK_ECN = 0x03
    CRYPTO = 0x06
    CONNECTION_CLOSE = 0x1C


_PADDING, _CRYPTO = int(Frame.PADDING), int(Frame.CRYPTO)
_FIRST_FRAME = bytes((_CRYPTO, 0))
"""A frame whose bytes begin the handshake."""


class LongHeader(NamedTuple):
    """The readable part of a long header, and where the packet lies in its datagram."""

    kind: PacketKind
    version: int
    destination_id: bytes
    start: int
    number_at: int
    """Where the packet number begins; the end of the packet when it has none."""
    stop: int


def long_headers(datagram: bytes) -> Iterator[LongHeader]:
    """Yield the packets of a datagram (RFC 9000 section 12.2) up to one that cannot be walked over."""
    at = 0
    while at < len(datagram):
        header = read_long_header(datagram, at)
        if header is None:
            return
        yield header
        at = header.stop


@lru_cache(maxsize=1)
def read_long_header(datagram: bytes, start: int) -> LongHeader | None:
    """Read one header; None for a short one or an unknown version; raises ``Malformed``.

    The last is remembered, because a datagram is read when the parser is asked about it and again when it is fed.
    """
    size = len(datagram)
    at = start + _FIXED.size
    if at > size:
        return None
    first, version, id_bytes = _FIXED.unpack_from(datagram, start)
    if first < LONG_HEADER or version not in VERSIONS:
        return None
    stop = at + id_bytes
    if id_bytes > MAX_CONNECTION_ID_BYTES or stop >= size or datagram[stop] > MAX_CONNECTION_ID_BYTES:
        raise Malformed("QUIC connection ids do not fit")
    destination_id = datagram[at:stop]
    at = stop + 1 + datagram[stop]
    # Version 2 turns the type bits by one (RFC 9369 section 3.2).
    kind = _KINDS[(first >> 4) - (version == VERSION_2) & 3]
    if kind is _RETRY:
        return LongHeader(kind, version, destination_id, start, size, size)
    if kind is _INITIAL:
        token_bytes, at = read_varint(datagram, at)
        at += token_bytes
    length, at = read_varint(datagram, at)
    if at + length > size:
        raise Malformed("QUIC packet does not fit the datagram")
    return LongHeader(kind, version, destination_id, start, at, at + length)


def only_frame(payload: bytes) -> bytes | None:
    """Return what the CRYPTO frame holds that alone, before padding, makes up most clients' first Initial."""
    if not payload.startswith(_FIRST_FRAME):
        return None
    length, at = read_varint(payload, len(_FIRST_FRAME))
    stop, size = at + length, len(payload)
    return payload[at:stop] if stop <= size and payload[stop:] == bytes(size - stop) else None


def crypto_frames(payload: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield offset and bytes of the CRYPTO frames of an Initial packet; raises ``Malformed``.

    A frame that may not be there ends the walk: its length is not known.
    """
    at, size = 0, len(payload)
    while at < size:
        kind = payload[at]
        at += 1
        if kind == _CRYPTO:
            offset, at = read_varint(payload, at)
            length, at = read_varint(payload, at)
            if at + length > size:
                raise Malformed("CRYPTO frame does not fit the packet")
            yield offset, payload[at : at + length]
            at += length
        elif kind == _PADDING:
            at = _after_padding(payload, at)
        elif kind in {Frame.ACK, Frame.ACK_ECN}:
            at = _after_ack(payload, at, ecn=kind == Frame.ACK_ECN)
        elif kind == Frame.CONNECTION_CLOSE:
            at = _after_close(payload, at)
        elif kind != Frame.PING:
            return


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a variable-length integer (RFC 9000 section 16) and where it ends; raises ``Malformed``."""
    try:
        first = data[at]
        if first < 0x40:
            return first, at + 1
        if first < 0x80:
            return (first & 0x3F) << 8 | data[at + 1], at + 2
    except IndexError as error:
        raise Malformed("QUIC number is cut off") from error
    stop = at + (1 << (first >> 6))
    if stop > len(data):
        raise Malformed("QUIC number is cut off")
    number = int.from_bytes(data[at:stop])
    return number & ((1 << (8 * (stop - at) - 2)) - 1), stop


def _after_padding(payload: bytes, at: int) -> int:
    run = _RUN_OF_PADDING.match(payload, at)
    return run.end() if run else at


def _after_ack(payload: bytes, at: int, *, ecn: bool) -> int:
    """RFC 9000 section 19.3: every range takes at least two bytes, so the packet bounds the loop."""
    _, at = read_varint(payload, at)
    _, at = read_varint(payload, at)
    ranges, at = read_varint(payload, at)
    if ranges > len(payload):
        raise Malformed("ACK ranges do not fit the packet")
    for _ in range(1 + 2 * ranges + 3 * ecn):
        _, at = read_varint(payload, at)
    return at


def _after_close(payload: bytes, at: int) -> int:
    """RFC 9000 section 19.19: error, frame type, reason."""
    _, at = read_varint(payload, at)
    _, at = read_varint(payload, at)
    length, at = read_varint(payload, at)
    return at + length
