"""The part of the fanout program above IP: tunnels that lead to another IP header; A is the protocol, X stands behind IP."""

from monitor.capture._packet_program import END, KIND, WORK, PacketProgram
from monitor.capture.bpf import ADD, AND, IF_ANY_BIT, IF_AT_LEAST, IF_EQUAL, LEFT, RIGHT

MAX_EXTENSIONS = 2
"""Extension headers of GTP-U."""
_IPV4, _TCP, _UDP, _IPV6, _GRE, _ETHERIP = 4, 6, 17, 41, 47, 97
_VXLAN_PORTS = (4789, 8472)
_GENEVE_PORT, _GTPU_PORT, _TZSP_PORT = 6081, 2152, 37008
_BRIDGED, _ERSPAN, _ERSPAN_III = 0x6558, 0x88BE, 0x22EB
_GRE_UNREADABLE = 0x4007
"""RFC 2784 section 2: source routes, and versions other than 0."""
_CHECKSUM, _KEY, _SEQUENCE = 0x8000, 0x2000, 0x1000


def above_ip(asm: PacketProgram, depth: int) -> None:
    """Write what may stand between the IP header of a depth and the next one."""
    within = depth + 1
    for protocol, target in (
        (_TCP, END),
        (_UDP, f"udp {depth}"),
        (_GRE, f"gre {depth}"),
        (_IPV4, f"ipv4 {within}"),
        (_IPV6, f"ipv6 {within}"),
    ):
        asm.jump_if(IF_EQUAL, protocol, target)
    asm.jump_unless(IF_EQUAL, _ETHERIP, END)
    _ethernet_after(asm, 2, within)  # RFC 3378 section 3
    asm.label(f"udp {depth}")
    _udp(asm, depth)
    asm.label(f"gre {depth}")
    _gre(asm, depth)


def _ethernet_after(asm: PacketProgram, size: int, within: int) -> None:
    asm.skip(size)
    asm.jump(f"ethernet {within}")


def _by_type(asm: PacketProgram, within: int) -> None:
    asm.recall(KIND)
    asm.jump_if(IF_EQUAL, _BRIDGED, f"ethernet {within}")
    asm.jump(f"type {within}")


def _udp(asm: PacketProgram, depth: int) -> None:
    """Tunnels by the destination port; old gateways also send GTP-U from it."""
    asm.half(2)
    for port in _VXLAN_PORTS:
        asm.jump_if(IF_EQUAL, port, f"vxlan {depth}")
    asm.jump_if(IF_EQUAL, _GTPU_PORT, f"gtpu {depth}")
    asm.jump_if(IF_EQUAL, _GENEVE_PORT, f"geneve {depth}")
    asm.jump_if(IF_EQUAL, _TZSP_PORT, f"tzsp {depth}")
    asm.half(0)
    asm.jump_unless(IF_EQUAL, _GTPU_PORT, END)
    asm.label(f"gtpu {depth}")
    _gtpu(asm, depth)
    asm.label(f"vxlan {depth}")
    _vxlan(asm, depth + 1)
    asm.label(f"geneve {depth}")
    _geneve(asm, depth + 1)
    asm.label(f"tzsp {depth}")
    _tzsp(asm, depth + 1)


def _vxlan(asm: PacketProgram, within: int) -> None:
    """RFC 7348 section 5."""
    asm.byte(8)
    asm.jump_unless(IF_ANY_BIT, 0x08, END)
    asm.byte(15)
    asm.jump_unless(IF_EQUAL, 0, END)
    _ethernet_after(asm, 16, within)


def _geneve(asm: PacketProgram, within: int) -> None:
    """RFC 8926 section 3.4."""
    asm.half(10)
    asm.keep(KIND)
    asm.byte(8)
    asm.jump_if(IF_AT_LEAST, 0x40, END)
    asm.put(LEFT, 2)
    asm.put(ADD, 16)
    asm.skip_a()
    _by_type(asm, within)


def _tzsp(asm: PacketProgram, within: int) -> None:
    """TaZmen: a received Ethernet frame without tags but the last one."""
    for place, value in ((8, 0x0100), (10, 0x0001)):
        asm.half(place)
        asm.jump_unless(IF_EQUAL, value, END)
    asm.byte(12)
    asm.jump_unless(IF_EQUAL, 1, END)
    _ethernet_after(asm, 13, within)


def _gtpu(asm: PacketProgram, depth: int) -> None:
    """TS 29.281 section 5.1: a G-PDU; X goes to the byte that holds the type of the next extension."""
    inside = f"gtpu inside {depth}"
    asm.byte(9)
    asm.jump_unless(IF_EQUAL, 255, END)
    asm.byte(8)
    asm.keep(KIND)
    asm.put(AND, 0xF0)
    asm.jump_unless(IF_EQUAL, 0x30, END)
    asm.skip(15)
    asm.recall(KIND)
    asm.jump_unless(IF_ANY_BIT, 0x07, inside)
    asm.skip(4)
    asm.recall(KIND)
    asm.jump_unless(IF_ANY_BIT, 0x04, inside)
    for _ in range(MAX_EXTENSIONS):
        asm.byte(0)
        asm.jump_if(IF_EQUAL, 0, inside)
        asm.byte(1)
        asm.jump_if(IF_EQUAL, 0, END)
        asm.put(LEFT, 2)
        asm.skip_a()
    asm.byte(0)
    asm.jump_unless(IF_EQUAL, 0, END)
    asm.label(inside)
    asm.skip(1)
    asm.byte(0)
    asm.put(RIGHT, 4)
    asm.jump_if(IF_EQUAL, 4, f"ipv4 {depth + 1}")
    asm.jump_if(IF_EQUAL, 6, f"ipv6 {depth + 1}")
    asm.jump(f"ethernet {depth + 1}")


def _gre(asm: PacketProgram, depth: int) -> None:
    """RFC 2784 and 2890, and ERSPAN on it (draft-foschiano-erspan-03 section 4)."""
    within = depth + 1
    asm.half(0)
    asm.jump_if(IF_ANY_BIT, _GRE_UNREADABLE, END)
    asm.keep(WORK)
    asm.half(2)
    asm.keep(KIND)
    asm.skip(4)
    for flag in (_CHECKSUM, _KEY, _SEQUENCE):
        asm.recall(WORK)
        asm.jump_unless(IF_ANY_BIT, flag, f"gre {depth} {flag}")
        asm.skip(4)
        asm.label(f"gre {depth} {flag}")
    asm.recall(KIND)
    asm.jump_if(IF_EQUAL, _ERSPAN, f"erspan {depth}")
    asm.jump_if(IF_EQUAL, _ERSPAN_III, f"erspan III {depth}")
    _by_type(asm, within)
    asm.label(f"erspan {depth}")
    asm.recall(WORK)
    asm.jump_unless(IF_ANY_BIT, _SEQUENCE, f"ethernet {within}")
    _ethernet_after(asm, 8, within)
    asm.label(f"erspan III {depth}")
    asm.byte(11)
    asm.put(AND, 1)
    asm.put(LEFT, 3)
    asm.put(ADD, 12)
    asm.skip_a()
    asm.jump(f"ethernet {within}")
