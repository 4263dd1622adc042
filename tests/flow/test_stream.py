"""Ordered payload: first bytes win, holes are declared, nothing is held without bound."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.flow.stream import MAX_WAITING_BYTES, MAX_WAITING_PIECES, Piece, Stream


def test_first_bytes_win_where_segments_overlap() -> None:
    stream = Stream()
    assert stream.push(2, b"CD") == []
    assert stream.push(1, b"bcde") == []
    assert stream.push(0, b"a") == [Piece(b"a", 0), Piece(b"b", 0), Piece(b"CD", 0), Piece(b"e", 0)]


def test_a_retransmission_brings_nothing() -> None:
    stream = Stream()
    stream.push(0, b"abc")
    assert stream.push(1, b"bc") == []
    assert stream.push(2, b"cd") == [Piece(b"d", 0)]


def test_too_many_pieces_beyond_a_hole_declare_it_lost() -> None:
    stream = Stream()
    got: list[Piece] = []
    for i in range(MAX_WAITING_PIECES + 1):
        got += stream.push(10 + 2 * i, b"x")
    assert got == [Piece(b"", 10), Piece(b"x", 0)]


def test_too_many_bytes_beyond_a_hole_declare_it_lost() -> None:
    stream = Stream()
    assert stream.push(1, bytes(MAX_WAITING_BYTES)) == []
    assert stream.push(1 + MAX_WAITING_BYTES, b"z")[0] == Piece(b"", 1)


def test_skipped_bytes_are_a_hole_and_what_was_held_beyond_follows() -> None:
    stream = Stream()
    stream.push(0, b"a")
    stream.push(3, b"d")
    assert stream.skip(2) == [Piece(b"", 2), Piece(b"d", 0)]


def test_what_a_skip_passes_is_dropped_up_to_it() -> None:
    stream = Stream()
    stream.push(2, b"cdef")
    assert stream.skip(4) == [Piece(b"", 4), Piece(b"ef", 0)]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 12)), max_size=40))
def test_any_segments_give_the_first_byte_seen_for_each_place(segments: list[tuple[int, int]]) -> None:
    """Oracle: a dictionary of places; the owner of a place is the first segment that covered it before it was read."""
    stream = Stream()
    owner: dict[int, int] = {}
    out: dict[int, int] = {}
    read = 0

    def take(pieces: list[Piece], at: int) -> int:
        for piece in pieces:
            for byte in piece.payload:
                out[at] = byte
                at += 1
            at += piece.missing
        return at

    for number, (start, length) in enumerate(segments, 1):
        for place in range(max(start, read), start + length):
            owner.setdefault(place, number)
        read = take(stream.push(start, bytes([number]) * length), read)
    take(stream.flush(), read)
    assert owner == out
