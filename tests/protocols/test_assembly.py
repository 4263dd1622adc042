import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model.errors import Malformed
from monitor.protocols._assembly import MAX_BYTES, MAX_RANGES, Assembly

TEXT = bytes(range(200))


def test_nothing_is_ready_before_the_beginning_came() -> None:
    assembly = Assembly()
    assembly.add(5, TEXT[5:10])
    assert assembly.ready == 0
    assembly.add(0, TEXT[:5])
    assert assembly.ready == 10
    assert assembly.first(10) == TEXT[:10]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 199), st.integers(0, 60)), max_size=40), st.booleans())
def test_pieces_in_any_order_agree_with_a_plain_set(pieces: list[tuple[int, int]], at_once: bool) -> None:  # noqa: FBT001 - chosen by hypothesis
    assembly, have = Assembly(), set[int]()
    cut = [(start, TEXT[start : start + count]) for start, count in pieces]
    if at_once:
        assembly.add_all(cut)
    for start, piece in cut:
        have |= set(range(start, start + len(piece)))
        if not at_once:
            assembly.add(start, piece)
    ready = next(place for place in range(201) if place not in have)
    assert ready == assembly.ready
    assert TEXT[:ready] == assembly.first(ready)


def test_too_many_islands_are_malformed() -> None:
    assembly = Assembly()
    for island in range(MAX_RANGES):
        assembly.add(island * 2, b"x")
    with pytest.raises(Malformed):
        assembly.add(MAX_RANGES * 2, b"x")


def test_a_piece_beyond_the_bound_is_malformed_and_takes_no_memory() -> None:
    assembly = Assembly()
    with pytest.raises(Malformed):
        assembly.add(MAX_BYTES, b"x")
    assert assembly._data == b""


def test_no_pieces_are_no_change() -> None:
    assembly = Assembly()
    assembly.add_all([])
    assert assembly.ready == 0
