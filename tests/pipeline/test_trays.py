"""What lies on a tray is what was decoded: the same rows, the same payload, wherever that lay before."""

import multiprocessing

import numpy as np
import pytest
from numpy.typing import NDArray

from monitor.model.packet import PACKET, Outcome, PacketBatch
from monitor.pipeline.trays import NO_BLOCK, Laid, Trays

CONTEXT = multiprocessing.get_context()
BUFFER = np.frombuffer(bytes(range(256)) * 8, np.uint8).copy()
POOL = BUFFER[::-1].copy()


def trays(count: int = 2, payload_bytes: int = 4096) -> Trays:
    return Trays(CONTEXT, count, payload_bytes=payload_bytes, block_bytes=len(BUFFER))


def batch(*payload: tuple[int, int, int], buffer: NDArray[np.uint8] = BUFFER) -> PacketBatch:
    """Return packets with payload at a place, of a size, in the pool or not."""
    rows = np.zeros(len(payload), PACKET)
    for number, (row, (place, size, pooled)) in enumerate(zip(rows, payload, strict=True)):
        row["payload_offset"], row["payload_captured"], row["pooled"] = place, size, pooled
        row["ts_ns"] = 100 - number
    return PacketBatch(packets=rows, buffer=buffer, pool=POOL, first_ordinal=7, clock_ns=900)


def payloads(packets: PacketBatch) -> list[bytes]:
    return [
        bytes(
            (packets.pool if row["pooled"] else packets.buffer)[row["payload_offset"] :][
                : row["payload_captured"]
            ]
        )
        for row in packets.packets
    ]


def laid_in_turn(some: Trays, packets: PacketBatch) -> list[Laid]:
    parts: list[Laid] = []
    start = 0
    while start < len(packets.packets):
        parts.append(some.lay(packets, start))
        start += parts[-1].rows
    return parts


def test_payload_is_found_again() -> None:
    packets = batch((30, 50, 0), (0, 9, 1), (200, 0, 0), (90, 10, 0), (500, 20, 1))
    some = trays()
    expected = payloads(packets)
    laid = some.lay(packets, 0)
    assert expected == payloads(some.packets(laid))
    assert (laid.rows, laid.first_ordinal, laid.clock_ns, laid.block) == (5, 7, 900, NO_BLOCK)
    assert packets.packets["payload_offset"].tolist() == [30, 0, 200, 90, 500]


def test_what_finds_no_room_goes_onto_the_next_tray_with_the_clock_of_its_last_packet() -> None:
    packets = batch(*((100 * number, 100, number % 2) for number in range(8)))
    some = trays(count=8, payload_bytes=400)
    parts = laid_in_turn(some, packets)
    assert payloads(packets) == [one for laid in parts for one in payloads(some.packets(laid))]
    assert len(parts) > 1
    firsts = [sum(laid.rows for laid in parts[:place]) for place in range(len(parts))]
    assert [laid.first_ordinal for laid in parts] == [7 + first for first in firsts]
    assert [laid.clock_ns for laid in parts] == [*(100 - first for first in firsts[:-1]), 900]


def test_a_packet_larger_than_a_tray_travels_loose() -> None:
    packets = batch((0, 10, 0), (20, 1500, 0), (0, 1500, 1), (40, 10, 0))
    some = trays(count=4, payload_bytes=100)
    parts = laid_in_turn(some, packets)
    assert payloads(packets) == [one for laid in parts for one in payloads(some.packets(laid))]
    assert [laid.loose is not None for laid in parts] == [False, True, True, False]


def test_rows_that_are_no_packets_carry_no_payload() -> None:
    packets = batch((0, 10, 0), (1 << 40, 1 << 40, 0))
    packets.packets["outcome"][1] = Outcome.MALFORMED
    some = trays()
    assert payloads(some.packets(some.lay(packets, 0)))[0] == payloads(batch((0, 10, 0)))[0]


def test_payload_in_a_block_that_all_see_stays_where_it_is() -> None:
    some = trays()
    block = some.exchange(np.zeros(0, np.uint8), 100)
    assert block is not None
    block[:] = BUFFER
    packets = batch((30, 50, 0), (0, 9, 1), (90, 10, 0), buffer=block)
    laid = some.lay(packets, 0)
    assert laid.block != NO_BLOCK
    assert payloads(packets) == payloads(some.packets(laid))


def test_a_block_is_read_into_again_only_when_nobody_looks_at_it() -> None:
    some = trays(count=1)
    none = np.zeros(0, np.uint8)
    block = some.exchange(none, 1)
    assert block is not None
    laid = some.lay(batch((0, 4, 0), buffer=block), 0)
    held = [some.exchange(none, 1) for _ in range(5)]
    assert [one is None for one in held] == [False] * 4 + [True]
    some.give_back(block)
    assert some.exchange(none, 1) is None
    some.done()
    again = some.exchange(none, 1)
    assert again is not None
    again[:4] = 9
    assert payloads(some.packets(laid)) == [b"\x09" * 4]


@pytest.mark.parametrize("least", [len(BUFFER) + 1, 1 << 40])
def test_no_block_is_larger_than_it_is(least: int) -> None:
    assert trays().exchange(np.zeros(0, np.uint8), least) is None
