"""Which worker gets a frame: a program for the kernel that hashes the innermost pair of IP addresses it finds.

Both directions of a flow have the same pair, and so have all fragments of a datagram, which have no ports. Inside of
tunnels the pair of the inner packet counts, for its two directions may come through different tunnels. What the program
does not see through (L2TP, encryption, more than four IP headers) goes by the pair outside, and what has none to worker 0.

A datagram that is itself a fragment is not looked into: where tunnels fragment, whole and fragmented packets of one inner
flow would part. There the outermost pair must choose (``inner=False``).

A received packet begins at its network header, one that is sent at its link-layer header (packet(7), AF_PACKET taps).
Only positive offsets are used: relative ones reach the linear part of a packet alone, and drivers leave the rest in pages.
"""

from collections.abc import Sequence

from monitor.capture._packet_program import END, KIND, OFFSET, SUM, WORK, PacketProgram
from monitor.capture._spread_link import ETHERNET_BYTES, below_ip
from monitor.capture._spread_tunnel import above_ip
from monitor.capture.bpf import (
    AD_PACKET_TYPE,
    AD_PROTOCOL,
    ADD,
    AND,
    IF_ANY_BIT,
    IF_EQUAL,
    LD_HALF,
    LD_IMMEDIATE,
    LD_WORD,
    LDX_WORD,
    LEFT,
    LOAD_X_IMMEDIATE,
    LOAD_X_MEMORY,
    MULTIPLY,
    RETURN_A,
    RIGHT,
    STORE_X,
    TAX,
    WITH_X,
    XOR,
    Instruction,
)
from monitor.capture.interface import LINK_ETHERNET, Link, check_interface, link_of

SEED_BYTES = 16
MAX_IP_HEADERS = 4
MAX_EXTENSIONS = 2
"""Extension headers of one IPv6 header."""
_OUTGOING = 4
"""PACKET_OUTGOING."""
_FRAGMENT = 0x3FFF
"""RFC 791 section 3.1: more fragments, and the offset."""
_SKIPPED = (0, 43, 60)
"""RFC 8200 section 4: hop-by-hop options, routing, destination options."""


def spreading(names: Sequence[str], seed: bytes, *, inner: bool) -> list[tuple[Instruction, ...]]:
    """Return a program for each interface; raises ValueError for one that is not there."""
    programs = []
    for name in names:
        check_interface(name)
        programs.append(tuple(spread_program(seed, link_of(name), inner=inner)))
    return programs


def spread_program(seed: bytes, link: Link, *, inner: bool = True) -> list[Instruction]:
    """Return the program that gives a frame's hash; nobody who does not know the seed can choose a worker."""
    if len(seed) != SEED_BYTES:
        raise ValueError(f"the seed has {SEED_BYTES} bytes")
    depths = MAX_IP_HEADERS if inner else 1
    asm, mixer = PacketProgram(), _Mixer(seed)
    _begin(asm, link)
    for depth in range(depths):
        is_last = depth == depths - 1
        below_ip(asm, depth)
        asm.label(f"ipv6 {depth}")
        _ipv6(asm, mixer, depth, is_last=is_last)
        asm.label(f"ipv4 {depth}")
        _ipv4(asm, mixer, is_last=is_last)
        if not is_last:
            asm.label(f"protocol {depth}")
            above_ip(asm, depth)
    asm.label(END)
    mixer.finish(asm)
    return asm.program()


def _begin(asm: PacketProgram, link: Link) -> None:
    """Go to the first network header, with its type."""
    asm.put(LD_IMMEDIATE, 0)
    asm.keep(SUM)
    if link.link_type == LINK_ETHERNET:
        asm.put(LD_WORD, AD_PACKET_TYPE)
        asm.jump_unless(IF_EQUAL, _OUTGOING, "received")
        asm.put(LOAD_X_IMMEDIATE, ETHERNET_BYTES)
        asm.put(LD_HALF, ETHERNET_BYTES - 2)
        asm.jump("type 0")
        asm.label("received")
    asm.put(LOAD_X_IMMEDIATE, 0)
    asm.put(LD_WORD, AD_PROTOCOL)


def _ipv4(asm: PacketProgram, mixer: "_Mixer", *, is_last: bool) -> None:
    """RFC 791 section 3.1; the protocol follows at once."""
    asm.byte(0)
    asm.keep(KIND)
    asm.put(RIGHT, 4)
    asm.jump_unless(IF_EQUAL, 4, END)
    mixer.hash_pair(asm, (12,), (16,))
    if is_last:
        asm.jump(END)
        return
    asm.half(6)
    asm.jump_if(IF_ANY_BIT, _FRAGMENT, END)
    asm.byte(9)
    asm.keep(WORK)
    asm.recall(KIND)
    asm.put(AND, 15)
    asm.put(LEFT, 2)
    asm.skip_a()
    asm.recall(WORK)


def _ipv6(asm: PacketProgram, mixer: "_Mixer", depth: int, *, is_last: bool) -> None:
    """RFC 8200 section 3; a fragment header is no protocol that leads on."""
    asm.byte(0)
    asm.put(RIGHT, 4)
    asm.jump_unless(IF_EQUAL, 6, END)
    mixer.hash_pair(asm, (8, 12, 16, 20), (24, 28, 32, 36))
    if is_last:
        asm.jump(END)
        return
    asm.byte(6)
    asm.keep(WORK)
    asm.skip(40)
    asm.recall(WORK)
    for number in range(MAX_EXTENSIONS):
        extension = f"extension {depth} {number}"
        for kind in _SKIPPED:
            asm.jump_if(IF_EQUAL, kind, extension)
        asm.jump(f"protocol {depth}")
        asm.label(extension)
        asm.byte(0)
        asm.keep(WORK)
        asm.byte(1)
        asm.put(ADD, 1)
        asm.put(LEFT, 3)
        asm.skip_a()
        asm.recall(WORK)
    asm.jump(f"protocol {depth}")


class _Mixer:
    """A keyed hash of each address, and their sum, so that neither comes first."""

    def __init__(self, seed: bytes) -> None:
        words = [int.from_bytes(seed[place : place + 4], "big") for place in range(0, SEED_BYTES, 4)]
        self._key, self._first, self._second, self._last = words[0], *(word | 1 for word in words[1:])

    def hash_pair(self, asm: PacketProgram, source: Sequence[int], destination: Sequence[int]) -> None:
        """Put the sum of both hashes in its place; X stays."""
        asm.put(STORE_X, OFFSET)
        self._hash(asm, source)
        asm.keep(SUM)
        self._hash(asm, destination)
        asm.put(LOAD_X_MEMORY, SUM)
        asm.put(ADD | WITH_X)
        asm.keep(SUM)
        asm.put(LOAD_X_MEMORY, OFFSET)

    def finish(self, asm: PacketProgram) -> None:
        """Return the sum, mixed once more: the kernel takes the rest of a division."""
        asm.recall(SUM)
        self._mix(asm, self._last)
        asm.put(RETURN_A)

    def _hash(self, asm: PacketProgram, words: Sequence[int]) -> None:
        asm.put(LD_IMMEDIATE, self._key)
        for word in words:
            asm.keep(WORK)
            asm.put(LDX_WORD, word)
            asm.put(LOAD_X_MEMORY, WORK)
            asm.put(XOR | WITH_X)
            self._mix(asm, self._first)
            asm.put(LOAD_X_MEMORY, OFFSET)
        asm.put(MULTIPLY, self._second)

    @staticmethod
    def _mix(asm: PacketProgram, factor: int) -> None:
        """Multiply, and let the upper bits tell on the lower ones; X is lost."""
        asm.put(MULTIPLY, factor)
        asm.put(TAX)
        asm.put(RIGHT, 15)
        asm.put(XOR | WITH_X)
