"""PPP (RFC 1661, 1662) and PPPoE sessions (RFC 2516); ends where the protocol field says IP or MPLS."""

# ruff: noqa: PLR1714, SIM109 - to numba a tuple to look in is a loop and a function of its own

import numpy as np

from monitor.decode._bytes import be16, u8
from monitor.decode._kernel import Row, part
from monitor.decode._walk import (
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
_UNREADABLE = np.isin(np.arange(256), (0x2D, 0x2F, 0x3D, 0x53, 0x55, 0xFB, 0xFD))
"""Compressed headers (RFC 1144), a part of a multilink frame (RFC 1990), encryption (RFC 1968), compression (RFC 1962)."""
_VERSION_AND_TYPE = 0x11
"""RFC 2516 section 4."""
_PPPOE = int(Tunnel.PPPOE)


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
        _protocol(walk, 1, u8(walk, walk.position))
    elif need(walk, 2):
        _protocol(walk, 2, be16(walk, walk.position))


@part
def _protocol(walk: Row, size: int, protocol: int) -> None:
    if protocol == PROTOCOL_IPV4:
        go(walk, size, IPV4)
    elif protocol == PROTOCOL_IPV6:
        go(walk, size, IPV6)
    elif protocol == PROTOCOL_MPLS or protocol == PROTOCOL_MPLS_MULTICAST:
        go(walk, size, MPLS)
    elif protocol < 256 and _UNREADABLE[protocol]:
        stop(walk, OUTCOME_OPAQUE)
    else:
        stop(walk, OUTCOME_NOT_IP)


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
