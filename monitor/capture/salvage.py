"""What a damaged compressed stream gives before its damage, to the last byte, and where that is.

A decompressor that meets damage drops what it made in that step. So the stream is taken once more from its begin, and
in the step that failed byte by byte. Nothing is lost by that but time, and only for a file that is damaged.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from monitor.capture.packed import PACKED_BYTES, Source, take

PIECE_BYTES = 1 << 16
"""Output of one step; what fails gives less than that."""


class Member(Protocol):
    """One compressed stream of a file, as the standard library's decompressors are."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes | None: ...

    def decompress(self, packed: bytes, max_length: int, /) -> bytes: ...


class NewMember:
    """How to start a decompressor, and what it raises for bad data."""

    def __init__(self, start: Callable[[], Member], *errors: type[Exception]) -> None:
        self.start = start
        self.errors = errors


class Known(NamedTuple):
    """What the first try showed."""

    given: int
    """Bytes of output that were good."""
    good: int
    """Bytes of input that were: all but the last that were taken."""


class Salvaged(NamedTuple):
    """What the second try gave."""

    rest: bytes
    """Output beyond what was given."""
    offset: int
    """Bytes of input before the one that showed the damage."""


def salvage(new: NewMember, source: Source, known: Known) -> Salvaged:
    """Take a stream once more, up to its damage."""
    again = _Again(new.start(), source, known)
    try:
        while len(again.rest) < PIECE_BYTES and again.step():
            pass
    except new.errors:
        pass
    return Salvaged(bytes(again.rest), again.fed)


class _Again:
    """Runs through what is known in large steps, and then byte by byte."""

    def __init__(self, member: Member, source: Source, known: Known) -> None:
        self.rest = bytearray()
        self.fed = 0
        self._member = member
        self._source = source
        self._known = known
        self._made = 0

    def step(self) -> bool:
        """Make some output; False when there is no more."""
        packed, wants_input = b"", self._member.needs_input
        if wants_input:
            packed = take(self._source, _size(self._known.good - self.fed, PACKED_BYTES))
        ahead = self._known.given - self._made
        piece = self._member.decompress(packed, _size(ahead, PIECE_BYTES))
        self.fed += len(packed)
        self._made += len(piece)
        if ahead <= 0:
            self.rest += piece
        wants_more = not wants_input and self._member.needs_input
        return bool(packed or piece or wants_more) and not self._member.eof


def _size(ahead: int, most: int) -> int:
    return min(ahead, most) if ahead > 0 else 1
