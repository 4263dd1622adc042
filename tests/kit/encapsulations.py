"""Packets in everything that the fanout program sees through, by hand; and its hash of a frame that is received."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from monitor.capture.fanout import SEED_BYTES, spread_program
from monitor.capture.interface import Link
from tests.kit.bpf_machine import run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from monitor.capture.bpf import Instruction

SEED = bytes(range(SEED_BYTES))
ON_ETHERNET = Link(hardware_type=1, link_type=1, is_cooked=False, is_loopback=False)
PROGRAM = spread_program(SEED, ON_ETHERNET)
A, B, C, D = (bytes([10, 0, 0, last]) for last in range(1, 5))
A6, B6 = (b"\x20\x01\x0d\xb8" + bytes(11) + bytes([last]) for last in (1, 2))


def ether(kind: int, payload: bytes) -> bytes:
    return b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02" + struct.pack("!H", kind) + payload


def ipv4(src: bytes, dst: bytes, protocol: int, payload: bytes, fragment: int = 0) -> bytes:
    return (
        struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 7, fragment, 64, protocol, 0, src, dst)
        + payload
    )


def ipv6(src: bytes, dst: bytes, protocol: int, payload: bytes) -> bytes:
    return struct.pack("!IHBB16s16s", 6 << 28, len(payload), protocol, 64, src, dst) + payload


def udp(src: int, dst: int, payload: bytes) -> bytes:
    return struct.pack("!HHHH", src, dst, 8 + len(payload), 0) + payload


def gtpu(inner: bytes, flags: int = 0x30, more: bytes = b"") -> bytes:
    return udp(2152, 2152, struct.pack("!BBHI", flags, 255, len(more) + len(inner), 77) + more + inner)


def gre(kind: int, inner: bytes, flags: int = 0, more: bytes = b"") -> bytes:
    return struct.pack("!HH", flags, kind) + more + inner


def received(frame: bytes, program: Sequence[Instruction] = PROGRAM) -> int:
    """Return the hash of a frame as an interface receives it: without MAC header and outermost tag."""
    kind, data = int.from_bytes(frame[12:14], "big"), frame[14:]
    if kind in {0x8100, 0x88A8}:
        kind, data = int.from_bytes(data[2:4], "big"), data[4:]
    return run(program, data, protocol=kind)


def agrees(wrap: Callable[[int, bytes], bytes]) -> bool:
    """Whether both directions of IPv4 and IPv6 have the same hash in an encapsulation as without one."""
    for src, dst, make, kind in ((A, B, ipv4, 0x800), (A6, B6, ipv6, 0x86DD)):
        segment = struct.pack("!HHI", 5, 6, 0) + bytes(12)
        bare = received(ether(kind, make(src, dst, 6, segment)))
        hashes = {received(wrap(kind, make(*ends, 6, segment))) for ends in ((src, dst), (dst, src))}
        if hashes != {bare}:
            return False
    return True


LINKS: dict[str, Callable[[int, bytes], bytes]] = {
    "plain": ether,
    "vlan": lambda kind, ip: ether(0x8100, struct.pack("!HH", 5, kind) + ip),
    "qinq": lambda kind, ip: ether(0x88A8, struct.pack("!HHHH", 5, 0x8100, 6, kind) + ip),
    "four tags": lambda kind, ip: ether(
        0x88A8, struct.pack("!8H", 5, 0x8100, 6, 0x8100, 7, 0x9100, 8, kind) + ip
    ),
    "pppoe": lambda kind, ip: ether(
        0x8864, struct.pack("!BBHHH", 0x11, 0, 1, len(ip) + 2, 0x21 if kind == 0x800 else 0x57) + ip
    ),
    "mpls": lambda _, ip: ether(0x8847, struct.pack("!II", 17 << 12 | 64, 18 << 12 | 0x140) + ip),
}
"""Below IP."""
TUNNELS: dict[str, Callable[[int, bytes], bytes]] = {
    "ip in ip": lambda kind, ip: ether(0x800, ipv4(C, D, 4 if kind == 0x800 else 41, ip)),
    "ip in ipv6": lambda kind, ip: ether(0x86DD, ipv6(A6, B6, 4 if kind == 0x800 else 41, ip)),
    "ip in ipv6 with options": lambda kind, ip: ether(
        0x86DD, ipv6(A6, B6, 60, bytes([4 if kind == 0x800 else 41, 0, 4, 1, 4, 1, 1, 0]) + ip)
    ),
    "vxlan": lambda kind, ip: ether(
        0x800, ipv4(C, D, 17, udp(50000, 4789, b"\x08\0\0\0\0\0\x09\0" + ether(kind, ip)))
    ),
    "vxlan of linux over ipv6": lambda kind, ip: ether(
        0x86DD, ipv6(A6, B6, 17, udp(50000, 8472, b"\x08\0\0\0\0\0\x09\0" + ether(kind, ip)))
    ),
    "vxlan with a tag inside": lambda kind, ip: ether(
        0x800,
        ipv4(
            C,
            D,
            17,
            udp(50000, 4789, b"\x08\0\0\0\0\0\x09\0" + ether(0x8100, struct.pack("!HH", 4, kind) + ip)),
        ),
    ),
    "geneve": lambda kind, ip: ether(
        0x800, ipv4(C, D, 17, udp(50000, 6081, b"\x01\0\x65\x58\0\0\x09\0" + bytes(4) + ether(kind, ip)))
    ),
    "gtp-u": lambda _, ip: ether(0x800, ipv4(C, D, 17, gtpu(ip))),
    "gtp-u with a sequence number": lambda _, ip: ether(0x800, ipv4(C, D, 17, gtpu(ip, 0x32, bytes(4)))),
    "gtp-u with a session container": lambda _, ip: ether(
        0x800, ipv4(C, D, 17, gtpu(ip, 0x34, b"\0\0\0\x85\x01\x10\x09\0"))
    ),
    "gre": lambda kind, ip: ether(0x800, ipv4(C, D, 47, gre(kind, ip))),
    "gre with everything": lambda kind, ip: ether(0x800, ipv4(C, D, 47, gre(kind, ip, 0xB000, bytes(12)))),
    "gre bridged": lambda kind, ip: ether(0x800, ipv4(C, D, 47, gre(0x6558, ether(kind, ip)))),
    "erspan I": lambda kind, ip: ether(0x800, ipv4(C, D, 47, gre(0x88BE, ether(kind, ip)))),
    "erspan II": lambda kind, ip: ether(
        0x800, ipv4(C, D, 47, gre(0x88BE, b"\x10\0\0\x01\0\0\0\0" + ether(kind, ip), 0x1000, bytes(4)))
    ),
    "erspan III": lambda kind, ip: ether(
        0x800,
        ipv4(
            C,
            D,
            47,
            gre(0x22EB, b"\x20\0\0\x01" + bytes(7) + b"\x01" + bytes(8) + ether(kind, ip), 0x1000, bytes(4)),
        ),
    ),
    "tzsp": lambda kind, ip: ether(
        0x800, ipv4(C, D, 17, udp(50000, 37008, b"\x01\0\0\x01\x01" + ether(kind, ip)))
    ),
    "etherip": lambda kind, ip: ether(0x800, ipv4(C, D, 97, b"\x30\0" + ether(kind, ip))),
    "gtp-u in erspan": lambda _, ip: ether(
        0x800, ipv4(A, C, 47, gre(0x88BE, ether(0x800, ipv4(C, D, 17, gtpu(ip)))))
    ),
}
"""Above IP."""
