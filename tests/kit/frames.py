"""Frames of captures as plain pairs, to be cut, moved in time or written again; and packets of a flood by hand."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from monitor.capture.replay import Replay

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_PCAP_NANOSECONDS = 0xA1B23C4D
_SECOND_NS = 1_000_000_000
_SNAP_LENGTH = 1 << 18
ETHERNET = 1


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as it was captured."""

    ts_ns: int
    content: bytes
    wire_bytes: int
    link_type: int

    def cut(self, length: int) -> Frame:
        """Return the frame as a snap length would leave it."""
        return replace(self, content=self.content[:length])


def frames_of(captures: Iterable[Path]) -> list[Frame]:
    """Return every frame of captures in order of time."""
    frames = []
    for batch in Replay([str(capture) for capture in captures]).batches():
        for row in batch.frames:
            first = int(row["offset"])
            content = bytes(batch.buffer[first : first + int(row["captured"])])
            frames.append(Frame(int(row["ts_ns"]), content, int(row["wire"]), int(row["link_type"])))
    return frames


def write(folder: Path, frames: Iterable[Frame]) -> list[Path]:
    """Write frames into one capture for each link type; returns the captures."""
    by_link_type: dict[int, list[Frame]] = {}
    for frame in frames:
        by_link_type.setdefault(frame.link_type, []).append(frame)
    paths = []
    for link_type, own in by_link_type.items():
        path = folder / f"{link_type}.pcap"
        path.write_bytes(_pcap(own, link_type))
        paths.append(path)
    return paths


def ethernet(ts_ns: int, datagram: bytes, *, source_mac: int = 0x0251_0000_0017) -> Frame:
    """Return an IPv4 datagram in an Ethernet frame towards the gateway."""
    content = bytes.fromhex("02005e000001") + source_mac.to_bytes(6, "big") + b"\x08\0" + datagram
    return Frame(ts_ns, content, len(content), ETHERNET)


def ipv4(source: int, target: int, protocol: int, payload: bytes) -> bytes:
    """Return an IPv4 datagram; checksums are not ours to judge."""
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0)
    return head + struct.pack("!II", source, target) + payload


def udp(source_port: int, target_port: int, payload: bytes) -> bytes:
    """Return a UDP datagram."""
    return struct.pack("!HHHH", source_port, target_port, 8 + len(payload), 0) + payload


def tcp_syn(source_port: int, target_port: int, sequence: int) -> bytes:
    """Return the first segment of a connection."""
    return struct.pack("!HHIIBBHHH", source_port, target_port, sequence, 0, 0x50, 0x02, 1024, 0, 0)


def _pcap(frames: Iterable[Frame], link_type: int) -> bytes:
    parts = [struct.pack("<IHHIIII", _PCAP_NANOSECONDS, 2, 4, 0, 0, _SNAP_LENGTH, link_type)]
    for frame in frames:
        seconds, rest_ns = divmod(frame.ts_ns, _SECOND_NS)
        parts += [
            struct.pack("<IIII", seconds, rest_ns, len(frame.content), frame.wire_bytes),
            frame.content,
        ]
    return b"".join(parts)
