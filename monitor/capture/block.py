"""The reused buffer that record walks read from: filled from behind, left-over moved to the front.

Copying blocks of about 1 MB keeps the bytes in the processor's cache; chasing record headers through a memory map is
several times slower. Nothing here knows a capture format.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from monitor.capture.bytestream import ByteStream

BLOCK_BYTES = 1 << 20
SMALL_BLOCK_BYTES = 1 << 16
"""For a look at the first frame, and when many captures are open at once."""


class Memory(Protocol):
    """Where buffers come from when somebody still looks at what was read before."""

    def exchange(self, buffer: NDArray[np.uint8], least: int) -> NDArray[np.uint8] | None:
        """Take a buffer back; return another that holds so many bytes, None where there is none now."""
        ...

    def give_back(self, buffer: NDArray[np.uint8]) -> None:
        """Take a buffer back, if it came from here."""
        ...


class Block:
    """Bytes ``start`` to ``end`` of ``buffer`` are what was read and not yet used."""

    def __init__(
        self, stream: ByteStream, block_bytes: int = BLOCK_BYTES, memory: Memory | None = None
    ) -> None:
        self.buffer = self._own = np.empty(block_bytes, np.uint8)
        self._memory = memory
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

    @property
    def is_damaged(self) -> bool:
        """Whether the compressed bytes of the stream are wrong."""
        return self._stream.is_damaged

    def fill(self, least: int) -> bool:
        """Read until ``least`` bytes are held, more where that costs no waiting; False when the stream ends before.

        Moves the bytes: what refers to the buffer is void afterwards, but for buffers that came from ``memory``.
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

    def close(self) -> None:
        """Give the buffer back; nothing is held any more."""
        if self._memory:
            self._memory.give_back(self.buffer)
        self.buffer, self.start, self.end = self._own, 0, 0

    def _make_room(self, least: int) -> None:
        held = self.held
        room = self._memory.exchange(self.buffer, max(least, held)) if self._memory else None
        if room is None:
            if least > len(self._own):
                self._own = np.empty(least, np.uint8)
            room = self._own
        if self.start or room is not self.buffer:
            room[:held] = self.buffer[self.start : self.end]
        self._base += self.start
        self.buffer, self.start, self.end = room, 0, held
