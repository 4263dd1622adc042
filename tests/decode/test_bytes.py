import numpy as np
import pytest
from numba import njit

from monitor.decode import _bytes
from monitor.decode._kernel import Bytes, Row
from monitor.decode._walk import WALK

DATA = np.frombuffer(bytes.fromhex("f1f2f3f4f5f6f7f8"), np.uint8)


@njit(boundscheck=True)
def read(walks: Row, data: Bytes, at: int, size: int) -> int:  # noqa: PLR0911 - one flat choice
    walk = walks[0]
    _bytes.look_at(walk, data)
    if size == 1:
        return _bytes.u8(walk, at)
    if size == 2:
        return _bytes.be16(walk, at)
    if size == 3:
        return _bytes.be24(walk, at)
    if size == 4:
        return _bytes.be32(walk, at)
    if size == 6:
        return _bytes.be48(walk, at)
    if size == 8:
        return _bytes.be64(walk, at)
    if size == -2:
        return _bytes.le16(walk, at)
    return _bytes.le32(walk, at)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 6, 8, -2, -4])
def test_numbers_are_read_in_their_byte_order(size: int) -> None:
    at = 0 if size == 8 else 1
    order = "little" if size < 0 else "big"
    raw = DATA[at : at + abs(size)].tobytes()
    expected = int.from_bytes(raw, order, signed=size == 8)  # type: ignore[arg-type]  # a literal
    assert expected == read(np.zeros(1, WALK), DATA, at, size)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 6, 8, -2, -4])
@pytest.mark.parametrize("beyond", [1, 2, 1 << 40])
def test_a_number_outside_of_the_bytes_is_refused(size: int, beyond: int) -> None:
    for at in (len(DATA) - abs(size) + beyond, -beyond):
        with pytest.raises(IndexError):
            read(np.zeros(1, WALK), DATA, at, size)


def test_nothing_can_be_read_from_nothing() -> None:
    for size in (1, 2, 8):
        with pytest.raises(IndexError):
            read(np.zeros(1, WALK), DATA[:0], 0, size)
