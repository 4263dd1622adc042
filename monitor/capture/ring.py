"""One TPACKET_V3 receive ring: a socket of AF_PACKET whose frames lie in memory that it shares with the kernel.

Knows one socket and its ring. When there is a ring, and what to do when its interface goes, is not said here.
"""

import errno
import socket
import struct
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.capture._ring_kernel import COUNT_WORD, RING_WALK, STATUS_WORD, VLAN_TAG_BYTES, walk_ring
from monitor.capture.arena import Arena
from monitor.capture.bpf import Instruction, KernelProgram, accept
from monitor.capture.interface import LINK_ETHERNET, Link, check_interface, link_of
from monitor.capture.walk import Row

BLOCK_BYTES = 256 << 10
"""Small, because a block that its timeout ends is used up however little is in it: many of them outlast a pause of ours."""
_FRAME_BYTES = 2048
"""Version 3 packs frames; the kernel only wants the numbers to fit together."""
_HELD_SHARE = 4
"""A reader holds at most this part of the blocks."""
_SOL_PACKET = 263
_ADD_MEMBERSHIP, _RX_RING, _STATISTICS, _VERSION, _RESERVE, _FANOUT, _FANOUT_DATA = 1, 5, 6, 10, 12, 18, 22
_TPACKET_V3 = 2
_PROMISCUOUS = 1
_SO_ATTACH_FILTER = 26
_ETH_P_ALL = 3
_FANOUT_BY_PROGRAM = 6
_FANOUT_NEW_ID = 0x2000
_MILLISECOND_NS = 1_000_000
NO_RIGHT = (
    "not allowed to listen on {name!r}: this needs CAP_NET_RAW; run as root, give the service "
    "AmbientCapabilities=CAP_NET_RAW, or: setcap cap_net_raw+ep on the Python that runs it"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RingPlan:
    """How a ring is made."""

    ring_bytes: int
    timeout_ns: int
    promiscuous: bool
    program: tuple[Instruction, ...]
    """What lets frames in, from the first one on."""


class Fanout(NamedTuple):
    """A group of rings that share the frames of one interface."""

    group: int | None
    """None: the kernel chooses a number that is free."""
    program: tuple[Instruction, ...]
    """Says which ring a frame goes to."""


class Statistics(NamedTuple):
    """What the kernel counted for a socket since it was asked last."""

    received: int
    """Frames that passed the filter, dropped ones among them."""
    dropped: int
    freezes: int


class Ring:
    """Receives the frames of one interface; raises ValueError, PermissionError or OSError when that cannot be."""

    def __init__(
        self, name: str, plan: RingPlan, arena: Arena, place: int, spare: socket.socket | None = None
    ) -> None:
        check_interface(name)
        self.link = link_of(name)
        self._arena = arena
        self._place = place
        self._open_gate = KernelProgram(plan.program)
        self._closed_gate = KernelProgram(accept(0))
        self._socket = spare or opened_socket(name, self.link)
        with ExitStack() as undo:
            undo.callback(self.close)
            self._set_up(name, plan)
            base = arena.put(place, self._socket.fileno())
            self.close_gate()
            self.bind(name, promiscuous=plan.promiscuous)
            undo.pop_all()
        self._first_held = 0
        blocks = _blocks(plan)
        self._states = _state(base, blocks, self.link)
        self._halves = arena.buffer.view(np.uint16)
        self._words = arena.buffer.view(np.uint32)
        first_word, size = base // 4, plan.ring_bytes // BLOCK_BYTES * BLOCK_BYTES // 4
        self._blocks = self._words[first_word : first_word + size].reshape(blocks, BLOCK_BYTES // 4)

    def fileno(self) -> int:
        """Return the descriptor, for poll."""
        return self._socket.fileno()

    @property
    def walk(self) -> Row:
        """What the walk counted; its fields are those of RING_WALK."""
        return self._states[0]

    @property
    def is_bound(self) -> bool:
        """Whether the interface still exists; one that is down does, and its frames come again by themselves."""
        return bool(self.interface)

    @property
    def interface(self) -> str:
        """What the interface is called now; empty when it is gone."""
        try:
            return str(self._socket.getsockname()[0])
        except OSError:
            return ""

    def read(self, frames: NDArray[np.void]) -> int:
        """Fill the first rows with frames that are ready, and return how many; does not wait."""
        return int(walk_ring(self._arena.buffer, self._halves, self._words, self._states, frames))

    def release(self) -> None:
        """Give blocks that were read to their end back to the kernel: their frames are void."""
        blocks = len(self._blocks)
        for _ in range(int(self.walk["held"])):
            block = self._blocks[self._first_held]
            # In this order: the kernel clears the count only when it begins to fill the block.
            block[COUNT_WORD] = 0
            block[STATUS_WORD] = 0
            self._first_held = (self._first_held + 1) % blocks
        self.walk["held"] = 0

    @property
    def held_share(self) -> float:
        """Share of the ring that was read to its end and not given back."""
        return int(self.walk["held"]) / len(self._blocks)

    @property
    def is_filling(self) -> bool:
        """Whether the kernel keeps frames in a block that it has not handed over."""
        block = self._blocks[int(self.walk["block"])]
        return not block[STATUS_WORD] & 1 and bool(block[COUNT_WORD])

    @property
    def is_ready(self) -> bool:
        """Whether there is something to read."""
        return bool(self.walk["left"]) or bool(self._blocks[int(self.walk["block"])][STATUS_WORD] & 1)

    @property
    def fill(self) -> float:
        """Share of the blocks that the kernel has handed over."""
        return float((self._blocks[:, STATUS_WORD] & 1).mean())

    def statistics(self) -> Statistics:
        """Return what the kernel counted since the last time."""
        answer = self._socket.getsockopt(_SOL_PACKET, _STATISTICS, 12)
        return Statistics(*struct.unpack("=III", answer))

    def clear_error(self) -> bool:
        """Take the error off the socket, so that waiting for it waits; whether there was one."""
        return bool(self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))

    def open_gate(self) -> None:
        """Let frames in."""
        self._attach(self._open_gate)

    def close_gate(self) -> None:
        """Let no more frames in; those that are there can still be read."""
        self._attach(self._closed_gate)

    def bind(self, name: str, *, promiscuous: bool) -> None:
        """Receive from an interface: last of all at the start, and again when it has vanished and come back."""
        if promiscuous:
            request = struct.pack("iHH8s", socket.if_nametoindex(name), _PROMISCUOUS, 0, b"")
            with suppress(OSError):  # a tunnel or a modem has no such mode
                self._socket.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, request)
        self._socket.bind((name, _ETH_P_ALL))

    def join(self, fanout: Fanout) -> int:
        """Share the frames with other rings; returns the number of the group."""
        by_program = _FANOUT_BY_PROGRAM | (_FANOUT_NEW_ID if fanout.group is None else 0)
        try:
            self._socket.setsockopt(_SOL_PACKET, _FANOUT, (fanout.group or 0) | by_program << 16)
        except OSError as error:  # kernels before 6.13 want it up
            name = self.interface
            raise ValueError(
                f"workers cannot share {name!r} ({error.strerror}); put it up first: ip link set {name} up"
            ) from None
        program = KernelProgram(fanout.program)
        self._socket.setsockopt(_SOL_PACKET, _FANOUT_DATA, program.descriptor)
        return self._socket.getsockopt(_SOL_PACKET, _FANOUT) & 0xFFFF

    def close(self) -> None:
        """Give socket and memory back; frames of this ring read as zeros from now on."""
        self._arena.empty(self._place)
        self._socket.close()

    def _set_up(self, name: str, plan: RingPlan) -> None:
        option = self._socket.setsockopt
        option(_SOL_PACKET, _VERSION, _TPACKET_V3)
        option(_SOL_PACKET, _RESERVE, VLAN_TAG_BYTES)
        timeout_ms = max(1, plan.timeout_ns // _MILLISECOND_NS)
        blocks = _blocks(plan)
        frames = BLOCK_BYTES // _FRAME_BYTES * blocks
        request = struct.pack("=7I", BLOCK_BYTES, blocks, _FRAME_BYTES, frames, timeout_ms, 0, 0)
        try:
            option(_SOL_PACKET, _RX_RING, request)
        except OSError as error:
            if error.errno == errno.ENOMEM:
                size = f"{plan.ring_bytes >> 20}MiB"
                raise ValueError(f"no memory for a ring of {size} for {name!r}; lower ring_size") from None
            raise

    def _attach(self, program: KernelProgram) -> None:
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program.descriptor)


def opened_socket(name: str, link: Link) -> socket.socket:
    """Return a socket that a ring can be made of; the one thing here that takes CAP_NET_RAW."""
    try:
        # Without a protocol: it receives nothing before it is bound.
        return socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM if link.is_cooked else socket.SOCK_RAW, 0)
    except PermissionError:
        raise PermissionError(errno.EPERM, NO_RIGHT.format(name=name)) from None


def _blocks(plan: RingPlan) -> int:
    return plan.ring_bytes // BLOCK_BYTES


def _state(base: int, blocks: int, link: Link) -> NDArray[np.void]:
    states = np.zeros(1, RING_WALK)
    state = states[0]
    state["base"] = base
    state["block_bytes"] = BLOCK_BYTES
    state["blocks"] = blocks
    state["most_blocks"] = max(1, blocks // _HELD_SHARE)
    state["link_type"] = link.link_type
    state["has_macs"] = link.link_type == LINK_ETHERNET
    state["skips_outgoing"] = link.is_loopback
    return states
