"""Puts the payload of one TCP direction in order, within bounds; the first bytes that came for a place win.

It knows positions, not sequence numbers: the kernel has already counted those without wrapping.
"""

from bisect import bisect_right
from typing import NamedTuple

MAX_WAITING_PIECES = 64
"""Pieces held beyond a hole; one more and the hole is declared lost."""
MAX_WAITING_BYTES = 1 << 17
"""Bytes held beyond a hole."""
_NO_STARTS: list[int] = []
_NO_PIECES: list[bytes] = []
"""Of streams in which nothing has waited yet; nobody writes to them."""


class Piece(NamedTuple):
    """What comes next in the stream: bytes, or a hole where ``missing`` bytes will never come."""

    payload: bytes
    missing: int


class Stream:
    """Ordered payload of one direction."""

    __slots__ = ("_starts", "_waiting", "next", "waiting_bytes")

    def __init__(self, first: int = 0) -> None:
        self.next = first
        """Position of the next byte in order."""
        # Made when something waits for the first time; in most streams nothing ever does.
        self._starts = _NO_STARTS
        self._waiting = _NO_PIECES
        self.waiting_bytes = 0
        """Held beyond a hole."""

    def follows(self, position: int, length: int) -> bool:
        """Take a segment that is just what comes next, without a copy; False when it needs ``push``."""
        if position != self.next or self._starts:
            return False
        self.next = position + length
        return True

    def push(self, position: int, payload: bytes) -> list[Piece]:
        """Take a segment; return what is in order now."""
        if self.follows(position, len(payload)):
            return [Piece(payload, 0)]
        if position + len(payload) <= self.next:
            return []  # retransmission
        if position < self.next:
            payload = payload[self.next - position :]
            position = self.next
        self._hold(position, payload)
        ready = self._ready()
        while len(self._starts) > MAX_WAITING_PIECES or self.waiting_bytes > MAX_WAITING_BYTES:
            ready += self._give_up_hole()
        return ready

    def skip(self, missing: int) -> list[Piece]:
        """Declare the next bytes lost (the snap length cut them); return what follows."""
        self.next += missing
        self._drop_passed()
        return [Piece(b"", missing), *self._ready()]

    def flush(self) -> list[Piece]:
        """Return everything held, with the holes declared."""
        pieces: list[Piece] = []
        while self._starts:
            pieces += self._give_up_hole()
        return pieces

    def _hold(self, position: int, payload: bytes) -> None:
        """Insert what no earlier segment covers."""
        if self._starts is _NO_STARTS:
            self._starts, self._waiting = [], []
        at = bisect_right(self._starts, position)
        if at and (covered := self._starts[at - 1] + len(self._waiting[at - 1])) > position:
            payload = payload[covered - position :]
            position = covered
        while payload:
            free = self._starts[at] - position if at < len(self._starts) else len(payload)
            if free > 0:
                part = payload[:free]
                self._starts.insert(at, position)
                self._waiting.insert(at, part)
                self.waiting_bytes += len(part)
                at += 1
            if at >= len(self._starts):
                return
            end = self._starts[at] + len(self._waiting[at])
            payload = payload[max(end - position, 0) :]
            position = end
            at += 1

    def _ready(self) -> list[Piece]:
        pieces = []
        while self._starts and self._starts[0] == self.next:
            payload = self._take_first()
            self.next += len(payload)
            pieces.append(Piece(payload, 0))
        return pieces

    def _give_up_hole(self) -> list[Piece]:
        missing = self._starts[0] - self.next
        self.next = self._starts[0]
        return [Piece(b"", missing), *self._ready()]

    def _drop_passed(self) -> None:
        while self._starts and self._starts[0] < self.next:
            start, payload = self._starts[0], self._take_first()
            if start + len(payload) > self.next:
                self._hold(self.next, payload[self.next - start :])

    def _take_first(self) -> bytes:
        self._starts.pop(0)
        payload = self._waiting.pop(0)
        self.waiting_bytes -= len(payload)
        return payload
