"""The second try: what the step that failed had made, byte by byte."""

import bz2
import gzip
import io
import lzma
import random
import zlib

import pytest

from monitor.capture.salvage import PIECE_BYTES, Known, NewMember, salvage

CONTENT = random.Random(3).randbytes(40_000) + bytes(40_000)
BZIP2 = NewMember(bz2.BZ2Decompressor, OSError)
XZ = NewMember(lzma.LZMADecompressor, lzma.LZMAError)


def test_all_that_came_out_before_a_wrong_checksum_is_found_again() -> None:
    packed = bytearray(lzma.compress(CONTENT))
    assert salvage(XZ, io.BytesIO(packed), Known(0, 0)).rest == CONTENT[:PIECE_BYTES]
    packed[-5] ^= 1
    rest, offset = salvage(XZ, io.BytesIO(packed), Known(50_000, 0))
    assert rest == CONTENT[50_000:]
    assert len(packed) - 36 < offset < len(packed)


@pytest.mark.parametrize("given", [0, 1, 30_000, 80_000])
@pytest.mark.parametrize("good", [0, 1, 20_000])
def test_what_was_given_is_not_given_again(given: int, good: int) -> None:
    packed = bytearray(bz2.compress(CONTENT))
    packed[-2] ^= 1
    rest, offset = salvage(BZIP2, io.BytesIO(packed), Known(given, good))
    assert rest == CONTENT[given:][:PIECE_BYTES]
    assert offset <= len(packed)


def test_the_offset_is_that_of_the_byte_that_showed_the_damage() -> None:
    packed = bz2.compress(b"content")
    assert salvage(BZIP2, io.BytesIO(b"BZ!" + packed[3:]), Known(0, 0)).offset == 2


def test_a_source_that_has_changed_or_is_shorter_now_ends_it() -> None:
    packed = bz2.compress(CONTENT)
    assert salvage(BZIP2, io.BytesIO(packed[:9000]), Known(10_000_000, 20_000)).rest == b""
    assert salvage(BZIP2, io.BytesIO(b""), Known(5, 5)) == (b"", 0)
    assert salvage(BZIP2, io.BytesIO(packed), Known(len(CONTENT), len(packed))).rest == b""


def test_the_rest_is_bounded_whatever_the_source_has_become() -> None:
    assert len(salvage(XZ, io.BytesIO(lzma.compress(bytes(1_000_000))), Known(0, 0)).rest) == PIECE_BYTES


def test_faults_of_ours_are_not_taken_for_damage() -> None:
    with pytest.raises(zlib.error):
        salvage(NewMember(Broken, OSError), io.BytesIO(gzip.compress(b"x")), Known(0, 0))


class Broken:
    eof = False
    needs_input = True
    unused_data = b""

    def decompress(self, packed: bytes, max_length: int, /) -> bytes:
        raise zlib.error
