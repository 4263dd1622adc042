"""MPLS label stacks (RFC 3032) and a guess at what lies below: nothing in a stack says it."""

from monitor.compiling import part
from monitor.decode._bytes import be16, be32, u8
from monitor.decode._kernel import Row
from monitor.decode._walk import (
    ETHERNET,
    IPV4,
    IPV6,
    OUTCOME_MALFORMED,
    OUTCOME_NOT_IP,
    enter,
    go,
    need,
    stop,
)
from monitor.decode.ethernet import looks_ethernet
from monitor.model.packet import Tunnel

MAX_LABELS = 16
_BOTTOM = 0x100
"""RFC 3032 section 2.1."""
_CONTROL_WORD_BYTES = 4
"""RFC 4385 section 3: before an Ethernet frame, first nibble 0."""
_MPLS = int(Tunnel.MPLS)


@part
def mpls(walk: Row) -> None:
    """Labels down to the bottom of the stack."""
    for _ in range(MAX_LABELS):
        if not need(walk, 4):
            return
        entry = be32(walk, walk.position)
        walk.position += 4
        if entry & _BOTTOM:
            enter(walk, _MPLS, entry >> 12)
            _below(walk)
            return
    stop(walk, OUTCOME_MALFORMED)


@part
def _below(walk: Row) -> None:
    """RFC 4928 section 3: the first nibble tells IP from a pseudowire, unless a MAC address begins with it."""
    if not need(walk, 1):
        return
    at = walk.position
    nibble = u8(walk, at) >> 4
    if nibble == 4 and _plausible_ipv4(walk, at):
        walk.layer = IPV4
    elif nibble == 6 and _plausible_ipv6(walk, at):
        walk.layer = IPV6
    elif nibble == 0 and looks_ethernet(walk, at + _CONTROL_WORD_BYTES, walk.captured_end):
        go(walk, _CONTROL_WORD_BYTES, ETHERNET)
    elif looks_ethernet(walk, at, walk.captured_end):
        walk.layer = ETHERNET
    elif nibble == 4:
        walk.layer = IPV4
    elif nibble == 6:
        walk.layer = IPV6
    else:
        stop(walk, OUTCOME_NOT_IP)


@part
def _plausible_ipv4(walk: Row, at: int) -> bool:
    """Whether the lengths fit; padding may follow."""
    if at + 20 > walk.captured_end:
        return True
    header = (u8(walk, at) & 15) * 4
    total = be16(walk, at + 2)
    return header >= 20 and (total == 0 or header <= total <= walk.wire_end - at)


@part
def _plausible_ipv6(walk: Row, at: int) -> bool:
    """Whether the length fits exactly; there is hardly room for padding."""
    return at + 40 > walk.captured_end or at + 40 + be16(walk, at + 4) == walk.wire_end  # type: ignore[no-any-return]  # fields
