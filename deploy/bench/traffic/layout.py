"""Turns a table of packets into Ethernet frames in a classic pcap, with valid checksums, by numpy and in blocks of frames alike."""

import struct
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from traffic.columns import (
    HOST_BYTES,
    IPV4_BYTES,
    IPV6_BYTES,
    SYN,
    TCP,
    TCP_BYTES,
    UDP,
    UDP_BYTES,
    Columns,
    Packets,
)

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]

FILE_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
RECORD_BYTES, ETHERNET_BYTES = 16, 14
EPOCH_S = 1_760_000_000
SYN_OPTIONS = bytes.fromhex("020405b40402080a001122330000000001030307")
WINDOW = (0xFA, 0xF0)
FRAMES_AT_ONCE = 8192
TTL = 64


class Written(NamedTuple):
    """What came into the file."""

    packets: int
    wire_bytes: int
    file_bytes: int
    seconds: float


class Shape(NamedTuple):
    """What frames of one block have in common."""

    v6: bool
    protocol: int
    syn: bool
    payload_bytes: int

    @property
    def network_bytes(self) -> int:
        return IPV6_BYTES if self.v6 else IPV4_BYTES

    @property
    def transport_bytes(self) -> int:
        if self.protocol != TCP:
            return UDP_BYTES  # an ICMP echo header is as long
        return TCP_BYTES + len(SYN_OPTIONS) if self.syn else TCP_BYTES

    @property
    def frame_bytes(self) -> int:
        return ETHERNET_BYTES + self.network_bytes + self.transport_bytes + self.payload_bytes


def write(path: Path, columns: Columns) -> Written:
    """Write the capture."""
    packets = columns.table()
    payload = np.frombuffer(bytes(columns.payload), np.uint8)
    addresses = np.frombuffer(b"".join(columns.hosts), np.uint8).reshape(-1, HOST_BYTES)
    blocks = list(_blocks(packets))
    sizes = np.zeros(len(packets), np.int64)
    for shape, members in blocks:
        sizes[members] = shape.frame_bytes
    ends = len(FILE_HEADER) + np.cumsum(sizes + RECORD_BYTES)
    starts = ends - sizes - RECORD_BYTES
    out = np.memmap(path, np.uint8, "w+", shape=(int(ends[-1]),))
    out[: len(FILE_HEADER)] = np.frombuffer(FILE_HEADER, np.uint8)
    for shape, members in blocks:
        records = _records(shape, packets[members], members, addresses)
        if shape.payload_bytes:
            at = packets["payload_at"][members]
            records[:, -shape.payload_bytes :] = payload[at[:, None] + np.arange(shape.payload_bytes)]
        _sum_transport(shape, records[:, RECORD_BYTES + ETHERNET_BYTES :])
        out[starts[members][:, None] + np.arange(records.shape[1])] = records
    out.flush()
    seconds = float(packets["at_s"][-1] - packets["at_s"][0])
    return Written(len(packets), int(sizes.sum()), len(out), seconds)


def _blocks(packets: Packets) -> Iterator[tuple[Shape, Numbers]]:
    """Yield rows of the same shape, some thousand at a time."""
    syn = (packets["protocol"] == TCP) & ((packets["flags"] & SYN) != 0)
    kind = (packets["v6"].astype(np.int64) << 8 | packets["protocol"]) << 1 | syn
    kinds, group = np.unique(kind << 16 | packets["payload_bytes"], return_inverse=True)
    by_group = np.argsort(group, kind="stable")
    bounds = np.searchsorted(group[by_group], np.arange(len(kinds) + 1))
    for first, end in pairwise(bounds):
        one = packets[by_group[first]]
        shape = Shape(
            bool(one["v6"]), int(one["protocol"]), bool(syn[by_group[first]]), int(one["payload_bytes"])
        )
        for at in range(first, end, FRAMES_AT_ONCE):
            yield shape, by_group[at : min(at + FRAMES_AT_ONCE, end)]


def _records(shape: Shape, rows: Packets, numbers: Numbers, addresses: Bytes) -> Bytes:
    """Return records with all headers, and room for the payload."""
    records = np.zeros((len(rows), RECORD_BYTES + shape.frame_bytes), np.uint8)
    second = np.floor(rows["at_s"]).astype(np.int64)
    records[:, 0:4] = _little32(second + EPOCH_S)
    records[:, 4:8] = _little32(((rows["at_s"] - second) * 1e6).astype(np.int64))
    records[:, 8:16] = np.tile(_little32(np.array([shape.frame_bytes])), 2)
    ethernet = records[:, RECORD_BYTES:]
    ethernet[:, 0] = ethernet[:, 6] = 2  # locally administered
    ethernet[:, 4:6], ethernet[:, 10:12] = _big16(rows["target"]), _big16(rows["source"])
    ethernet[:, 12:14] = (0x86, 0xDD) if shape.v6 else (0x08, 0x00)
    network = ethernet[:, ETHERNET_BYTES:]
    idents = numbers & 0xFFFF
    if shape.v6:
        _ipv6(shape, network, rows, addresses)
    else:
        _ipv4(shape, network, rows, addresses, idents)
    _transport(shape, network[:, shape.network_bytes :], rows, idents)
    return records


def _ipv6(shape: Shape, header: Bytes, rows: Packets, addresses: Bytes) -> None:
    header[:, 0], header[:, 6], header[:, 7] = 0x60, shape.protocol, TTL
    header[:, 4:6] = _big16(np.array([shape.transport_bytes + shape.payload_bytes]))
    header[:, 8:24], header[:, 24:40] = addresses[rows["source"]], addresses[rows["target"]]


def _ipv4(shape: Shape, header: Bytes, rows: Packets, addresses: Bytes, idents: Numbers) -> None:
    header[:, 0], header[:, 6], header[:, 8], header[:, 9] = 0x45, 0x40, TTL, shape.protocol
    header[:, 2:4] = _big16(np.array([shape.frame_bytes - ETHERNET_BYTES]))
    header[:, 4:6] = _big16(idents)
    header[:, 12:16], header[:, 16:20] = addresses[rows["source"], :4], addresses[rows["target"], :4]
    header[:, 10:12] = _big16(_folded(_words(header[:, :IPV4_BYTES])))


def _transport(shape: Shape, header: Bytes, rows: Packets, idents: Numbers) -> None:
    if shape.protocol not in {TCP, UDP}:
        header[:, 0] = rows["source_port"]
        header[:, 4:6], header[:, 6:8] = _big16(rows["source"]), _big16(idents)
        return
    header[:, 0:2], header[:, 2:4] = _big16(rows["source_port"]), _big16(rows["target_port"])
    if shape.protocol == UDP:
        header[:, 4:6] = _big16(np.array([UDP_BYTES + shape.payload_bytes]))
        return
    header[:, 4:8], header[:, 8:12] = _big32(rows["sequence"]), _big32(rows["acknowledged"])
    header[:, 12], header[:, 13] = shape.transport_bytes // 4 << 4, rows["flags"]
    header[:, 14:16] = WINDOW
    if shape.syn:
        header[:, TCP_BYTES : shape.transport_bytes] = np.frombuffer(SYN_OPTIONS, np.uint8)


def _sum_transport(shape: Shape, network: Bytes) -> None:
    """Fill in the checksum of TCP, UDP (0 is sent as all ones) or ICMP (no pseudo-header)."""
    transport = network[:, shape.network_bytes :]
    total = _words(transport)
    if shape.protocol in {TCP, UDP}:
        addresses = network[:, 8:40] if shape.v6 else network[:, 12:20]
        total = total + _words(addresses) + shape.protocol + shape.transport_bytes + shape.payload_bytes
    checksum = _folded(total)
    if shape.protocol == UDP:
        checksum[checksum == 0] = 0xFFFF
    at = {TCP: 16, UDP: 6}.get(shape.protocol, 2)
    transport[:, at : at + 2] = _big16(checksum)


def _words(part: Bytes) -> Numbers:
    """Return the sum of the big-endian 16-bit words of each row."""
    even = np.pad(part, ((0, 0), (0, part.shape[1] % 2)))
    total: Numbers = np.ascontiguousarray(even).view(">u2").sum(1, dtype=np.int64)
    return total


def _folded(total: Numbers) -> Numbers:
    """Return the Internet checksum (RFC 1071) of a sum of words."""
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _big16(numbers: npt.NDArray[np.integer]) -> Bytes:
    return numbers.astype(">u2").view(np.uint8).reshape(-1, 2)


def _big32(numbers: npt.NDArray[np.integer]) -> Bytes:
    return numbers.astype(">u4").view(np.uint8).reshape(-1, 4)


def _little32(numbers: npt.NDArray[np.integer]) -> Bytes:
    return numbers.astype("<u4").view(np.uint8).reshape(-1, 4)
