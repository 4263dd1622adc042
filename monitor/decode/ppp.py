"""PPP (RFC 1661, 1662) and PPPoE sessions (RFC 2516); ends where the protocol field says IP or MPLS."""

# ruff: noqa: PLR1714, SIM109 - to numba a tuple to look in is a loop and a function of its own

from monitor.compiling import part
from monitor.decode._bytes import be16, u8
from monitor.decode._kernel import Row, int64
from monitor.decode._table import choice
from monitor.decode._walk import (
    DONE,
    IPV4,
    IPV6,
    MPLS,
    OUTCOME_MALFORMED,
    OUTCOME_NOT_IP,
    OUTCOME_OPAQUE,
    PPP,
    enter,
    go,
    go_ether_type,
    need,
    shrink,
    stop,
)
from monitor.model.packet import Tunnel

ADDRESS_AND_CONTROL = 0xFF03
"""RFC 1662 section 3.1; may be left out by agreement."""
CISCO_UNICAST = 0x0F00
CISCO_MULTICAST = 0x8F00
PROTOCOL_IPV4 = 0x0021
PROTOCOL_IPV6 = 0x0057
PROTOCOL_MPLS = 0x0281
PROTOCOL_MPLS_MULTICAST = 0x0283
_UNREADABLE = (0x2D, 0x2F, 0x3D, 0x53, 0x55, 0xFB, 0xFD)
"""Compressed headers (RFC 1144), a part of a multilink frame (RFC 1990), encryption (RFC 1968), compression (RFC 1962)."""
_VERSION_AND_TYPE = 0x11
"""RFC 2516 section 4."""
_PPPOE = int(Tunnel.PPPOE)
_layer_of = choice(
    {
        PROTOCOL_IPV4: IPV4,
        PROTOCOL_IPV6: IPV6,
        PROTOCOL_MPLS: MPLS,
        PROTOCOL_MPLS_MULTICAST: MPLS,
    },
    otherwise=DONE,
)
_why_not = choice(dict.fromkeys(_UNREADABLE, OUTCOME_OPAQUE), otherwise=OUTCOME_NOT_IP)


@part
def pppoe(walk: Row) -> None:
    """RFC 2516 section 4: version and type, code (0 in a session), session id, length."""
    if not need(walk, 6):
        return
    at = walk.position
    if u8(walk, at) != _VERSION_AND_TYPE:
        stop(walk, OUTCOME_MALFORMED)
    elif u8(walk, at + 1) != 0:
        stop(walk, OUTCOME_NOT_IP)
    else:
        enter(walk, _PPPOE, be16(walk, at + 2))
        shrink(walk, at + 6 + be16(walk, at + 4))
        go(walk, 6, PPP)


@part
def ppp(walk: Row) -> None:
    """Address and control if they are there, then the protocol in one or two bytes (RFC 1661 section 6.5)."""
    if not need(walk, 1):
        return
    at = walk.position
    if at + 2 <= walk.captured_end and be16(walk, at) == ADDRESS_AND_CONTROL:
        walk.position += 2
        if not need(walk, 1):
            return
    if u8(walk, walk.position) & 1:
        _protocol(walk, int64(1), u8(walk, walk.position))
    elif need(walk, 2):
        _protocol(walk, int64(2), be16(walk, walk.position))


@part
def _protocol(walk: Row, size: int, protocol: int) -> None:
    go(walk, size, _layer_of(protocol))
    if walk.layer == DONE:
        stop(walk, _why_not(protocol))


@part
def ppp_or_cisco(walk: Row) -> None:
    """A serial line: Cisco's framing has an address that PPP never uses."""
    if not need(walk, 2):
        return
    head = be16(walk, walk.position)
    if head == CISCO_UNICAST or head == CISCO_MULTICAST:
        cisco_hdlc(walk)
    else:
        walk.layer = PPP


@part
def cisco_hdlc(walk: Row) -> None:
    """Address, control, EtherType."""
    if need(walk, 4):
        go_ether_type(walk, 4, be16(walk, walk.position + 2))
