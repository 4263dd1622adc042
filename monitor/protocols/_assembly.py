"""Puts bytes together that come in pieces, in any order, more than once: DTLS fragments and QUIC CRYPTO frames.

It knows no protocol; it only keeps its bounds.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from monitor.model.errors import Malformed

MAX_BYTES = 65_536
MAX_RANGES = 64
"""Separate islands of bytes that are remembered; a client needs a few, an attacker wants many."""


class Assembly:
    """A run of bytes from 0 with holes in it."""

    __slots__ = ("_data", "_starts", "_stops")

    def __init__(self) -> None:
        self._data = bytearray()
        self._starts: list[int] = []
        self._stops: list[int] = []

    @property
    def ready(self) -> int:
        """How many bytes from 0 have no hole."""
        return self._stops[0] if self._starts and self._starts[0] == 0 else 0

    def add(self, offset: int, piece: bytes) -> None:
        """Put a piece in its place; raises ``Malformed`` beyond the bounds."""
        if not piece:
            return
        stop = offset + len(piece)
        if stop > MAX_BYTES:
            raise Malformed("message is longer than a handshake needs")
        if len(self._data) < stop:
            self._data.extend(bytes(stop - len(self._data)))
        self._data[offset:stop] = piece
        self._note(offset, stop)
        if len(self._starts) > MAX_RANGES:
            raise Malformed("message comes in too many pieces")

    def add_all(self, pieces: Iterable[tuple[int, bytes]]) -> None:
        """Put pieces in their places, neighbours in one go: some clients shuffle dozens of small ones."""
        run: list[bytes] = []
        start = stop = 0
        for offset, piece in sorted(pieces):
            if offset != stop:
                self.add(start, b"".join(run))
                run.clear()
                start = offset
            run.append(piece)
            stop = offset + len(piece)
        self.add(start, b"".join(run))

    def first(self, count: int) -> bytes:
        """Return the first bytes; ask for no more than are ready."""
        return bytes(self._data[:count])

    def _note(self, start: int, stop: int) -> None:
        """Merge a range with those it touches."""
        low, high = bisect_left(self._stops, start), bisect_right(self._starts, stop)
        if low < high:
            start, stop = min(start, self._starts[low]), max(stop, self._stops[high - 1])
        self._starts[low:high] = [start]
        self._stops[low:high] = [stop]
