"""Frames of every encapsulation, built by hand, and the way from bytes to rows and back."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from monitor.decode.decoder import Decoder
from monitor.model import address
from monitor.model.frame import FRAME, FrameBatch
from monitor.model.packet import PACKET, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

A4, B4 = "10.0.0.7", "198.51.100.7"
A6, B6 = "2001:db8::7", "2001:db8::9"
MAC_A, MAC_B = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")

Frame = tuple[int, bytes, int, int]
"""Link type, bytes, wire length, time."""


def ipv4(
    protocol: int, payload: bytes, src: str = A4, dst: str = B4, *, ident: int = 7, fragment: int = 0
) -> bytes:
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), ident, fragment, 64, protocol, 0)
    return head + address.packed(src) + address.packed(dst) + payload


def ipv6(protocol: int, payload: bytes, src: str = A6, dst: str = B6) -> bytes:
    head = struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64)
    return head + address.packed(src) + address.packed(dst) + payload


def udp(payload: bytes = b"hello", src: int = 40000, dst: int = 53) -> bytes:
    return struct.pack(">HHHH", src, dst, 8 + len(payload), 0x1234) + payload


def tcp(payload: bytes = b"GET /", src: int = 40000, dst: int = 80, options: bytes = b"") -> bytes:
    offset = (20 + len(options)) // 4 << 4
    return struct.pack(">HHIIBBHHH", src, dst, 1000, 2000, offset, 0x18, 512, 0xBEEF, 0) + options + payload


def ethernet(kind: int, payload: bytes) -> bytes:
    return MAC_B + MAC_A + kind.to_bytes(2, "big") + payload


def over_udp(port: int, payload: bytes, src: int = 50000) -> bytes:
    return ethernet(0x0800, ipv4(17, udp(payload, src, port)))


def over_ip(protocol: int, payload: bytes) -> bytes:
    return ethernet(0x0800, ipv4(protocol, payload))


INNER4 = ipv4(6, tcp(), "172.16.0.1", "203.0.113.9")
INNER6 = ipv6(17, udp(), "2001:db8:1::1", "2001:db8:1::2")
INNER_ETHERNET = ethernet(0x0800, INNER4)
TEREDO6 = ipv6(17, udp(), "2001:0:1:2::3", "2001:db8:1::2")
VXLAN = struct.pack(">II", 8 << 24, 77 << 8)

ENCAPSULATIONS: dict[str, tuple[int, bytes]] = {
    "plain4": (1, ethernet(0x0800, INNER4)),
    "plain6": (1, ethernet(0x86DD, INNER6)),
    "vlan": (1, ethernet(0x8100, b"\0\x05\x08\0" + INNER4)),
    "qinq": (1, ethernet(0x88A8, b"\0\x05\x81\0\0\x06\x86\xdd" + INNER6)),
    "old qinq": (1, ethernet(0x9100, b"\0\x05\x92\0\0\x06\x08\0" + INNER4)),
    "pbb": (1, ethernet(0x88E7, b"\0\0\0\x09" + INNER_ETHERNET)),
    "vn-tag": (1, ethernet(0x8926, b"\0\0\0\0\x08\0" + INNER4)),
    "e-tag": (1, ethernet(0x893F, b"\0\0\0\0\0\0\x08\0" + INNER4)),
    "fabric path": (1, ethernet(0x8903, b"\0\x20" + INNER_ETHERNET)),
    "macsec clear": (1, ethernet(0x88E5, b"\x20\0\0\0\0\x01" + bytes(8) + b"\x08\0" + INNER4 + bytes(16))),
    "macsec": (1, ethernet(0x88E5, b"\x2c\0\0\0\0\x01" + bytes(40))),
    "snap": (1, ethernet(8 + len(INNER4), b"\xaa\xaa\x03\0\0\0\x08\0" + INNER4)),
    "llc ip": (1, ethernet(3 + len(INNER4), b"\x06\x06\x03" + INNER4)),
    "arp": (1, ethernet(0x0806, bytes(28))),
    "mpls ip": (1, ethernet(0x8847, b"\x00\x01\x00\x40\x00\x02\x01\x40" + INNER4)),
    "mpls ip6": (1, ethernet(0x8848, b"\x00\x02\x01\x40" + INNER6)),
    "pseudowire": (1, ethernet(0x8847, b"\x00\x02\x01\x40" + bytes(4) + INNER_ETHERNET)),
    "pseudowire bare": (1, ethernet(0x8847, b"\x00\x02\x01\x40" + INNER_ETHERNET)),
    "pppoe": (1, ethernet(0x8864, b"\x11\0\0\x2a" + (2 + len(INNER4)).to_bytes(2, "big") + b"\0\x21" + INNER4)),
    "nsh": (1, ethernet(0x894F, b"\0\x02\x01\x01\0\0\x05\xff" + INNER4)),
    "ipip": (1, over_ip(4, INNER4)),
    "6in4": (1, over_ip(41, INNER6)),
    "4in6": (1, ethernet(0x86DD, ipv6(4, INNER4))),
    "mpls in ip": (1, over_ip(137, b"\x00\x02\x01\x40" + INNER4)),
    "etherip": (1, over_ip(97, b"\x30\0" + INNER_ETHERNET)),
    "gre": (1, over_ip(47, b"\xb0\0\x08\0" + bytes(4) + b"\0\0\0\x0b" + bytes(4) + INNER4)),
    "gre routing": (1, over_ip(47, b"\x40\0\x08\0" + bytes(8) + INNER4)),
    "nvgre": (1, over_ip(47, b"\x20\0\x65\x58\0\0\x4d\x01" + INNER_ETHERNET)),
    "erspan 1": (1, over_ip(47, b"\0\0\x88\xbe" + INNER_ETHERNET)),
    "erspan 2": (1, over_ip(47, b"\x10\0\x88\xbe" + bytes(4) + b"\x10\x00\x00\x21" + bytes(4) + INNER_ETHERNET)),
    "erspan 3": (1, over_ip(47, b"\x10\0\x22\xeb" + bytes(4) + b"\x20\x00\x00\x21" + bytes(7) + b"\x01" + bytes(8) + INNER_ETHERNET)),
    "erspan 3 ip": (1, over_ip(47, b"\x10\0\x22\xeb" + bytes(4) + b"\x20\x00\x04\x21" + bytes(6) + b"\x08\0" + INNER4[:40])),
    "pptp": (1, over_ip(47, b"\x30\x81\x88\x0b" + (4 + len(INNER4)).to_bytes(2, "big") + b"\0\x63" + bytes(8) + b"\xff\x03\0\x21" + INNER4)),
    "eoip": (1, over_ip(47, b"\x20\x01\x64\0" + len(INNER_ETHERNET).to_bytes(2, "big") + b"\x2a\0" + INNER_ETHERNET)),
    "vxlan": (1, over_udp(4789, VXLAN + INNER_ETHERNET)),
    "vxlan linux": (1, over_udp(8472, VXLAN + ethernet(0x8100, b"\0\x05\x86\xdd" + INNER6))),
    "vxlan arp": (1, over_udp(4789, VXLAN + ethernet(0x0806, bytes(28)))),
    "vxlan-gpe": (1, over_udp(4790, struct.pack(">II", 12 << 24 | 1, 77 << 8) + INNER4)),
    "vxlan-gpe nsh": (1, over_udp(4790, struct.pack(">II", 12 << 24 | 4, 77 << 8) + b"\0\x02\x01\x02\0\0\x05\xff" + INNER6)),
    "geneve": (1, over_udp(6081, b"\x02\0\x65\x58\0\0\x4d\0" + bytes(8) + INNER_ETHERNET)),
    "gtpu": (1, over_udp(2152, b"\x30\xff" + len(INNER4).to_bytes(2, "big") + b"\0\0\x30\x39" + INNER4)),
    "gtpu 5g": (1, over_udp(2152, b"\x34\xff" + (len(INNER6) + 8).to_bytes(2, "big") + b"\0\0\x30\x39\0\0\0\x85\x01\x10\x09\0" + INNER6)),
    "gtpu ethernet": (1, over_udp(2152, b"\x30\xff" + len(INNER_ETHERNET).to_bytes(2, "big") + b"\0\0\x30\x39" + INNER_ETHERNET)),
    "gtpu echo": (1, over_udp(2152, b"\x32\x01\0\x04" + bytes(8))),
    "l2tp": (1, over_udp(1701, b"\x4a\x02" + (18 + len(INNER4)).to_bytes(2, "big") + b"\0\x01\0\x02\0\0\0\0\0\x00" + b"\xff\x03\0\x21" + INNER4)),
    "l2tp control": (1, over_udp(1701, b"\xc8\x02\0\x0c" + bytes(8))),
    "teredo": (1, over_udp(3544, b"\0\x01\0\0" + bytes(9) + b"\0\0" + bytes(6) + TEREDO6)),
    "mpls in udp": (1, over_udp(6635, b"\x00\x02\x01\x40" + INNER4)),
    "tzsp": (1, over_udp(37008, b"\x01\0\0\x01\0\x0a\x01\x55\x01" + INNER_ETHERNET)),
    "not a vxlan": (1, over_udp(4789, b"\x08something else on this port")),
    "extensions": (1, ethernet(0x86DD, ipv6(0, b"\x2b\0" + bytes(6) + b"\x3c\0" + bytes(6) + b"\x33\0" + bytes(6) + b"\x06\x04" + bytes(22) + tcp()))),
    "atomic fragment": (1, ethernet(0x86DD, ipv6(44, b"\x11\0\0\0" + bytes(4) + udp()))),
    "authentication": (1, over_ip(51, b"\x11\x04" + bytes(22) + udp())),
    "esp": (1, over_ip(50, bytes(40))),
    "ospf": (1, over_ip(89, bytes(24))),
    "no next header": (1, ethernet(0x86DD, ipv6(59, b""))),
    "icmp echo": (1, over_ip(1, b"\x08\0\x12\x34\0\x01\0\x02ping")),
    "icmp unreachable": (1, over_ip(1, b"\x03\x03\x12\x34\0\0\0\0" + INNER4)),
    "icmp6": (1, ethernet(0x86DD, ipv6(58, b"\x81\0\x12\x34\0\x01\0\x02pong"))),
    "sctp": (1, over_ip(132, struct.pack(">HHII", 36412, 36412, 1, 2) + bytes(16))),
    "options": (1, over_ip(6, tcp(options=bytes(12)))),
    "off-load": (1, ethernet(0x0800, INNER4[:2] + b"\0\0" + INNER4[4:])),
    "null": (0, b"\x02\0\0\0" + INNER4),
    "loop": (108, b"\0\0\0\x1e" + INNER6),
    "raw": (101, INNER6),
    "raw bsd": (12, INNER4),
    "ipv4": (228, INNER4),
    "ipv6": (229, INNER6),
    "sll": (113, b"\0\0\0\x01\0\x06" + MAC_A + b"\0\0\x08\0" + INNER4),
    "sll2": (276, b"\x86\xdd\0\0\0\0\0\x01\0\x01\0\x06" + MAC_A + b"\0\0" + INNER6),
    "ppp": (9, b"\xff\x03\0\x21" + INNER4),
    "ppp short": (9, b"\x21" + INNER4),
    "ppp hdlc cisco": (50, b"\x0f\0\x08\0" + INNER4),
    "ppp direction": (204, b"\x01\xff\x03\0\x57" + INNER6),
    "pppd": (166, b"\x01\x03\0\x21" + INNER4),
    "ppp ether": (51, b"\x11\0\0\x2a" + (2 + len(INNER4)).to_bytes(2, "big") + b"\0\x21" + INNER4),
    "cisco": (104, b"\x8f\0\x86\xdd" + INNER6),
    "wifi": (105, b"\x08\x01\0\0" + bytes(6) + MAC_A + MAC_B + b"\0\0" + b"\xaa\xaa\x03\0\0\0\x08\0" + INNER4),
    "wifi qos wds": (105, b"\x88\x03\0\0" + bytes(12) + MAC_B + b"\0\0" + MAC_A + b"\0\0" + b"\xaa\xaa\x03\0\0\0\x08\0" + INNER4),
    "wifi aggregate": (105, b"\x88\x02\0\0" + bytes(18) + b"\0\0\x80\0" + MAC_B + MAC_A + (8 + len(INNER4)).to_bytes(2, "big") + b"\xaa\xaa\x03\0\0\0\x08\0" + INNER4 + bytes(9)),
    "wifi protected": (105, b"\x08\x41" + bytes(40)),
    "radiotap": (127, b"\0\0\x11\0\x03\0\0\0" + bytes(8) + b"\x10" + b"\x08\x02\0\0" + MAC_B + bytes(6) + MAC_A + b"\0\0" + b"\xaa\xaa\x03\0\0\0\x08\0" + INNER4 + bytes(4)),
    "unknown": (147, b"whatever"),
}  # fmt: skip
"""Link type and frame; the innermost packet of most is INNER4 or INNER6."""


def fragments_of(
    datagram: bytes, sizes: Sequence[int], protocol: int = 17, *, ident: int = 99
) -> list[bytes]:
    """Return the IPv4 fragments of a transport datagram; all sizes but the last are multiples of 8."""
    out, at = [], 0
    for index, size in enumerate(sizes):
        more = 0x2000 if index < len(sizes) - 1 else 0
        out.append(
            ethernet(0x0800, ipv4(protocol, datagram[at : at + size], ident=ident, fragment=more | at // 8))
        )
        at += size
    return out


def frame(link_type: int, content: bytes, wire: int | None = None, ts_ns: int = 0) -> Frame:
    return link_type, content, len(content) if wire is None else wire, ts_ns


def make_batch(frames: Sequence[Frame], first: int = 0, clock_ns: int = 0) -> FrameBatch:
    columns = np.zeros(len(frames), FRAME)
    offset = 3  # a frame need not begin at the start of the buffer
    for index, (link_type, content, wire, ts_ns) in enumerate(frames):
        columns[index] = (offset, len(content), wire, ts_ns, first + index + 1, 0, link_type)
        offset += len(content)
    content = b"\xff" * 3 + b"".join(one[1] for one in frames)
    return FrameBatch(
        buffer=np.frombuffer(content, np.uint8), frames=columns, first_ordinal=first, clock_ns=clock_ns
    )


def rows_of(frames: Sequence[Frame], decoder: Decoder | None = None) -> list[dict[str, Any]]:
    """Decode frames in one batch; each row has its columns, ``payload``, and offsets from the start of its frame."""
    return list(_rows(make_batch(frames), decoder or Decoder()))


def _rows(batch: FrameBatch, decoder: Decoder) -> Iterator[dict[str, Any]]:
    for part in decoder.decode(batch):
        for index, packet in enumerate(part.packets):
            row = {name: packet[name].item() for name in PACKET.names or ()}
            source = part.pool if row["pooled"] else part.buffer
            row["payload"] = source[row["payload_offset"] :][: row["payload_captured"]].tobytes()
            if row["outcome"] == Outcome.PACKET and not row["pooled"]:
                row["payload_offset"] -= int(
                    batch.frames["offset"][part.first_ordinal - batch.first_ordinal + index]
                )
            yield row


def row_of(link_type: int, content: bytes, wire: int | None = None) -> dict[str, Any]:
    """Decode one frame with a decoder of its own."""
    return rows_of([frame(link_type, content, wire)])[0]


def ends(row: dict[str, Any]) -> tuple[str, int, str, int]:
    """Source and destination as people read them."""
    return (
        address.text(row["src_high"], row["src_low"]),
        row["src_port"],
        address.text(row["dst_high"], row["dst_low"]),
        row["dst_port"],
    )
