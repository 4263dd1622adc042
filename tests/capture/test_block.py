"""The reused buffer: left-over moves to the front, large records make it grow, large gaps do not."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from monitor.capture.block import Block
from monitor.capture.bytestream import ByteStream

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def block(tmp_path: Path) -> Iterator[Block]:
    path = tmp_path / "bytes"
    path.write_bytes(CONTENT)
    stream = ByteStream(str(path))
    yield Block(stream, 100)
    stream.close()


def test_left_over_moves_to_the_front_and_the_offset_follows(block: Block) -> None:
    assert block.fill(50)
    block.start += 90
    assert block.fill(50)
    assert (block.start, block.held, block.offset) == (0, 100, 90)
    assert block.text(3, 4) == CONTENT[93:97]


def test_a_record_larger_than_the_block_makes_it_grow(block: Block) -> None:
    assert block.fill(10)
    block.start += 10
    assert block.fill(5000)
    assert block.text(0, 5000) == CONTENT[10:5010]
    assert len(block.buffer) == 5000


def test_a_skip_is_not_bound_by_the_block(block: Block) -> None:
    assert block.skip(9000)
    assert block.fill(4)
    assert (block.offset, block.text(0, 4)) == (9000, CONTENT[9000:9004])
    assert len(block.buffer) == 100


def test_the_end_is_told(block: Block) -> None:
    assert block.skip(len(CONTENT) - 3)
    assert not block.fill(4)
    assert block.held == 3
    assert not block.skip(4)
    assert block.offset == len(CONTENT)


class Turns:
    """Two buffers of 100 bytes in turn, and then none."""

    def __init__(self) -> None:
        self.buffers = [np.zeros(100, np.uint8) for _ in range(2)]
        self.returned: list[int] = []

    def exchange(self, buffer: NDArray[np.uint8], least: int) -> NDArray[np.uint8] | None:
        self.give_back(buffer)
        return self.buffers.pop(0) if self.buffers and least <= 100 else None

    def give_back(self, buffer: NDArray[np.uint8]) -> None:
        self.returned.append(id(buffer))


def test_what_was_read_stays_in_a_buffer_that_was_given(tmp_path: Path) -> None:
    path = tmp_path / "bytes"
    path.write_bytes(CONTENT)
    stream = ByteStream(str(path))
    turns = Turns()
    given = list(turns.buffers)
    block = Block(stream, 100, turns)
    seen = []
    for _ in range(4):
        assert block.fill(50)
        seen.append(bytes(block.buffer[block.start : block.end]))
        block.start += 90
    assert seen == [CONTENT[90 * turn : 90 * turn + 100] for turn in range(4)]
    assert [bytes(one) for one in given] == seen[:2]
    assert [id(one) for one in given] == turns.returned[1:3]
    block.close()
    assert block.held == 0
    stream.close()


def test_damage_of_the_stream_is_told(block: Block, tmp_path: Path) -> None:
    assert not block.is_damaged
    packed = bytearray(gzip.compress(CONTENT))
    packed[-8] ^= 1
    path = tmp_path / "packed"
    path.write_bytes(packed)
    stream = ByteStream(str(path))
    damaged = Block(stream, 100)
    assert not damaged.fill(len(CONTENT) + 1)
    assert (len(CONTENT), True) == (damaged.held, damaged.is_damaged)
    stream.close()
