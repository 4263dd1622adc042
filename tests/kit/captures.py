"""Tiny writers of capture files for tests: the bytes of pcap and pcapng, and of single pcapng blocks to put together."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ByteOrder = Literal["big", "little"]
Record = tuple[int, bytes]
"""Event time in nanoseconds, and the frame."""

MICROSECONDS = 0xA1B2C3D4
NANOSECONDS = 0xA1B23C4D
NAVTEL = 0xA12B3C4D
KUZNETZOV = 0xA1B2CD34
ETHERNET = 1
SNAP_LENGTH = 262_144
_SECOND_NS = 1_000_000_000


def pcap(
    records: Iterable[Record] = (),
    *,
    magic: int = NANOSECONDS,
    byte_order: ByteOrder = "little",
    link_type: int = ETHERNET,
    snap_length: int = SNAP_LENGTH,
    beyond: int = 0,
) -> bytes:
    """Return a classic pcap; each frame was ``beyond`` bytes longer on the wire."""
    order = _sign(byte_order)
    unit_ns = 1 if magic in {NANOSECONDS, NAVTEL} else 1000
    parts = [struct.pack(order + "IHHIIII", magic, 2, 4, 0, 0, snap_length, link_type)]
    for ts_ns, frame in records:
        seconds, fraction = divmod(ts_ns, _SECOND_NS)
        parts.append(
            struct.pack(order + "IIII", seconds, fraction // unit_ns, len(frame), len(frame) + beyond)
        )
        if magic == KUZNETZOV:
            parts.append(struct.pack(order + "IHBx", 7, 0x0800, 4))
        parts.append(frame)
    return b"".join(parts)


def pcapng(
    records: Iterable[Record] = (),
    *,
    byte_order: ByteOrder = "little",
    link_type: int = ETHERNET,
    resolution: int = 9,
    comments: Mapping[int, str] | None = None,
    name: str = "",
) -> bytes:
    """Return a pcapng of one section with one interface; ``resolution`` is the byte of if_tsresol, comments go by place."""
    parts = [section(byte_order), interface(link_type, byte_order, resolution=resolution, name=name)]
    per_second = (2 if resolution & 0x80 else 10) ** (resolution & 0x7F)
    for place, (ts_ns, frame) in enumerate(records):
        units = ts_ns * per_second // _SECOND_NS
        comment = (comments or {}).get(place)
        options = [] if comment is None else [(1, comment.encode())]
        parts.append(enhanced(units, frame, byte_order, options=options))
    return b"".join(parts)


def section(byte_order: ByteOrder = "little", major: int = 1) -> bytes:
    """Return a Section Header Block."""
    body = struct.pack(_sign(byte_order) + "IHHq", 0x1A2B3C4D, major, 0, -1)
    return block(0x0A0D0D0A, body, byte_order)


def interface(
    link_type: int = ETHERNET,
    byte_order: ByteOrder = "little",
    *,
    resolution: int | None = None,
    offset_seconds: int | None = None,
    name: str = "",
    snap_length: int = 0,
) -> bytes:
    """Return an Interface Description Block; ``resolution`` is the byte of if_tsresol."""
    given = []
    if name:
        given.append((2, name.encode()))
    if resolution is not None:
        given.append((9, bytes((resolution,))))
    if offset_seconds is not None:
        given.append((14, struct.pack(_sign(byte_order) + "q", offset_seconds)))
    body = struct.pack(_sign(byte_order) + "HHI", link_type, 0, snap_length)
    return block(1, body + options_of(given, byte_order), byte_order)


def enhanced(
    units: int,
    frame: bytes,
    byte_order: ByteOrder = "little",
    *,
    index: int = 0,
    beyond: int = 0,
    options: Iterable[tuple[int, bytes]] = (),
) -> bytes:
    """Return an Enhanced Packet Block with its time in the interface's units."""
    body = struct.pack(
        _sign(byte_order) + "IIIII",
        index,
        units >> 32,
        units & 0xFFFF_FFFF,
        len(frame),
        len(frame) + beyond,
    )
    return block(6, body + padded(frame) + options_of(options, byte_order), byte_order)


def simple(frame: bytes, byte_order: ByteOrder = "little", *, beyond: int = 0) -> bytes:
    """Return a Simple Packet Block."""
    return block(3, struct.pack(_sign(byte_order) + "I", len(frame) + beyond) + padded(frame), byte_order)


def obsolete(units: int, frame: bytes, byte_order: ByteOrder = "little", *, index: int = 0) -> bytes:
    """Return an obsolete Packet Block."""
    head = struct.pack(
        _sign(byte_order) + "HHIIII", index, 0, units >> 32, units & 0xFFFF_FFFF, len(frame), len(frame)
    )
    return block(2, head + padded(frame), byte_order)


def statistics(
    byte_order: ByteOrder = "little", *, index: int = 0, if_drop: int = 0, os_drop: int = 0
) -> bytes:
    """Return an Interface Statistics Block."""
    order = _sign(byte_order)
    given = [(5, struct.pack(order + "Q", if_drop)), (7, struct.pack(order + "Q", os_drop))]
    return block(5, struct.pack(order + "III", index, 0, 0) + options_of(given, byte_order), byte_order)


def block(kind: int, body: bytes, byte_order: ByteOrder = "little") -> bytes:
    """Return any pcapng block; the body is padded."""
    order = _sign(byte_order)
    length = len(padded(body)) + 12
    return struct.pack(order + "II", kind, length) + padded(body) + struct.pack(order + "I", length)


def options_of(options: Iterable[tuple[int, bytes]], byte_order: ByteOrder = "little") -> bytes:
    """Return options with their end; nothing when there are none."""
    order = _sign(byte_order)
    parts = [struct.pack(order + "HH", code, len(value)) + padded(value) for code, value in options]
    return b"".join([*parts, struct.pack(order + "HH", 0, 0)]) if parts else b""


def padded(body: bytes) -> bytes:
    """Return the body with zeros up to a multiple of 4."""
    return body + bytes(-len(body) % 4)


def _sign(byte_order: ByteOrder) -> str:
    return ">" if byte_order == "big" else "<"
