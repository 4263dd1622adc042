"""zstd by frames and blocks: header variants, skippable frames, exact ends."""

import io

import pytest
import zstandard

from monitor.capture.packed import Damaged
from monitor.capture.zstd import frames
from monitor.model.errors import Malformed

SKIPPABLE = b"\x5f\x2a\x4d\x18" + (3).to_bytes(4, "little") + b"abc"
CONTENT = b"".join(index.to_bytes(4, "big") for index in range(100_000))


def unpack(packed: bytes) -> bytes:
    return b"".join(frames(io.BytesIO(packed)))


@pytest.mark.parametrize("checksum", [False, True])
@pytest.mark.parametrize("content_size", [False, True])
@pytest.mark.parametrize("size", [0, 1, 255, 256, 70_000, 400_000])
def test_every_kind_of_frame_header_is_read(size: int, content_size: bool, checksum: bool) -> None:  # noqa: FBT001 - a parameter
    packer = zstandard.ZstdCompressor(write_checksum=checksum, write_content_size=content_size)
    assert unpack(packer.compress(CONTENT[:size])) == CONTENT[:size]


def test_a_streamed_frame_is_read() -> None:
    packer = zstandard.ZstdCompressor().compressobj()
    packed = packer.compress(CONTENT) + packer.flush()
    assert unpack(packed) == CONTENT


def test_skippable_frames_are_skipped() -> None:
    packed = SKIPPABLE + zstandard.compress(b"one") + SKIPPABLE + zstandard.compress(b"two") + SKIPPABLE
    assert unpack(packed) == b"onetwo"


def test_a_cut_skippable_frame_ends_early() -> None:
    with pytest.raises(Malformed, match="ends early"):
        unpack(SKIPPABLE[:-1])


def test_all_blocks_before_a_cut_are_given() -> None:
    pieces: list[bytes] = []
    source = frames(io.BytesIO(zstandard.compress(CONTENT)[:-1]))
    with pytest.raises(Malformed, match="ends early"):
        pieces.extend(source)
    whole_blocks = len(CONTENT) // (1 << 17) * (1 << 17)
    assert b"".join(pieces) == CONTENT[:whole_blocks]


def test_a_wrong_checksum_is_damage() -> None:
    packed = zstandard.ZstdCompressor(write_checksum=True).compress(CONTENT)
    with pytest.raises(Malformed, match="damaged"):
        unpack(packed[:-1] + bytes((packed[-1] ^ 1,)))


def test_a_reserved_or_oversized_block_is_damage() -> None:
    header = b"\x28\xb5\x2f\xfd\x00\x58"
    for fields in (3 << 1, (1 << 20) << 3 | 1 << 1):
        with pytest.raises(Malformed, match="no such block"):
            unpack(header + fields.to_bytes(3, "little") + bytes(10))


def test_a_window_that_would_fill_the_memory_is_refused() -> None:
    two_gigabytes = bytes((21 << 3,))
    with pytest.raises(Malformed, match="damaged"):
        unpack(b"\x28\xb5\x2f\xfd\x00" + two_gigabytes + b"\x01\x00\x00")


def test_the_offset_of_damage_is_that_of_its_block_or_checksum() -> None:
    packed = zstandard.ZstdCompressor(write_checksum=True).compress(CONTENT)
    whole = SKIPPABLE + packed
    with pytest.raises(Damaged, match=f"at offset {len(whole) - 4} of the file"):
        unpack(whole[:-1] + bytes((whole[-1] ^ 1,)))
    with pytest.raises(Damaged, match=f"something else at offset {len(whole)} of the file"):
        unpack(whole + b"junk")
