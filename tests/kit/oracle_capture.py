"""The dull second reader of captures: plain struct over the whole file, to compare the compiled walks with.

It shares no code with them; it reads uncompressed bytes that begin with the magic of a capture.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.model.frame import FrameBatch

_MEBIBYTE = 1 << 20
_LATEST_NS = 1 << 62
_PCAP = {
    b"\xa1\xb2\xc3\xd4": (">", 1000, 16),
    b"\xd4\xc3\xb2\xa1": ("<", 1000, 16),
    b"\xa1\xb2\x3c\x4d": (">", 1, 16),
    b"\x4d\x3c\xb2\xa1": ("<", 1, 16),
    b"\xa1\x2b\x3c\x4d": (">", 1, 16),
    b"\x4d\x3c\x2b\xa1": ("<", 1, 16),
    b"\xa1\xb2\xcd\x34": (">", 1000, 24),
    b"\x34\xcd\xb2\xa1": ("<", 1000, 24),
}
_BYTE_ORDERS = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}
_LEAST = {0x0A0D0D0A: 28, 1: 20, 2: 32, 3: 16, 5: 24, 6: 32}


@dataclass(frozen=True)
class Frame:
    """One frame, with a copy of its bytes."""

    number: int
    ts_ns: int
    data: bytes
    wire: int
    link_type: int
    comment: str | None = None


@dataclass
class Capture:
    """What a capture holds."""

    frames: list[Frame] = field(default_factory=list)
    damage_offset: int | None = None
    unknown_interfaces: int = 0
    skipped_blocks: int = 0


def read(data: bytes) -> Capture:
    """Read a whole capture."""
    return _read_pcap(data) if data[:4] in _PCAP else _Pcapng(data).read()


def frames_of(batches: Iterable[FrameBatch]) -> list[Frame]:
    """Return the frames of a source in the oracle's form; it takes them before the source goes on."""
    frames = []
    for batch in batches:
        for ordinal, row in enumerate(batch.frames, batch.first_ordinal):
            place = int(row["offset"])
            frames.append(
                Frame(
                    number=int(row["number"]),
                    ts_ns=int(row["ts_ns"]),
                    data=batch.buffer[place : place + int(row["captured"])].tobytes(),
                    wire=int(row["wire"]),
                    link_type=int(row["link_type"]),
                    comment=batch.comments.get(ordinal),
                )
            )
    return frames


def _read_pcap(data: bytes) -> Capture:
    capture = Capture()
    if len(data) < 24:
        capture.damage_offset = 0
        return capture
    order, unit_ns, header_bytes = _PCAP[data[:4]]
    snap_length, network = struct.unpack_from(order + "II", data, 16)
    limit = 64 * _MEBIBYTE
    if snap_length:
        limit = min(limit, snap_length + _MEBIBYTE // 4)
    at = 24
    while at < len(data):
        head = data[at : at + header_bytes]
        if len(head) < header_bytes:
            capture.damage_offset = at
            break
        seconds, fraction, captured, wire = struct.unpack_from(order + "IIII", head)
        body = data[at + header_bytes : at + header_bytes + captured]
        if captured > limit or len(body) < captured:
            capture.damage_offset = at
            break
        ts_ns = seconds * 10**9 + fraction * unit_ns
        capture.frames.append(Frame(len(capture.frames) + 1, ts_ns, body, wire, network % 65536))
        at += header_bytes + captured
    return capture


@dataclass(frozen=True)
class _Interface:
    link_type: int
    snap_length: int
    unit: Fraction
    offset_seconds: int


class _Damaged(Exception):  # noqa: N818 - a jump out of the walk, no error
    pass


class _Pcapng:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.order = "<"
        self.interfaces: list[_Interface] = []
        self.last_ns = 0
        self.number = 0
        self.capture = Capture()

    def read(self) -> Capture:
        at = 0
        try:
            while at < len(self.data):
                at += self._block(self.data[at:])
        except _Damaged:
            self.capture.damage_offset = at
        return self.capture

    def _block(self, rest: bytes) -> int:
        _check(len(rest) >= 12)
        if rest[:4] == b"\x0a\x0d\x0d\x0a":
            _check(rest[8:12] in _BYTE_ORDERS)
            self.order = _BYTE_ORDERS[rest[8:12]]
        kind, length = self._unpack("II", rest)
        _check(length >= _LEAST.get(kind, 12) and length % 4 == 0)
        _check(kind not in _LEAST or length <= 64 * _MEBIBYTE)
        _check(len(rest) >= length)
        _check(self._unpack("I", rest, length - 4)[0] == length)
        self._meaning(kind, rest[: length - 4])
        return int(length)

    def _meaning(self, kind: int, block: bytes) -> None:
        if kind == 0x0A0D0D0A:
            _check(self._unpack("H", block, 12)[0] == 1)
            self.interfaces = []
        elif kind == 1:
            self._interface(block)
        elif kind == 5:
            self.capture.unknown_interfaces += self._unpack("I", block, 8)[0] >= len(self.interfaces)
        elif kind == 6:
            self._packet(block, self._unpack("I", block, 8)[0])
        elif kind == 2:
            self._packet(block, self._unpack("H", block, 8)[0])
        elif kind == 3:
            self._simple(block)
        else:
            self.capture.skipped_blocks += 1

    def _interface(self, block: bytes) -> None:
        link_type, _, snap_length = self._unpack("HHI", block, 8)
        options = dict(self._options(block[16:]))
        unit, offset_seconds = Fraction(1, 10**6), 0
        resolution = options.get(9, b"")
        if len(resolution) == 1:
            base = 2 if resolution[0] & 0x80 else 10
            unit = Fraction(1, base ** (resolution[0] & 0x7F))
        if len(options.get(14, b"")) == 8:
            offset_seconds = self._unpack("q", options[14])[0]
        self.interfaces.append(_Interface(link_type, snap_length, unit, offset_seconds))

    def _packet(self, block: bytes, index: int) -> None:
        high, low, captured, wire = self._unpack("IIII", block, 12)
        _check(captured <= len(block) - 28)
        self.number += 1
        if index >= len(self.interfaces):
            self.capture.unknown_interfaces += 1
            return
        interface = self.interfaces[index]
        ts_ns = int((high << 32 | low) * interface.unit * 10**9) + interface.offset_seconds * 10**9
        if 0 <= ts_ns < _LATEST_NS:
            self.last_ns = ts_ns
        options = self._options(block[28 + (captured + 3) // 4 * 4 :])
        comments = [value for code, value in options if code == 1]
        comment = comments[0][:1024].decode("utf-8", "replace").rstrip("\0") if comments else None
        self._add(block[28 : 28 + captured], wire, interface, comment)

    def _simple(self, block: bytes) -> None:
        wire = self._unpack("I", block, 8)[0]
        self.number += 1
        if not self.interfaces:
            self.capture.unknown_interfaces += 1
            return
        captured = min(wire, self.interfaces[0].snap_length or wire)
        self._add(block[12:][:captured], wire, self.interfaces[0], None)

    def _add(self, data: bytes, wire: int, interface: _Interface, comment: str | None) -> None:
        frame = Frame(self.number, self.last_ns, data, wire, interface.link_type, comment)
        self.capture.frames.append(frame)

    def _options(self, raw: bytes) -> list[tuple[int, bytes]]:
        options = []
        while len(raw) >= 4:
            code, size = self._unpack("HH", raw)
            if code == 0 or size > len(raw) - 4:
                break
            options.append((code, raw[4 : 4 + size]))
            raw = raw[4 + (size + 3) // 4 * 4 :]
        return options

    def _unpack(self, layout: str, data: bytes, at: int = 0) -> tuple[int, ...]:
        return struct.unpack_from(self.order + layout, data, at)


def _check(holds: bool) -> None:  # noqa: FBT001 - reads as assert would
    if not holds:
        raise _Damaged
