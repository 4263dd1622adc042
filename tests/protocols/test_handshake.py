import contextlib
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model.errors import Malformed
from monitor.protocols._handshake import (
    MAX_MESSAGE_BYTES,
    MAX_RECORD_BYTES,
    HandshakeStream,
    Message,
    end_of_first,
)
from tests.kit.tls_bytes import message, record

MESSAGES = [Message(2, b"a" * 70), Message(11, b"b" * 3000), Message(12, b""), Message(14, b"")]
FLIGHT = b"".join(message(*each) for each in MESSAGES)


def read(stream: bytes, *cuts: int) -> list[Message]:
    reader = HandshakeStream()
    seen: list[Message] = []
    edges = [0, *sorted(cuts), len(stream)]
    for start, stop in itertools.pairwise(edges):
        seen += reader.feed(stream[start:stop])
    return seen


def test_one_record_may_hold_several_messages() -> None:
    assert read(record(FLIGHT)) == MESSAGES


def test_one_message_may_span_records_and_end_in_the_middle_of_one() -> None:
    assert read(b"".join(record(FLIGHT[at : at + 900]) for at in range(0, len(FLIGHT), 900))) == MESSAGES


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 200), st.lists(st.integers(0, 3200), max_size=6))
def test_records_and_segments_may_be_split_anywhere(size: int, cuts: list[int]) -> None:
    stream = b"".join(record(FLIGHT[at : at + size]) for at in range(0, len(FLIGHT), size))
    assert read(stream, *(min(cut, len(stream)) for cut in cuts)) == MESSAGES


def test_bytes_one_by_one_make_the_same_messages() -> None:
    stream = record(FLIGHT[:1000]) + record(FLIGHT[1000:])
    assert read(stream, *range(len(stream))) == MESSAGES


def test_alerts_and_empty_records_are_passed_over() -> None:
    assert read(record(b"\1\x70", kind=21) + record(b"") + record(FLIGHT)) == MESSAGES


@pytest.mark.parametrize("kind", [20, 23])
def test_nothing_is_read_after_encryption_began(kind: int) -> None:
    reader = HandshakeStream()
    assert list(reader.feed(record(FLIGHT[:74]) + record(b"\1", kind=kind) + record(FLIGHT))) == MESSAGES[:1]
    assert reader.closed
    assert list(reader.feed(record(FLIGHT))) == []


def test_reader_stops_when_it_is_closed_between_two_messages() -> None:
    reader = HandshakeStream()
    for each in reader.feed(record(FLIGHT) + b"rest"):
        assert each == MESSAGES[0]
        reader.close()
    assert not reader._record
    assert not reader._message


@pytest.mark.parametrize("stream", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff"])
def test_what_is_not_a_record_is_malformed(stream: bytes) -> None:
    with pytest.raises(Malformed):
        read(stream)


def test_of_a_message_beyond_the_bound_the_beginning_is_kept() -> None:
    stream = message(11, b"c" * (MAX_MESSAGE_BYTES + 50_000))
    reader = HandshakeStream()
    seen: list[Message] = []
    for at in range(0, len(stream), 16_000):
        seen += reader.feed(record(stream[at : at + 16_000]))
    assert seen == [Message(11, b"c" * MAX_MESSAGE_BYTES)]
    assert reader.closed


def test_memory_is_bounded_whatever_a_peer_sends() -> None:
    reader = HandshakeStream()
    for _ in range(20):
        list(reader.feed(record(b"\x0b\xff\xff\xff" + b"x" * 9000)))
    assert len(reader._record) + len(reader._message) <= MAX_RECORD_BYTES + MAX_MESSAGE_BYTES


@settings(max_examples=150, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=5))
def test_any_bytes_are_read_or_malformed(pieces: list[bytes]) -> None:
    reader = HandshakeStream()
    with contextlib.suppress(Malformed):
        for piece in pieces:
            list(reader.feed(b"\x16\x03\x01" + piece))


def test_a_message_that_fills_the_first_record_is_found_at_once() -> None:
    whole = record(message(1, b"hello"))
    assert end_of_first(whole + b"more") == len(whole)
    assert [0] * len(whole) == [end_of_first(whole[:size]) for size in range(len(whole))]


@pytest.mark.parametrize(
    "payload",
    [record(message(1, b"a") + message(2, b"b")), record(message(1, b"long")[:6]), record(b"", kind=23)],
)
def test_a_record_with_more_or_less_than_one_message_is_left_to_the_stream(payload: bytes) -> None:
    assert end_of_first(payload) == 0
