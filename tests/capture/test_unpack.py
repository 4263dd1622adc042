"""Decompression in bounded pieces, of several members, and of damaged ones."""

import bz2
import gzip
import io
import lzma
import random
from collections.abc import Callable

import lz4.frame
import pytest
import zstandard

from monitor.capture.packed import PACKED_BYTES
from monitor.capture.unpack import compression_of, unpacked
from monitor.model.errors import Malformed

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lz4": lz4.frame.compress,
    "zstd": zstandard.compress,
}
LARGEST_PIECE = 1 << 17
CONTENT = random.Random(7).randbytes(150_000) + bytes(3_000_000)


@pytest.fixture(params=sorted(PACK))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def until_problem(name: str, packed: bytes) -> tuple[bytes, str]:
    given = b""
    try:
        for piece in unpacked(name, io.BytesIO(packed)):
            given += piece
    except Malformed as error:
        return given, str(error)
    return given, ""


def test_the_first_bytes_show_the_compression(name: str) -> None:
    assert name == compression_of(PACK[name](b"x")[:6])


def test_plain_bytes_show_none() -> None:
    assert compression_of(b"\xd4\xc3\xb2\xa1\2\0") is None
    assert compression_of(b"") is None


def test_a_skippable_frame_is_zstd() -> None:
    assert compression_of(b"\x52\x2a\x4d\x18\0\0") == "zstd"
    assert compression_of(b"\x42\x2a\x4d\x18\0\0") is None


def test_members_one_after_another_are_one_stream(name: str) -> None:
    packed = PACK[name](CONTENT[:1000]) + PACK[name](b"") + PACK[name](CONTENT[1000:])
    assert b"".join(unpacked(name, io.BytesIO(packed))) == CONTENT


def test_no_piece_is_larger_than_its_bound_whatever_the_input_makes(name: str) -> None:
    pieces = [len(piece) for piece in unpacked(name, io.BytesIO(PACK[name](bytes(30_000_000))))]
    assert max(pieces) <= LARGEST_PIECE
    assert sum(pieces) == 30_000_000


def test_padding_with_zeros_is_no_damage() -> None:
    for name in ("gzip", "xz"):
        packed = PACK[name](b"one") + bytes(8) + PACK[name](b"two") + bytes(PACKED_BYTES * 2)
        assert b"".join(unpacked(name, io.BytesIO(packed))) == b"onetwo"


def test_a_cut_anywhere_gives_the_begin_and_says_that_it_ends_early(name: str) -> None:
    packed = PACK[name](CONTENT)
    for cut in (len(packed) - 1, len(packed) // 2, 9):
        given, problem = until_problem(name, packed[:cut])
        assert problem == f"the {name} data ends early"
        assert CONTENT.startswith(given)


def test_damage_raises_malformed_after_what_came_before(name: str) -> None:
    given, problem = until_problem(name, PACK[name](CONTENT) + b"something else that is long enough")
    assert given == CONTENT
    assert problem.startswith(f"the {name} data is ")


def test_random_damage_raises_malformed_or_nothing(name: str) -> None:
    packed = bytearray(PACK[name](CONTENT[140_000:200_000]))
    chance = random.Random(11)
    for _ in range(60):
        mutant = bytearray(packed)
        mutant[chance.randrange(len(mutant))] ^= 1 << chance.randrange(8)
        try:
            for piece in unpacked(name, io.BytesIO(bytes(mutant))):
                assert len(piece) <= LARGEST_PIECE
        except Malformed:
            pass
