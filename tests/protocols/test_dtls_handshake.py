import contextlib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model.errors import Malformed
from monitor.protocols._dtls_handshake import MAX_DATAGRAMS, MAX_INCOMPLETE, DtlsHandshake
from monitor.protocols._handshake import Message
from tests.kit.tls_bytes import dtls_record, fragment

BODY = bytes(range(256)) * 3


def read(*datagrams: bytes) -> list[Message]:
    reader = DtlsHandshake()
    return [each for datagram in datagrams for each in reader.feed(datagram)]


def test_one_datagram_may_hold_several_records_and_messages() -> None:
    datagram = dtls_record(fragment(2, b"a") + fragment(11, b"b")) + dtls_record(fragment(14, b""))
    assert read(datagram) == [Message(2, b"a"), Message(11, b"b"), Message(14, b"")]


def test_fragments_are_put_together_in_any_order_with_overlaps_and_repeats() -> None:
    cuts = [(0, 300), (250, 500), (500, 768), (0, 300)]
    random.Random(3).shuffle(cuts)
    datagrams = [dtls_record(fragment(11, BODY, start, stop, sequence=4)) for start, stop in cuts]
    assert read(*datagrams)[0] == Message(11, BODY)


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(8)))
def test_order_of_fragments_does_not_matter(order: list[int]) -> None:
    pieces = [dtls_record(fragment(1, BODY, part * 96, part * 96 + 96)) for part in order]
    assert read(*pieces) == [Message(1, BODY)]


@pytest.mark.parametrize(
    "encrypted",
    [dtls_record(b"\1", kind=20), dtls_record(b"x", kind=23), dtls_record(b"x", kind=25), b"\x2f\0\0\0", dtls_record(b"?", epoch=1)],
)  # fmt: skip
def test_nothing_is_read_after_encryption_began(encrypted: bytes) -> None:
    reader = DtlsHandshake()
    assert list(reader.feed(encrypted + dtls_record(fragment(1, b"a")))) == []
    assert reader.closed


def test_datagrams_of_others_on_the_same_port_are_passed_over() -> None:
    stun = b"\0\1\0\0\x21\x12\xa4\x42" + bytes(12)
    assert read(stun, b"\x80\x60" + bytes(20), b"\x16", dtls_record(fragment(1, b"a"))) == [Message(1, b"a")]


def test_alerts_are_passed_over() -> None:
    assert read(dtls_record(b"\1\0", kind=21) + dtls_record(fragment(1, b"a"))) == [Message(1, b"a")]


@pytest.mark.parametrize(
    "datagram",
    [
        dtls_record(fragment(1, b"abc"))[:-1],
        dtls_record(fragment(1, b"abc")[:-1]),
        dtls_record(fragment(1, b"abc")[:8]),
        dtls_record(b"\1\0\0\2" + b"\0\0" + b"\0\0\1" + b"\0\0\2" + b"ab"),
    ],
)
def test_lengths_that_contradict_each_other_are_malformed(datagram: bytes) -> None:
    with pytest.raises(Malformed):
        read(datagram)


def test_messages_that_wait_for_fragments_are_bounded_and_the_oldest_is_forgotten() -> None:
    reader = DtlsHandshake()
    for sequence in range(MAX_INCOMPLETE + 1):
        list(reader.feed(dtls_record(fragment(11, BODY, 0, 10, sequence=sequence))))
    assert [sequence for sequence, _, _ in reader._incomplete] == list(range(1, MAX_INCOMPLETE + 1))


def test_message_beyond_the_bound_is_passed_over() -> None:
    giant = b"\x0b\xff\xff\xff" + b"\0\0" + b"\0\0\0" + b"\0\0\1" + b"x"
    assert read(dtls_record(giant) + dtls_record(fragment(14, b""))) == [Message(14, b"")]


def test_direction_is_closed_after_so_many_datagrams() -> None:
    reader = DtlsHandshake()
    for _ in range(MAX_DATAGRAMS):
        assert not reader.closed
        list(reader.feed(b"\0"))
    assert reader.closed


@settings(max_examples=150, deadline=None)
@given(st.lists(st.binary(max_size=50), max_size=4))
def test_any_bytes_are_read_or_malformed(bodies: list[bytes]) -> None:
    with contextlib.suppress(Malformed):
        read(*bodies, *[dtls_record(body) for body in bodies])
