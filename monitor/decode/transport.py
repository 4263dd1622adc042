"""TCP (RFC 9293), UDP (RFC 768), ICMP (RFC 792, 4443), SCTP (RFC 9260), and the IP protocols that carry packets.

ICMP messages that answer each other are one flow: their ports are the type and the type of the answer. Other ICMP
messages have type and code. What an ICMP error quotes is not decoded.
"""

import numpy as np

from monitor.compiling import part
from monitor.decode import row as rows
from monitor.decode._bytes import be16, be32, u8
from monitor.decode._kernel import Numbers, Row, int64
from monitor.decode._table import call, choice
from monitor.decode._walk import (
    DONE,
    ETHERIP,
    GRE,
    IPV4,
    IPV6,
    MPLS,
    OUTCOME_MALFORMED,
    OUTCOME_PACKET,
    enter,
    need,
    stop,
)
from monitor.decode.fingerprint import fingerprint, payload
from monitor.decode.network import AUTHENTICATION, authentication
from monitor.decode.tunnel import udp_tunnel
from monitor.model.flow import ICMP6_COUNTERPART, ICMP_COUNTERPART
from monitor.model.packet import IpProtocol, Tunnel

PROTOCOL_ICMP = int(IpProtocol.ICMP)
PROTOCOL_IPV4 = 4
PROTOCOL_TCP = int(IpProtocol.TCP)
PROTOCOL_UDP = int(IpProtocol.UDP)
PROTOCOL_IPV6 = 41
PROTOCOL_GRE = 47
PROTOCOL_ICMP6 = int(IpProtocol.ICMP6)
PROTOCOL_ETHERIP = 97
PROTOCOL_SCTP = int(IpProtocol.SCTP)
PROTOCOL_MPLS = 137
"""RFC 4023."""
_IPIP = int(Tunnel.IPIP)
_SIX_IN_FOUR = int(Tunnel.SIX_IN_FOUR)
_layer_of = choice(
    {
        PROTOCOL_IPV4: IPV4,
        PROTOCOL_IPV6: IPV6,
        PROTOCOL_GRE: GRE,
        PROTOCOL_ETHERIP: ETHERIP,
        PROTOCOL_MPLS: MPLS,
    },
    otherwise=DONE,
)


def _counterparts(table: dict[int, int]) -> Numbers:
    """Return the answering type of every ICMP type, -1 where there is none."""
    return np.array([table.get(kind, -1) for kind in range(256)], np.int64)


_ICMP_ANSWER = _counterparts(ICMP_COUNTERPART)
_ICMP6_ANSWER = _counterparts(ICMP6_COUNTERPART)


@part
def _tcp(walk: Row, row: Row) -> None:
    """RFC 9293 section 3.1; options that were not captured cost the payload, not the packet."""
    if not need(walk, 20):
        return
    at = walk.position
    header = (u8(walk, at + 12) >> 4) * 4
    if header < 20 or at + header > walk.wire_end:
        stop(walk, OUTCOME_MALFORMED)
        return
    _clear(walk)
    walk.src_port = be16(walk, at)
    walk.dst_port = be16(walk, at + 2)
    walk.sequence = be32(walk, at + 4)
    walk.acknowledgement = be32(walk, at + 8)
    walk.tcp_flags = u8(walk, at + 13)
    walk.position = at + header
    size = walk.wire_end - walk.position
    if walk.ip_id != 0 or size > 0:
        words = walk.sequence << 32 | walk.acknowledgement
        shape = be16(walk, at + 14) << 8 | walk.tcp_flags
        walk.fingerprint = fingerprint(walk, words ^ shape << 40, be16(walk, at + 16), size << 24 | shape)
    rows.packet(walk, row)
    stop(walk, OUTCOME_PACKET)


@part
def _udp(walk: Row, row: Row) -> None:
    """RFC 768; the length may be shorter than the IP payload, and 0 where the IP length is (RFC 2675 section 4)."""
    if not need(walk, 8):
        return
    at = walk.position
    length = be16(walk, at + 4)
    if length == 0 and walk.unlimited != 0:
        length = walk.wire_end - at
    if length < 8 or at + length > walk.wire_end:
        stop(walk, OUTCOME_MALFORMED)
        return
    walk.wire_end = at + length
    walk.captured_end = min(walk.captured_end, walk.wire_end)
    _clear(walk)
    walk.src_port = be16(walk, at)
    walk.dst_port = be16(walk, at + 2)
    walk.position = at + 8
    if walk.ip_id != 0:  # without it a device that says the same twice looks like a mirror that does
        words = payload(walk, walk.position, walk.captured_end)
        walk.fingerprint = fingerprint(walk, words, be16(walk, at + 6), length)
    rows.packet(walk, row)
    if not udp_tunnel(walk):
        stop(walk, OUTCOME_PACKET)


@part
def _icmp(walk: Row, row: Row) -> None:
    if not need(walk, 8):
        return
    at = walk.position
    kind = u8(walk, at)
    answer = _ICMP_ANSWER[kind] if walk.protocol == PROTOCOL_ICMP else _ICMP6_ANSWER[kind]
    _clear(walk)
    walk.src_port = kind
    walk.dst_port = answer if answer >= 0 else u8(walk, at + 1)
    if walk.ip_id != 0:
        walk.fingerprint = fingerprint(walk, be32(walk, at + 4), be16(walk, at + 2), walk.wire_end - at)
    walk.position = at + 8
    rows.packet(walk, row)
    stop(walk, OUTCOME_PACKET)


@part
def _sctp(walk: Row, row: Row) -> None:
    """RFC 9260 section 3.1: ports, verification tag, checksum."""
    if not need(walk, 12):
        return
    at = walk.position
    _clear(walk)
    walk.src_port = be16(walk, at)
    walk.dst_port = be16(walk, at + 2)
    if walk.ip_id != 0:
        words = be32(walk, at + 4) << 32 | be32(walk, at + 8)
        walk.fingerprint = fingerprint(walk, words, int64(0), walk.wire_end - at)
    walk.position = at + 12
    rows.packet(walk, row)
    stop(walk, OUTCOME_PACKET)


@part
def _portless(walk: Row, row: Row) -> None:
    """A packet without ports; it is what remains if it carries another one that cannot be read."""
    _clear(walk)
    if walk.ip_id != 0:
        words = payload(walk, walk.position, walk.captured_end)
        walk.fingerprint = fingerprint(walk, words, int64(0), walk.wire_end - walk.position)
    rows.packet(walk, row)
    layer = _layer_of(walk.protocol)
    if layer == DONE:
        stop(walk, OUTCOME_PACKET)
        return
    walk.layer = layer
    if layer == IPV4 or layer == IPV6:  # noqa: PLR1714, SIM109 - to numba a tuple to look in is a loop
        enter(walk, _SIX_IN_FOUR if layer == IPV6 and walk.version == 4 else _IPIP, 0)


@part
def _clear(walk: Row) -> None:
    """Forget the transport header of an outer packet."""
    walk.src_port = 0
    walk.dst_port = 0
    walk.sequence = 0
    walk.acknowledgement = 0
    walk.tcp_flags = 0
    walk.fingerprint = 0


_read = call(
    {
        PROTOCOL_TCP: _tcp,
        PROTOCOL_UDP: _udp,
        PROTOCOL_ICMP: _icmp,
        PROTOCOL_ICMP6: _icmp,
        PROTOCOL_SCTP: _sctp,
        AUTHENTICATION: authentication,
    }
)


@part
def transport(walk: Row, row: Row) -> None:
    """What the IP protocol number stands for."""
    if not _read(walk.protocol, walk, row):
        _portless(walk, row)
