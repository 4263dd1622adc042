import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.export import _recorder_kernel as kernel
from monitor.export._recorder_kernel import MARK_SLOTS, MAX_PROBES, NOBODY, ROW, WINDOW

WORDS = st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
PORTS = st.integers(0, 65535)


def _end(words: tuple[int, int]) -> tuple[np.uint64, np.uint64]:
    return np.uint64(words[0]), np.uint64(words[1])


def _key(one: tuple[int, int], one_port: int, other: tuple[int, int], other_port: int, seed: int = 1) -> int:
    ends = (_end(one), one_port, _end(other), other_port)
    return int(kernel.flow_key(*ends, np.uint64(kernel.rest(17, -1, 0, 0)), np.uint64(seed)))


@given(WORDS, PORTS, WORDS, PORTS, st.integers(0, 2**64 - 1))
def test_both_directions_of_a_flow_have_one_key(
    one: tuple[int, int], one_port: int, other: tuple[int, int], other_port: int, seed: int
) -> None:
    assert _key(one, one_port, other, other_port, seed) == _key(other, other_port, one, one_port, seed)


def test_neighbouring_flows_have_keys_of_their_own_in_every_part() -> None:
    keys = [
        _key((0, 0xFFFF_0A00_0000 + host), 1024 + port, (0, 0xFFFF_C633_6407), 443)
        for host in range(64)
        for port in range(64)
    ]
    swapped = [
        _key((0, 0xFFFF_0A00_0000 + host), 443, (0, 0xFFFF_C633_6407), 1024 + port)
        for host in range(64)
        for port in range(64)
    ]
    assert len({*keys, *swapped}) == 2 * 64 * 64
    buckets = np.bincount([key & 0xFF for key in keys], minlength=256)
    assert buckets.max() < 48


def test_the_seed_decides_which_keys_there_are() -> None:
    ends = ((0, 1), 1, (0, 2), 2)
    assert _key(*ends, seed=1) != _key(*ends, seed=2)
    one, other = (int(kernel.address_key(_end((0, 1)), np.uint64(seed))) for seed in (1, 2))
    assert one != other


def test_a_table_of_marks_that_is_crowded_refuses_instead_of_searching_for_ever() -> None:
    keys, places = np.zeros(MARK_SLOTS, np.uint64), np.full(MARK_SLOTS, NOBODY, np.int64)
    taken = [
        kernel.enter(np.uint64(place * MARK_SLOTS), place, keys, places) for place in range(MAX_PROBES + 1)
    ]
    assert taken == [True] * MAX_PROBES + [False]
    assert kernel.enter(np.uint64(0), 77, keys, places)
    assert places[0] == 0


def test_a_search_ends_in_a_bucket_without_rows() -> None:
    found = np.zeros(4, np.int64)
    window = (np.zeros(64, np.uint8), np.zeros(4, ROW), np.full(kernel.BUCKETS, NOBODY), np.zeros(1, WINDOW))
    assert kernel.find_flow(*window, 5, np.uint64(5), 0, 1000, found) == 0
    assert kernel.find_name(*window, 5, np.frombuffer(b"\x01a\0", np.uint8), 0, found) == 0


@pytest.mark.parametrize(("source", "size"), [(0, 65), (60, 8), (-1, 4), (0, -1)])
def test_no_byte_outside_of_an_array_is_copied(source: int, size: int) -> None:
    from numba import njit

    @njit(boundscheck=True)
    def copy(target: object, start: int, length: int) -> None:
        kernel._copy(target, 0, target, start, length)

    with pytest.raises(IndexError, match="outside of the frame"):
        copy(np.zeros(64, np.uint8), source, size)
