"""The part of the fanout program below IP: Ethernet, VLAN tags, PPPoE, MPLS; ends at the IP header of its depth."""

from monitor.capture._packet_program import END, KIND, OFFSET, WORK, PacketProgram
from monitor.capture.bpf import (
    IF_ANY_BIT,
    IF_EQUAL,
    IF_GREATER,
    LD_LENGTH,
    LOAD_X_MEMORY,
    RIGHT,
    STORE_X,
    SUBTRACT,
    WITH_X,
)

MAX_TAGS = 4
MAX_LABELS = 4
ETHERNET_BYTES = 14
TYPE_IPV4, TYPE_IPV6 = 0x0800, 0x86DD
_VLAN_TYPES = (0x8100, 0x88A8, 0x9100, 0x9200)
_MPLS_TYPES = (0x8847, 0x8848)
_PPPOE = 0x8864
_PPPOE_SESSION = 0x1100
"""RFC 2516 section 4: version 1, type 1, code 0."""
_PPP_IPV4, _PPP_IPV6 = 0x0021, 0x0057
_IPV6_BYTES = 40


def below_ip(asm: PacketProgram, depth: int) -> None:
    """Write what may stand before the IP header of a depth."""
    if depth > 0:
        asm.label(f"ethernet {depth}")
        asm.half(12)
        asm.keep(KIND)
        asm.skip(ETHERNET_BYTES)
        asm.recall(KIND)
    asm.label(f"type {depth}")
    _by_type(asm, depth)
    asm.label(f"pppoe {depth}")
    _pppoe(asm, depth)
    asm.label(f"mpls {depth}")
    _mpls(asm, depth)
    _bare(asm, depth)


def _by_type(asm: PacketProgram, depth: int) -> None:
    """A is the EtherType, X stands behind it."""
    for tag in range(MAX_TAGS + 1):
        asm.jump_if(IF_EQUAL, TYPE_IPV4, f"ipv4 {depth}")
        asm.jump_if(IF_EQUAL, TYPE_IPV6, f"ipv6 {depth}")
        for kind in _MPLS_TYPES:
            asm.jump_if(IF_EQUAL, kind, f"mpls {depth}")
        asm.jump_if(IF_EQUAL, _PPPOE, f"pppoe {depth}")
        if tag < MAX_TAGS:
            _tag(asm, f"tag {depth} {tag}")
    asm.jump(END)


def _tag(asm: PacketProgram, name: str) -> None:
    """IEEE 802.1Q section 9.3."""
    for kind in _VLAN_TYPES:
        asm.jump_if(IF_EQUAL, kind, name)
    asm.jump(END)
    asm.label(name)
    asm.half(2)
    asm.keep(KIND)
    asm.skip(4)
    asm.recall(KIND)


def _pppoe(asm: PacketProgram, depth: int) -> None:
    """A session, with the protocol in two bytes (RFC 2516 section 4)."""
    asm.half(0)
    asm.jump_unless(IF_EQUAL, _PPPOE_SESSION, END)
    asm.half(6)
    asm.keep(KIND)
    asm.skip(8)
    asm.recall(KIND)
    asm.jump_if(IF_EQUAL, _PPP_IPV4, f"ipv4 {depth}")
    asm.jump_if(IF_EQUAL, _PPP_IPV6, f"ipv6 {depth}")
    asm.jump(END)


def _mpls(asm: PacketProgram, depth: int) -> None:
    """Labels to the bottom of the stack (RFC 3032 section 2.1)."""
    for _ in range(MAX_LABELS):
        asm.byte(2)
        asm.keep(KIND)
        asm.skip(4)
        asm.recall(KIND)
        asm.jump_if(IF_ANY_BIT, 1, f"bare {depth}")
    asm.jump(END)


def _bare(asm: PacketProgram, depth: int) -> None:
    """IP without a header that says so: by its version if its length agrees; a pseudowire has no pair of addresses."""
    asm.label(f"bare {depth}")
    asm.byte(0)
    asm.put(RIGHT, 4)
    asm.jump_if(IF_EQUAL, 4, f"bare ipv4 {depth}")
    asm.jump_unless(IF_EQUAL, 6, END)
    _fits(asm, 4, _IPV6_BYTES)
    asm.jump(f"ipv6 {depth}")
    asm.label(f"bare ipv4 {depth}")
    _fits(asm, 2, 0)
    asm.jump(f"ipv4 {depth}")


def _fits(asm: PacketProgram, place: int, besides: int) -> None:
    """End unless the packet is as long as the field there says, and ``besides``."""
    asm.put(STORE_X, OFFSET)
    asm.put(LD_LENGTH)
    asm.put(SUBTRACT | WITH_X)
    asm.put(SUBTRACT, besides)
    asm.keep(WORK)
    asm.half(place)
    asm.put(LOAD_X_MEMORY, WORK)
    asm.jump_if(IF_GREATER | WITH_X, 0, END)
    asm.put(LOAD_X_MEMORY, OFFSET)
