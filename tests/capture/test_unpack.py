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

from monitor.capture.packed import PACKED_BYTES, Damaged
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
        for piece in unpacked(name, io.BytesIO(packed), lambda offset: io.BytesIO(packed[offset:])):
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


def flipped(packed: bytes, place: int) -> bytes:
    mutant = bytearray(packed)
    mutant[place] ^= 1
    return bytes(mutant)


CHECKED: dict[str, Callable[[bytes], bytes]] = {
    **PACK,
    "lz4": lambda content: lz4.frame.compress(content, content_checksum=True),
    "zstd": zstandard.ZstdCompressor(write_checksum=True).compress,
}


def checksum_place(name: str, packed: bytes) -> int:
    """Return where a byte of the checksum of the content is."""
    index_bytes = (int.from_bytes(packed[-8:-4], "little") + 1) * 4  # xz file format, section 2.1.2.2
    return len(packed) - {"gzip": 8, "bzip2": 5, "xz": 12 + index_bytes + 1, "lz4": 1, "zstd": 1}[name]


@pytest.mark.parametrize("size", [10, 60_000, len(CONTENT)])
def test_a_wrong_checksum_loses_nothing_that_came_before(name: str, size: int) -> None:
    content = CONTENT[-size:]
    first, packed = PACK[name](b"first"), CHECKED[name](content)
    place = checksum_place(name, packed)
    given, problem = until_problem(name, first + flipped(packed, place) + PACK[name](b"never"))
    assert given == b"first" + content
    assert abs(offset_in(problem) - len(first) - place) < 8


def test_a_flipped_byte_anywhere_loses_no_more_than_one_byte_of_what_can_be_unpacked(name: str) -> None:
    packed = PACK[name](CONTENT[:200_000])
    for place in range(40, len(packed), len(packed) // 7):
        mutant = flipped(packed, place)
        given, problem = until_problem(name, mutant)
        best, _ = until_problem(name, mutant[: offset_in(problem)]) if "damaged" in problem else (given, "")
        assert len(given) >= len(best) - 1
        assert given[: len(best) - 1] == best[: len(given)][:-1]


def offset_in(problem: str) -> int:
    return int(problem.partition(" at offset ")[2].split()[0])


def test_bytes_that_are_gone_cannot_be_looked_at_again_and_the_offset_is_about_right() -> None:
    packed = flipped(gzip.compress(CONTENT), -8)
    with pytest.raises(Damaged, match=r"after offset \d+ of the file") as caught:
        list(unpacked("gzip", io.BytesIO(packed)))
    after = int(str(caught.value).partition("after offset ")[2].split()[0])
    assert len(packed) - PACKED_BYTES <= after < len(packed)
