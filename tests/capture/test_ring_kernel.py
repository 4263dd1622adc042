"""The compiled walk against the dull reader: the same frames for whatever stands in the headers, and never beyond a block."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.capture._ring_kernel import RING_WALK, walk_ring
from monitor.model.frame import FRAME
from tests.kit import oracle_ring as oracle
from tests.kit.oracle_ring import BLOCK_BYTES, Sent, Told

T0 = 1_800_000_000_123_456_789
MACS = b"\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02"


def sent(number: int, size: int = 60, **more: int) -> Sent:
    return Sent((MACS + b"\x08\x00" + bytes([number]) * size)[:size], size, T0 + number, **more)


BLOCKS = [
    [sent(1), sent(2, 61), sent(3, vlan=0x2005), sent(4, vlan=7, vlan_type=0x88A8)],
    [sent(5, packet_type=oracle.OUTGOING), sent(6, 11, vlan=5), sent(7, 0), sent(8, vlan=5, headroom=3)],
    [],
    [sent(9)._replace(wire=9000), sent(10, 1500)],
]


def walk(
    memory: bytes | bytearray, rows: int = 4096, *, has_macs: bool = True, skips_outgoing: bool = False
) -> tuple[Told, list[int]]:
    """Walk all blocks, with a place before them and another ring's memory behind them."""
    around = bytes([0xEE]) * BLOCK_BYTES
    buffer = np.frombuffer(bytearray(around + memory + around), np.uint8)
    states = np.zeros(1, RING_WALK)
    blocks = len(memory) // BLOCK_BYTES
    states[0]["base"], states[0]["block_bytes"] = BLOCK_BYTES, BLOCK_BYTES
    states[0]["blocks"] = states[0]["most_blocks"] = blocks
    states[0]["has_macs"], states[0]["skips_outgoing"] = has_macs, skips_outgoing
    states[0]["interface"], states[0]["link_type"] = 3, 1
    told, counts = Told(), []
    while True:
        frames = np.zeros(rows, FRAME)
        count = walk_ring(buffer, buffer.view(np.uint16), buffer.view(np.uint32), states, frames)
        counts.append(count)
        for row in frames[:count]:
            first, size = int(row["offset"]), int(row["captured"])
            assert BLOCK_BYTES <= first
            assert first + size <= BLOCK_BYTES + len(memory)
            assert (row["interface"], row["link_type"]) == (3, 1)
            content = buffer[first : first + size].tobytes()
            told.frames.append(oracle.Read(content, int(row["wire"]), int(row["ts_ns"]), int(row["number"])))
        if count < rows:
            break
    state = states[0]
    told.wire_bytes, told.held = int(state["wire_bytes"]), int(state["held"])
    told.duplicates, told.unreadable = int(state["duplicates"]), int(state["unreadable"])
    assert around == buffer[:BLOCK_BYTES].tobytes() == buffer[-BLOCK_BYTES:].tobytes()
    assert int(state["newest_ns"]) == max((frame.ts_ns for frame in told.frames), default=0)
    return told, counts


@pytest.mark.parametrize("has_macs", [True, False])
@pytest.mark.parametrize("skips_outgoing", [True, False])
def test_every_frame_of_a_ring_is_read(has_macs: bool, skips_outgoing: bool) -> None:  # noqa: FBT001
    memory = oracle.ring([*BLOCKS, None, BLOCKS[0]])
    expected = oracle.read(memory, has_macs=has_macs, skips_outgoing=skips_outgoing)
    told, _ = walk(memory, has_macs=has_macs, skips_outgoing=skips_outgoing)
    assert expected == told
    assert told.held == 4
    assert told.unreadable == 0


def test_a_tag_that_the_kernel_took_off_is_back_in_its_place() -> None:
    told, _ = walk(oracle.ring([BLOCKS[0]]))
    assert told.frames[2].content == MACS + b"\x81\x00\x20\x05\x08\x00" + b"\x03" * 46
    assert told.frames[2].wire == 64
    assert told.frames[3].content[12:16] == b"\x88\xa8\x00\x07"


def test_a_tag_without_headroom_counts_on_the_wire_only() -> None:
    told, _ = walk(oracle.ring([[sent(8, vlan=5, headroom=3)]]))
    assert (len(told.frames[0].content), told.frames[0].wire) == (60, 64)


@pytest.mark.parametrize("rows", [1, 2, 3, 5])
def test_rows_may_end_anywhere(rows: int) -> None:
    memory = oracle.ring(BLOCKS)
    told, counts = walk(memory, rows)
    assert oracle.read(memory) == told
    assert all(count == rows for count in counts[:-1])


def test_no_more_blocks_are_held_than_allowed() -> None:
    memory = np.frombuffer(bytearray(oracle.ring([BLOCKS[0]] * 3)), np.uint8)
    states = np.zeros(1, RING_WALK)
    states[0]["block_bytes"], states[0]["blocks"], states[0]["most_blocks"] = BLOCK_BYTES, 3, 2
    frames = np.zeros(99, FRAME)
    views = memory, memory.view(np.uint16), memory.view(np.uint32), states, frames
    assert walk_ring(*views) == 8
    assert walk_ring(*views) == 0
    states[0]["held"] = memory[8] = 0
    assert walk_ring(*views) == 4


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (16, 0),  # the first frame would be the block's own header
        (16, BLOCK_BYTES),
        (16, 0xFFFF_FFF8),
        (16, 49),
        (12, 0xFFFF_FFFF),  # more frames than there are
        (48, 0),  # the next frame is this one
        (48, 8),
        (48, 0xFFFF_FFF8),
        (48 + 12, 0xFFFF_FFFF),  # captured
        (48 + 16, 0xFFFF_FFFF),  # on the wire
        (48 + 24, 0),  # the frame would be its own header
        (48 + 24, 0xFFFF),
    ],
)
def test_a_header_that_lies_ends_its_block_and_no_other(place: int, value: int) -> None:
    memory = oracle.ring([BLOCKS[0], BLOCKS[3]])
    size = 2 if place == 48 + 24 else 4
    memory[place : place + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "little")
    told, _ = walk(memory)
    assert oracle.read(memory) == told
    assert told.frames[-1].content == BLOCKS[3][1].content
    assert told.held == 2


@settings(max_examples=200, deadline=None)
@given(
    places=st.lists(
        st.tuples(
            st.integers(0, 150) | st.integers(BLOCK_BYTES // 4, BLOCK_BYTES // 4 + 150),
            st.integers(0, 0xFFFF_FFFF) | st.integers(0, 200).map(lambda number: number * 8),
        ),
        max_size=8,
    ),
    rows=st.integers(1, 9),
)
def test_whatever_stands_in_a_ring_is_read_like_the_dull_reader(
    places: list[tuple[int, int]], rows: int
) -> None:
    memory = oracle.ring([BLOCKS[0], BLOCKS[1]])
    for word, value in places:
        memory[4 * word : 4 * word + 4] = value.to_bytes(4, "little")
    told, _ = walk(bytes(memory), rows, has_macs=False)
    assert oracle.read(memory, has_macs=False) == told
    # Frames may overlap now, so that a tag put back alters others; yet nothing outside of the ring.
    walk(bytes(memory), rows)
