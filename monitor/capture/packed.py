"""Where packed bytes come from, whatever they are packed with."""

from typing import Protocol

from monitor.model.errors import Malformed

PACKED_BYTES = 1 << 16
"""Input of one step of a decompressor."""


class Source(Protocol):
    """What gives the packed bytes."""

    def readinto(self, view: memoryview, /) -> int | None: ...


class Damaged(Malformed):
    """The packed bytes are wrong, which is not for want of more of them; the text says at which offset."""


def take(source: Source, most: int = PACKED_BYTES) -> bytes:
    """Return some bytes of a source, none at its end."""
    room = bytearray(most)
    return bytes(room[: source.readinto(memoryview(room)) or 0])
