"""Rings by hand, and a dull reader of them with ``struct``: what the compiled walk is compared with."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

BLOCK_BYTES = 4096
BLOCK_HEADER, FRAME_HEADER = 48, 68
USER, VLAN, VLAN_TYPE = 0x01, 0x10, 0x40
OUTGOING = 4


class Sent(NamedTuple):
    """A frame as the kernel puts it into a ring."""

    content: bytes
    wire: int
    ts_ns: int
    vlan: int | None = None
    vlan_type: int | None = None
    packet_type: int = 0
    headroom: int = 18


class Read(NamedTuple):
    """A frame as it comes out."""

    content: bytes
    wire: int
    ts_ns: int
    number: int


@dataclass(slots=True)
class Told:
    """What a walk over all blocks gives."""

    frames: list[Read] = field(default_factory=list)
    wire_bytes: int = 0
    duplicates: int = 0
    unreadable: int = 0
    held: int = 0


def ring(blocks: Sequence[Sequence[Sent] | None]) -> bytearray:
    """Return a ring; None is a block that the kernel keeps."""
    return bytearray(b"".join(_block(frames) for frames in blocks))


def read(memory: bytes | bytearray, *, has_macs: bool = True, skips_outgoing: bool = False) -> Told:
    """Read all blocks from the first to one that is not ready, each at most once."""
    told = Told()
    for start in range(0, len(memory), BLOCK_BYTES):
        block = memory[start : start + BLOCK_BYTES]
        status, count, first = struct.unpack_from("=III", block, 8)
        if not status & USER:
            break
        _read_block(block, count, first, told, has_macs=has_macs, skips_outgoing=skips_outgoing)
        told.held += 1
    return told


def _read_block(
    block: bytes | bytearray, count: int, place: int, told: Told, *, has_macs: bool, skips_outgoing: bool
) -> None:
    for left in range(count, 0, -1):
        if place % 8 or place < BLOCK_HEADER or place + FRAME_HEADER > BLOCK_BYTES:
            told.unreadable += left
            return
        following, seconds, ns, captured, wire, status, to_frame = struct.unpack_from("=6IH", block, place)
        tag, kind = struct.unpack_from("=IH", block, place + 32)
        start = place + to_frame
        if to_frame < FRAME_HEADER or start + captured > BLOCK_BYTES:
            told.unreadable += left
            return
        content = bytes(block[start : start + captured])
        if skips_outgoing and block[place + 58] == OUTGOING:
            told.duplicates += 1
        else:
            if status & VLAN and has_macs and captured >= 12:
                if to_frame >= FRAME_HEADER + 4:
                    kind = kind if status & VLAN_TYPE else 0x8100
                    content = content[:12] + struct.pack("!HH", kind, tag & 0xFFFF) + content[12:]
                wire += 4
            told.wire_bytes += wire
            number = len(told.frames) + 1
            told.frames.append(Read(content, max(wire, len(content)), seconds * 10**9 + ns, number))
        if left > 1 and following < FRAME_HEADER:
            told.unreadable += left - 1
            return
        place += following


def _block(frames: Sequence[Sent] | None) -> bytes:
    if frames is None:
        return bytes(BLOCK_BYTES)
    records = [_record(frame, is_last=number == len(frames)) for number, frame in enumerate(frames, 1)]
    body = b"".join(records)
    head = struct.pack("=5I", 1, 0, USER, len(frames), BLOCK_HEADER) + bytes(28)
    block = head + body
    assert len(block) <= BLOCK_BYTES
    return block + bytes(BLOCK_BYTES - len(block))


def _record(frame: Sent, *, is_last: bool) -> bytes:
    to_frame = FRAME_HEADER + frame.headroom
    size = -(-(to_frame + len(frame.content)) // 8) * 8
    status = USER
    if frame.vlan is not None:
        status |= VLAN | (0 if frame.vlan_type is None else VLAN_TYPE)
    seconds, ns = divmod(frame.ts_ns, 10**9)
    head = struct.pack(
        "=6IHHIIHH8x",
        0 if is_last else size,
        seconds,
        ns,
        len(frame.content),
        frame.wire,
        status,
        to_frame,
        to_frame + 14,
        0xDEAD,
        frame.vlan or 0,
        frame.vlan_type or 0,
        0,
    )
    address = struct.pack("=HHiHBB8s", 17, 0, 1, 1, frame.packet_type, 6, b"")
    return (head + address + bytes(frame.headroom) + frame.content).ljust(size, b"\0")
