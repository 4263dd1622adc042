"""Decompression in small pieces: gzip, bzip2, xz, lz4 and zstd, also when several of them stand one after another.

A piece of output is bounded whatever the input claims. A generator raises ``Malformed`` where the data ends early, and
``Damaged`` where it is damaged, after it has yielded everything before; it never reads more input than it needs for the
next piece.
"""

import bz2
import lzma
from collections.abc import Callable, Iterator
from typing import Any

from monitor.capture.packed import Damaged, Source, take
from monitor.capture.salvage import PIECE_BYTES, Known, Member, NewMember, salvage
from monitor.model.errors import Malformed

XZ_MEMORY_BYTES = 1 << 28
"""Dictionaries beyond it are refused; ``xz -9`` needs 65 MiB."""

Again = Callable[[int], Source | None]
"""Gives the same bytes once more from an offset on, or nothing where they are gone."""


def compression_of(head: bytes) -> str | None:
    """Return the name of the compression that the first bytes of a file show."""
    for magic, name in _MAGICS:
        if head.startswith(magic):
            return name
    # Skippable frames (RFC 8878 section 3.1.2): pzstd and seekable zstd begin with one.
    return "zstd" if head[1:4] == b"\x2a\x4d\x18" and head[0] & 0xF0 == 0x50 else None


def unpacked(compression: str, source: Source, again: Again = lambda _offset: None) -> Iterator[bytes]:
    """Yield the decompressed bytes of a source; raises ``Malformed`` where they stop too soon."""
    if compression == "zstd":
        from monitor.capture.zstd import frames  # noqa: PLC0415 - 20 ms that only zstd files shall pay

        return frames(source)
    return _members(compression, _NEW_MEMBER[compression](), _Counted(source), again)


def _members(name: str, new: NewMember, source: "_Counted", again: Again) -> Iterator[bytes]:
    packed = _after_padding(b"", source)
    while packed:
        member, begin, given = new.start(), source.taken - len(packed), 0
        try:
            for piece in _pieces(member, packed, source):
                yield piece
                given += len(piece)
        except EOFError:
            raise Malformed(f"the {name} data ends early") from None
        except new.errors as error:
            rest, place = _rescued(new, again, begin, Known(given, max(source.last - begin, 0)))
            yield rest
            raise Damaged(f"the {name} data is damaged {place} of the file: {error}") from error
        packed = _after_padding(member.unused_data or b"", source)


def _pieces(member: Member, packed: bytes, source: Source) -> Iterator[bytes]:
    while not member.eof:
        wants_input = member.needs_input
        if wants_input:
            packed = packed or take(source)
        piece = member.decompress(packed, PIECE_BYTES)
        if piece:
            yield piece
        elif not packed and (wants_input or not (member.needs_input or member.eof)):
            raise EOFError
        packed = b""


def _rescued(new: NewMember, again: Again, begin: int, known: Known) -> tuple[bytes, str]:
    source = again(begin)
    if source is None:
        return b"", f"after offset {begin + known.good}"
    rest, offset = salvage(new, source, known)
    return rest, f"at offset {begin + offset}"


class _Counted:
    """A source that knows how far it was taken, and how far before that."""

    def __init__(self, source: Source) -> None:
        self.taken = 0
        self.last = 0
        self._source = source

    def readinto(self, view: memoryview, /) -> int:
        self.last = self.taken
        size = self._source.readinto(view) or 0
        self.taken += size
        return size


def _after_padding(packed: bytes, source: Source) -> bytes:
    """Return the next bytes that are no padding with zeros (xz stream padding, gzip on tapes); empty at the end."""
    while True:
        packed = packed.lstrip(b"\0")
        if packed:
            return packed
        packed = take(source)
        if not packed:
            return packed


class _Inflater:
    """zlib's decompressor in the shape of the others: it keeps the input that the length limit left over."""

    def __init__(self, inflate: Any) -> None:
        self._inflate = inflate
        self._may_hold_more = False

    @property
    def eof(self) -> bool:
        return bool(self._inflate.eof)

    @property
    def needs_input(self) -> bool:
        return not (self._inflate.unconsumed_tail or self._may_hold_more)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._inflate.unused_data)

    def decompress(self, packed: bytes, max_length: int) -> bytes:
        piece = bytes(self._inflate.decompress(self._inflate.unconsumed_tail + packed, max_length))
        self._may_hold_more = len(piece) == max_length
        return piece


def _gzip() -> NewMember:
    from zlib_ng import zlib_ng  # noqa: PLC0415 - import only what the file at hand needs

    gzip_header_and_window = 31  # zlib manual, inflateInit2
    return NewMember(
        lambda: _Inflater(zlib_ng.decompressobj(wbits=gzip_header_and_window)),
        zlib_ng.error,  # type: ignore[arg-type]  # its stub says instance where a class is
    )


def _lz4() -> NewMember:
    import lz4.frame  # noqa: PLC0415 - import only what the file at hand needs

    return NewMember(lz4.frame.LZ4FrameDecompressor, RuntimeError)


def _xz() -> NewMember:
    return NewMember(
        lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY_BYTES), lzma.LZMAError, MemoryError
    )


def _bzip2() -> NewMember:
    return NewMember(bz2.BZ2Decompressor, OSError, ValueError)


_NEW_MEMBER = {"gzip": _gzip, "bzip2": _bzip2, "xz": _xz, "lz4": _lz4}
_MAGICS = (
    (b"\x1f\x8b", "gzip"),  # RFC 1952 section 2.3.1
    (b"\x28\xb5\x2f\xfd", "zstd"),  # RFC 8878 section 3.1.1
    (b"\xfd7zXZ\0", "xz"),  # xz file format, section 2.1.1.1
    (b"\x04\x22\x4d\x18", "lz4"),  # lz4 frame format
    (b"BZh", "bzip2"),
)
