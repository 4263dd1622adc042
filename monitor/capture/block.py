"""The reused buffer that record walks read from: filled from behind, left-over moved to the front.

Copying blocks of about 1 MB keeps the bytes in the processor's cache; chasing record headers through a memory map is
several times slower. Nothing here knows a capture format.
"""

import numpy as np

from monitor.capture.bytestream import ByteStream

BLOCK_BYTES = 1 << 20
SMALL_BLOCK_BYTES = 1 << 16
"""For a look at the first frame, and when many captures are open at once."""


class Block:
    """Bytes ``start`` to ``end`` of ``buffer`` are what was read and not yet used."""

    def __init__(self, stream: ByteStream, block_bytes: int = BLOCK_BYTES) -> None:
        self.buffer = np.empty(block_bytes, np.uint8)
        self.start = 0
        self.end = 0
        self._stream = stream
        self._base = 0

    @property
    def held(self) -> int:
        """How many bytes there are to use."""
        return self.end - self.start

    @property
    def offset(self) -> int:
        """Place of ``start`` in the stream."""
        return self._base + self.start

    @property
    def problem(self) -> str | None:
        """Why the stream ended before its end."""
        return self._stream.problem

    def fill(self, least: int) -> bool:
        """Read until ``least`` bytes are held, more where that costs no waiting; False when the stream ends before.

        Moves the bytes: what refers to the buffer is void afterwards.
        """
        self._make_room(least)
        view = self.buffer.data
        enough = len(view) if self._stream.is_file else least
        while self.end < enough:
            taken = self._stream.readinto(view[self.end :])
            if not taken:
                break
            self.end += taken
        return self.held >= least

    def skip(self, size: int) -> bool:
        """Drop ``size`` bytes however many they are; False when the stream ends before."""
        while size > self.held:
            size -= self.held
            self.start = self.end
            if not self.fill(1):
                return False
        self.start += size
        return True

    def text(self, offset: int, size: int) -> bytes:
        """Return a copy of some held bytes, counted from ``start``."""
        return self.buffer[self.start + offset : self.start + offset + size].tobytes()

    def _make_room(self, least: int) -> None:
        held = self.held
        if least > len(self.buffer):
            grown = np.empty(least, np.uint8)
            grown[:held] = self.buffer[self.start : self.end]
            self.buffer = grown
        elif self.start:
            self.buffer[:held] = self.buffer[self.start : self.end]
        self._base += self.start
        self.start, self.end = 0, held
