import mmap
import os

import pytest

from monitor.capture.arena import Arena

PAGES = 4 * mmap.PAGESIZE


def shared(content: bytes) -> int:
    descriptor = os.memfd_create("ring")
    os.write(descriptor, content.ljust(PAGES, b"\0"))
    return descriptor


def test_rings_appear_at_their_places() -> None:
    arena = Arena(3, PAGES)
    descriptors = [shared(b"one"), shared(b"two")]
    offsets = [arena.put(2, descriptors[0]), arena.put(0, descriptors[1])]
    assert offsets == [2 * PAGES, 0]
    assert [arena.buffer[offset : offset + 3].tobytes() for offset in offsets] == [b"one", b"two"]
    assert not arena.buffer[PAGES : 2 * PAGES].any()
    arena.buffer[0:3] = list(b"ours"[:3])
    assert os.pread(descriptors[1], 3, 0) == b"our"
    for descriptor in descriptors:
        os.close(descriptor)


def test_what_was_taken_out_reads_as_zeros() -> None:
    arena = Arena(1, PAGES)
    descriptor = shared(b"one")
    arena.put(0, descriptor)
    old = arena.buffer[:3]
    arena.empty(0)
    assert old.tobytes() == bytes(3)
    arena.put(0, descriptor)
    assert old.tobytes() == b"one"
    os.close(descriptor)


def test_what_cannot_be_mapped_is_refused() -> None:
    with pytest.raises(OSError, match="cannot map a ring"):
        Arena(1, PAGES).put(0, 9999)
