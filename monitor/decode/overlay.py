"""Overlays of data centres: VXLAN (RFC 7348), VXLAN-GPE, Geneve (RFC 8926), and service chains (NSH, RFC 8300).

The numbers of VXLAN and Geneve networks belong to the flow key: addresses repeat from one network to the other.
"""

from monitor.compiling import part
from monitor.decode._bytes import be16, be24, u8
from monitor.decode._kernel import Row, int64
from monitor.decode._table import choice
from monitor.decode._walk import (
    DONE,
    ETHERNET,
    IPV4,
    IPV6,
    MPLS,
    NSH,
    OUTCOME_MALFORMED,
    OUTCOME_NOT_IP,
    enter,
    go,
    go_ether_type,
    need,
    stop,
)
from monitor.decode.ethernet import MIN_TYPE
from monitor.model.packet import Tunnel

_VXLAN_VNI_VALID = 0x08
_GPE_NEXT_PROTOCOL = 0x04
_NSH_FIXED = 0xC000
"""RFC 8300 section 2.2: version."""
_VXLAN = int(Tunnel.VXLAN)
_GENEVE = int(Tunnel.GENEVE)
_NSH = int(Tunnel.NSH)
_layer_of = choice({1: IPV4, 2: IPV6, 3: ETHERNET, 4: NSH, 5: MPLS}, otherwise=DONE)
"""The protocol numbers that VXLAN-GPE and NSH share."""


@part
def vxlan(walk: Row) -> None:
    """RFC 7348 section 5."""
    if not need(walk, 8):
        return
    at = walk.position
    if not u8(walk, at) & _VXLAN_VNI_VALID or u8(walk, at + 7) != 0:
        stop(walk, OUTCOME_MALFORMED)
        return
    _virtual_network(walk, int64(_VXLAN), be24(walk, at + 4))
    go(walk, 8, ETHERNET)


@part
def vxlan_gpe(walk: Row) -> None:
    """draft-ietf-nvo3-vxlan-gpe section 3: the fourth byte says what follows."""
    if not need(walk, 8):
        return
    at = walk.position
    flags = u8(walk, at)
    if not flags & _VXLAN_VNI_VALID or u8(walk, at + 7) != 0:
        stop(walk, OUTCOME_MALFORMED)
        return
    _virtual_network(walk, int64(_VXLAN), be24(walk, at + 4))
    walk.position += 8
    _next_protocol(walk, u8(walk, at + 3) if flags & _GPE_NEXT_PROTOCOL else 3)


@part
def _virtual_network(walk: Row, tunnel: int, vni: int) -> None:
    enter(walk, tunnel, vni)
    walk.vni = vni


@part
def _next_protocol(walk: Row, protocol: int) -> None:
    walk.layer = _layer_of(protocol)
    if walk.layer == DONE:
        stop(walk, OUTCOME_NOT_IP)


@part
def nsh(walk: Row) -> None:
    """RFC 8300 section 2: base header, service path, context."""
    if not need(walk, 8):
        return
    at = walk.position
    base = be16(walk, at)
    size = (base & 0x3F) * 4
    if base & _NSH_FIXED or size < 8:
        stop(walk, OUTCOME_MALFORMED)
    elif need(walk, size):
        enter(walk, _NSH, be24(walk, at + 4))
        walk.position += size
        _next_protocol(walk, u8(walk, at + 3))


@part
def geneve(walk: Row) -> None:
    """RFC 8926 section 3.4: version and option length, flags, protocol type, VNI."""
    if not need(walk, 8):
        return
    at = walk.position
    first = u8(walk, at)
    kind = be16(walk, at + 2)
    if first >> 6 != 0 or kind < MIN_TYPE or u8(walk, at + 7) != 0:
        stop(walk, OUTCOME_MALFORMED)
        return
    size = 8 + (first & 0x3F) * 4
    if need(walk, size):
        _virtual_network(walk, int64(_GENEVE), be24(walk, at + 4))
        go_ether_type(walk, size, kind)
