"""The program in a machine: what decode says belongs together gets one hash, and nobody can guess it."""

from __future__ import annotations

import random
import socket
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from monitor.capture.bpf import MAX_INSTRUCTIONS, KernelProgram
from monitor.capture.fanout import SEED_BYTES, spread_program, spreading
from monitor.capture.interface import Link
from monitor.capture.replay import Replay
from monitor.decode.decoder import Decoder
from monitor.model.frame import FrameBatch
from monitor.model.packet import Outcome, Tunnel
from tests.kit.bpf_machine import run
from tests.kit.encapsulations import (
    A6,
    B6,
    LINKS,
    ON_ETHERNET,
    PROGRAM,
    SEED,
    TUNNELS,
    A,
    B,
    C,
    D,
    ether,
    ipv4,
    ipv6,
    received,
    udp,
)

if TYPE_CHECKING:
    from monitor.capture.bpf import Instruction

CASES = Path(__file__).parents[2] / "pcaps"
MODEM = Link(hardware_type=519, link_type=101, is_cooked=True, is_loopback=False)
OUTER = spread_program(SEED, ON_ETHERNET, inner=False)
SO_ATTACH_FILTER = 26
OUTGOING = 4
UNSEEN = {Tunnel.L2TP, Tunnel.TEREDO, Tunnel.PPTP, Tunnel.NSH, Tunnel.PBB}
"""Tunnels that the program leaves to the pair outside of them."""
SAMPLE = 300
"""Packets of one case that are looked at."""
ENCAPSULATIONS = LINKS | TUNNELS


@pytest.mark.parametrize("name", ENCAPSULATIONS)
def test_a_packet_that_is_sent_has_the_hash_of_one_received(name: str) -> None:
    frame = ENCAPSULATIONS[name](0x800, ipv4(A, B, 17, udp(1, 2, b"")))
    assert received(frame) == run(PROGRAM, frame, packet_type=OUTGOING)


def test_all_fragments_of_a_datagram_have_one_hash() -> None:
    whole = udp(5000, 4789, bytes(40))
    pieces = [ipv4(A, B, 17, whole[:24], 0x2000), ipv4(A, B, 17, whole[24:], 3), ipv4(B, A, 17, whole)]
    assert len({received(ether(0x800, piece)) for piece in pieces}) == 1
    extension = bytes([17, 0, 0, 1]) + bytes(4)
    pieces6 = [ipv6(A6, B6, 44, extension + whole), ipv6(B6, A6, 17, udp(1, 2, b""))]
    assert len({received(ether(0x86DD, piece)) for piece in pieces6}) == 1


@pytest.mark.parametrize(
    "payload",
    [
        udp(1701, 1701, bytes(40)),
        udp(9, 4789, bytes(60)),
        udp(9, 2152, bytes([0x32, 1]) + bytes(30)),
        udp(9, 6081, bytes([0xC0]) + bytes(30)),
        udp(9, 37008, bytes(30)),
    ],
)
def test_what_is_no_tunnel_goes_by_the_pair_outside(payload: bytes) -> None:
    assert received(ether(0x800, ipv4(C, D, 17, payload))) == received(ether(0x800, ipv4(D, C, 6, bytes(20))))


def test_the_outer_pair_may_choose() -> None:
    frames = [
        ENCAPSULATIONS["gtp-u"](0x800, ipv4(A, bytes([8, 8, 8, last]), 6, bytes(20))) for last in range(9)
    ]
    assert len({received(frame) for frame in frames}) == 9
    outer = {run(OUTER, frame, packet_type=OUTGOING) for frame in frames}
    assert outer == {run(OUTER, ether(0x800, ipv4(D, C, 17, b"")), packet_type=OUTGOING)}


def test_what_has_no_addresses_goes_to_the_first_worker_of_any_number() -> None:
    nothing = {received(ether(kind, bytes(46))) for kind in (0x806, 0x88CC, 0x8847, 0x8864, 40)}
    assert len(nothing) == 1
    assert received(ether(0x800, ipv4(A, B, 17, b"")[:10])) == 0


@pytest.mark.parametrize("workers", [2, 3, 4, 7])
def test_addresses_are_spread_evenly(workers: int) -> None:
    pairs = [(bytes([10, 1, high, low]), B) for high in range(16) for low in range(64)]
    shares = Counter(received(ether(0x800, ipv4(src, dst, 6, b""))) % workers for src, dst in pairs)
    assert len(shares) == workers
    assert min(shares.values()) > 0.8 * len(pairs) / workers


def test_another_seed_spreads_otherwise() -> None:
    other = spread_program(bytes(SEED_BYTES), ON_ETHERNET)
    packets = [ipv4(bytes([10, 0, 0, last]), B, 6, b"") for last in range(64)]
    same = sum(
        received(ether(0x800, packet)) % 2 == run(other, packet, protocol=0x800) % 2 for packet in packets
    )
    assert 16 < same < 48


def test_a_modem_has_packets_without_a_header() -> None:
    program = spread_program(SEED, MODEM)
    for packet_type in (0, OUTGOING):
        for kind, packet in ((0x800, ipv4(A, B, 6, b"")), (0x86DD, ipv6(A6, B6, 6, b""))):
            assert run(program, packet, protocol=kind, packet_type=packet_type) == received(
                ether(kind, packet)
            )


def test_no_bytes_make_the_program_stumble() -> None:
    chance = random.Random(4)
    frames = [wrap(0x800, ipv4(A, B, 17, udp(1, 2, bytes(9)))) for wrap in ENCAPSULATIONS.values()]
    for _ in range(500):
        frame = bytearray(chance.choice(frames))
        for _ in range(chance.randrange(1, 6)):
            frame[chance.randrange(12, len(frame))] = chance.randrange(256)
        received(bytes(frame[: chance.randrange(14, len(frame))]))


@pytest.mark.parametrize("program", [PROGRAM, OUTER, spread_program(SEED, MODEM)])
def test_the_kernel_takes_the_program(program: list[Instruction]) -> None:
    assert len(program) < MAX_INSTRUCTIONS / 2
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        kernel = KernelProgram(program)
        probe.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, kernel.descriptor)


def test_a_seed_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="the seed has 16 bytes"):
        spread_program(b"", ON_ETHERNET)


def test_an_interface_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match="no interface 'nowhere0'; there are lo"):
        spreading(["nowhere0"], SEED, inner=True)


@pytest.mark.parametrize("case", [path.parent.name for path in sorted(CASES.glob("*/capture.pcap"))])
def test_what_decode_finds_together_is_together(case: str) -> None:
    """Packets with the same innermost pair of addresses, whatever they came through, unless in pieces outside."""
    hashes: dict[tuple[int, ...], set[int]] = defaultdict(set)
    decoder = Decoder()
    for batch in Replay([str(CASES / case / "capture.pcap")]).batches():
        for index, row in enumerate(batch.frames[:SAMPLE]):
            if int(row["link_type"]) != 1:
                continue
            alone = FrameBatch(
                buffer=batch.buffer, frames=batch.frames[index : index + 1], first_ordinal=index
            )
            [packet] = [packet.copy() for part in decoder.decode(alone) for packet in part.packets]
            if packet["outcome"] != Outcome.PACKET or packet["pooled"] or packet["tunnel"] in UNSEEN:
                continue
            first = int(row["offset"])
            frame = bytes(batch.buffer[first : first + int(row["captured"])])
            ends = sorted(
                [
                    (int(packet["src_high"]), int(packet["src_low"])),
                    (int(packet["dst_high"]), int(packet["dst_low"])),
                ]
            )
            hashes[*ends[0], *ends[1]].add(received(frame))
    assert [pair for pair, found in hashes.items() if len(found) > 1] == []
