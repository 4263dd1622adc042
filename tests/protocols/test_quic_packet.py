import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model.errors import Malformed
from monitor.protocols._quic_packet import (
    VERSION_1,
    VERSION_2,
    LongHeader,
    PacketKind,
    crypto_frames,
    long_headers,
    only_frame,
    read_long_header,
    read_varint,
)
from tests.kit.tls_bytes import vector


def packet(first: int, version: int, after_ids: bytes, destination: bytes = b"12345678") -> bytes:
    return bytes((first,)) + version.to_bytes(4, "big") + vector(destination, 1) + vector(b"", 1) + after_ids


@pytest.mark.parametrize(
    ("wire", "expected"),
    [("25", 37), ("4025", 37), ("7bbd", 15293), ("9d7f3e7d", 494878333), ("c2197c5eff14e88c", 151288809941952652)],
)  # fmt: skip
def test_numbers_are_read_as_the_rfc_shows(wire: str, expected: int) -> None:
    data = bytes.fromhex(wire)
    assert read_varint(b"?" + data, 1) == (expected, 1 + len(data))


@pytest.mark.parametrize("wire", ["", "40", "9d7f3e", "c2197c5eff14e8"])
def test_cut_number_is_malformed(wire: str) -> None:
    with pytest.raises(Malformed):
        read_varint(bytes.fromhex(wire), 0)


@pytest.mark.parametrize(
    ("first", "version", "kind"),
    [
        (0xC0, VERSION_1, PacketKind.INITIAL),
        (0xD0, VERSION_1, PacketKind.ZERO_RTT),
        (0xE0, VERSION_1, PacketKind.HANDSHAKE),
        (0xF0, VERSION_1, PacketKind.RETRY),
        (0xD0, VERSION_2, PacketKind.INITIAL),
        (0xE0, VERSION_2, PacketKind.ZERO_RTT),
        (0xF0, VERSION_2, PacketKind.HANDSHAKE),
        (0xC0, VERSION_2, PacketKind.RETRY),
    ],
)
def test_type_bits_depend_on_the_version(first: int, version: int, kind: PacketKind) -> None:
    header = read_long_header(packet(first, version, b"\0\4abcd"), 0)
    assert header is not None
    assert header.kind is kind


def test_packets_of_a_datagram_are_walked_over() -> None:
    initial = packet(0xC0, VERSION_1, b"\3tok\4abcd")
    early = packet(0xD0, VERSION_1, b"\2xy")
    assert list(long_headers(initial + early + b"\x40short")) == [
        LongHeader(PacketKind.INITIAL, VERSION_1, b"12345678", 0, len(initial) - 4, len(initial)),
        LongHeader(
            PacketKind.ZERO_RTT,
            VERSION_1,
            b"12345678",
            len(initial),
            len(initial + early) - 2,
            len(initial + early),
        ),
    ]


@pytest.mark.parametrize("version", [0, 0x0A0A0A0A, 0x51303433, 0x00000002])
def test_other_versions_are_not_walked_over(version: int) -> None:
    assert list(long_headers(packet(0xC0, version, b"\0\4abcd"))) == []


@pytest.mark.parametrize(
    "datagram",
    [
        packet(0xC0, VERSION_1, b"\0\5abcd"),
        packet(0xC0, VERSION_1, b"\x10tok"),
        packet(0xC0, VERSION_1, b""),
        packet(0xC0, VERSION_1, b"\0\4abcd", destination=b"x" * 21),
        packet(0xC0, VERSION_1, b"")[:10],
    ],
)
def test_lengths_that_do_not_fit_are_malformed(datagram: bytes) -> None:
    with pytest.raises(Malformed):
        list(long_headers(datagram))


def test_only_crypto_frames_are_handed_on() -> None:
    ack = b"\2\5\0\1\0\1\1"
    ack_ecn = b"\3\5\0\0\0\1\1\1"
    close = b"\x1c\0\0\2no"
    payload = b"\0\0\1" + b"\6\0\2ab" + ack + ack_ecn + b"\0" * 90 + b"\6\x40\x64\1c" + close + b"\0"
    assert list(crypto_frames(payload)) == [(0, b"ab"), (100, b"c")]


def test_frame_that_may_not_be_there_ends_the_walk() -> None:
    assert list(crypto_frames(b"\6\0\1a" + b"\x08\6\0\1b")) == [(0, b"a")]


@pytest.mark.parametrize(
    "payload", [b"\6\0\5abc", b"\6\0", b"\2\5\0\x3f\0", b"\2\0\0\xff" + b"\xff" * 7, b"\x1c\0"]
)
def test_cut_frame_is_malformed(payload: bytes) -> None:
    with pytest.raises(Malformed):
        list(crypto_frames(payload))


def test_the_only_frame_is_found_before_its_padding() -> None:
    assert only_frame(b"\6\0\x40\3ab\0" + bytes(900)) == b"ab\0"
    assert only_frame(b"\6\0\2ab") == b"ab"


@pytest.mark.parametrize(
    "payload", [b"", b"\1\6\0\2ab", b"\6\1\2ab", b"\6\0\2ab\0\0\1", b"\6\0\2ab\6\2\1c", b"\6\0\3ab"]
)
def test_a_frame_with_company_or_cut_or_from_the_middle_is_not_the_only_one(payload: bytes) -> None:
    assert only_frame(payload) is None


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([b"\6\0\2ab", b"\6\2\1c", b"\1", b"\0\0\0", b"\6", b"\x08"]), max_size=4))
def test_the_only_frame_is_what_the_whole_walk_finds(parts: list[bytes]) -> None:
    payload = b"".join(parts)
    with contextlib.suppress(Malformed):
        frame = only_frame(payload)
        assert frame is None or [(0, frame)] == list(crypto_frames(payload))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_malformed(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        list(crypto_frames(data))
    with contextlib.suppress(Malformed):
        list(long_headers(b"\xc0\0\0\0\1" + data))
