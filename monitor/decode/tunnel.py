"""Tunnels over UDP, recognised by port: which ones there are, and GTP-U, L2TPv2, Teredo, TZSP (``overlay.py`` has the others).

A port is a guess. The packet of the tunnel has been written when a function of this file runs; it stays the frame's
packet unless the walk ends at an IP packet inside. So these functions stop the walk at the first thing implausible.
"""

# ruff: noqa: PLR1714 - to numba a tuple to look in is a loop and a function of its own

from monitor.compiling import part
from monitor.decode._bytes import be16, be32, be64, u8
from monitor.decode._kernel import Row
from monitor.decode._table import choice
from monitor.decode._walk import (
    DONE,
    ETHERNET,
    GENEVE,
    GTPU,
    IP,
    IPV6,
    L2TP,
    MPLS,
    OUTCOME_MALFORMED,
    OUTCOME_NOT_IP,
    OUTCOME_OPAQUE,
    PPP,
    TEREDO,
    TZSP,
    VXLAN,
    VXLAN_GPE,
    WIFI,
    enter,
    go,
    need,
    shrink,
    stop,
)
from monitor.decode.ethernet import looks_ethernet
from monitor.model.packet import Tunnel

PORT_L2TP = 1701
PORT_GTPU = 2152
PORT_TEREDO = 3544
PORT_VXLAN = 4789
PORT_VXLAN_GPE = 4790
PORT_GENEVE = 6081
PORT_MPLS = 6635
PORT_VXLAN_LINUX = 8472
"""Linux before the IANA number."""
PORT_TZSP = 37008
MAX_GTPU_EXTENSIONS = 8
MAX_TZSP_TAGS = 64

_GTPU_VERSION_AND_TYPE = 0x30
"""TS 29.281 section 5.1: version 1, protocol type GTP."""
_GTPU_G_PDU = 255
_GTPU_OPTIONAL = 0x07
_GTPU_EXTENDED = 0x04
_L2TP_LENGTH = 0x4000
_L2TP_SEQUENCE = 0x0800
_L2TP_OFFSET = 0x0200
_L2TP_FIXED = 0xB4FF
"""RFC 2661 section 3.1: type (0 for data), reserved bits and version."""
_L2TP_DATA = 0x0002
_TEREDO_AUTHENTICATION = 0x0001
_TEREDO_ORIGIN = 0x0000
_TEREDO_PREFIX = 0x2001_0000
"""RFC 4380 section 2.6."""
_LINK_LOCAL = 0x3FA
"""fe80::/10."""
_TZSP_PADDING = 0
_TZSP_END = 1
_TZSP_ETHERNET = 1
_TZSP_WIFI = 18
_GTPU = int(Tunnel.GTPU)
_L2TP = int(Tunnel.L2TP)
_TEREDO = int(Tunnel.TEREDO)
_TZSP = int(Tunnel.TZSP)


_layer_of = choice(
    {
        PORT_VXLAN: VXLAN,
        PORT_VXLAN_LINUX: VXLAN,
        PORT_GTPU: GTPU,
        PORT_GENEVE: GENEVE,
        PORT_L2TP: L2TP,
        PORT_TEREDO: TEREDO,
        PORT_VXLAN_GPE: VXLAN_GPE,
        PORT_MPLS: MPLS,
        PORT_TZSP: TZSP,
    },
    otherwise=DONE,
)
_answering = choice({PORT_L2TP: L2TP, PORT_GTPU: GTPU, PORT_TEREDO: TEREDO}, otherwise=DONE)


@part
def udp_tunnel(walk: Row) -> bool:
    """Whether the ports of a datagram are those of a tunnel; the walk then goes on inside.

    The destination port decides. L2TP, Teredo, and old GTP-U gateways also answer from their port.
    """
    layer = _layer_of(walk.dst_port)
    if layer == DONE:
        layer = _answering(walk.src_port)
    if layer == DONE:
        return False
    walk.guessed = 1
    walk.layer = layer
    return True


@part
def gtpu(walk: Row) -> None:
    """TS 29.281 section 5.1; only a G-PDU carries a packet."""
    if not need(walk, 8):
        return
    at = walk.position
    flags = u8(walk, at)
    length = be16(walk, at + 2)
    if flags & 0xF0 != _GTPU_VERSION_AND_TYPE or u8(walk, at + 1) != _GTPU_G_PDU:
        stop(walk, OUTCOME_NOT_IP)
        return
    if at + 8 + length > walk.wire_end:
        stop(walk, OUTCOME_MALFORMED)
        return
    enter(walk, _GTPU, be32(walk, at + 4))
    shrink(walk, at + 8 + length)
    walk.position += 8
    if flags & _GTPU_OPTIONAL and not _gtpu_extensions(walk, flags & _GTPU_EXTENDED):
        return
    walk.layer = IP
    if looks_ethernet(walk, walk.position, walk.captured_end):
        nibble = u8(walk, walk.position) >> 4
        if nibble != 4 and nibble != 6:
            walk.layer = ETHERNET


@part
def _gtpu_extensions(walk: Row, extended: int) -> bool:
    """Section 5.2.1: each has its length in 4-byte units first and the next type last; whether they end in time."""
    if not need(walk, 4):
        return False
    kind = u8(walk, walk.position + 3) if extended else 0
    walk.position += 4
    for _ in range(MAX_GTPU_EXTENSIONS):
        if kind == 0:
            return True
        if not need(walk, 4):
            return False
        size = u8(walk, walk.position) * 4
        if size == 0 or not need(walk, size):
            break
        kind = u8(walk, walk.position + size - 1)
        walk.position += size
    if kind != 0:
        stop(walk, OUTCOME_MALFORMED)
    return kind == 0


@part
def l2tp(walk: Row) -> None:
    """RFC 2661 section 3.1; control messages stay UDP."""
    if not need(walk, 2):
        return
    at = walk.position
    flags = be16(walk, at)
    if flags & _L2TP_FIXED != _L2TP_DATA:
        stop(walk, OUTCOME_NOT_IP)
        return
    lengthy = 2 if flags & _L2TP_LENGTH else 0
    size = 6 + lengthy + (4 if flags & _L2TP_SEQUENCE else 0)
    offset_at = at + size
    if flags & _L2TP_OFFSET:
        size += 2
    if not need(walk, size):
        return
    if lengthy:
        shrink(walk, at + be16(walk, at + 2))
    if flags & _L2TP_OFFSET:
        size += be16(walk, offset_at)
    enter(walk, _L2TP, be32(walk, at + 2 + lengthy))
    go(walk, size, PPP)


@part
def teredo(walk: Row) -> None:
    """RFC 4380 section 5.1.1: authentication and origin indication may stand before the IPv6 packet."""
    if not need(walk, 2):
        return
    if be16(walk, walk.position) == _TEREDO_AUTHENTICATION:
        if not need(walk, 4):
            return
        walk.position += 13 + u8(walk, walk.position + 2) + u8(walk, walk.position + 3)
        if not need(walk, 2):
            return
    if be16(walk, walk.position) == _TEREDO_ORIGIN:
        walk.position += 8
    if not need(walk, 40):
        return
    at = walk.position
    exact = at + 40 + be16(walk, at + 4) == walk.wire_end
    if u8(walk, at) >> 4 != 6 or not exact or not (_teredo_end(walk, at + 8) or _teredo_end(walk, at + 24)):
        stop(walk, OUTCOME_MALFORMED)
        return
    enter(walk, _TEREDO, 0)
    walk.layer = IPV6


@part
def _teredo_end(walk: Row, at: int) -> bool:
    """Whether an address is one of a Teredo client, or local to the link (router solicitation)."""
    high = be64(walk, at)
    return high >> 32 & 0xFFFF_FFFF == _TEREDO_PREFIX or high >> 54 & 0x3FF == _LINK_LOCAL


@part
def tzsp(walk: Row) -> None:
    """TaZmen: version 1, type (0 received, 1 to transmit), encapsulation, tags."""
    if not need(walk, 4):
        return
    at = walk.position
    kind = be16(walk, at + 2)
    if u8(walk, at) != 1 or u8(walk, at + 1) > 1 or (kind != _TZSP_ETHERNET and kind != _TZSP_WIFI):
        stop(walk, OUTCOME_OPAQUE)
        return
    walk.position += 4
    for _ in range(MAX_TZSP_TAGS):
        if not need(walk, 1):
            return
        tag = u8(walk, walk.position)
        if tag == _TZSP_END:
            enter(walk, _TZSP, 0)
            go(walk, 1, ETHERNET if kind == _TZSP_ETHERNET else WIFI)
            return
        if tag == _TZSP_PADDING:
            walk.position += 1
        elif need(walk, 2):
            walk.position += 2 + u8(walk, walk.position + 1)
        else:
            return
    stop(walk, OUTCOME_MALFORMED)
