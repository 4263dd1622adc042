"""The frames of a zstd file (RFC 8878), fed to the library block by block.

The library's own readers lose the end of a file that was cut short, or give output without bound for a piece of input.
A block holds at most 128 KiB of output, so one block at a time is both exact and safe. Nothing is decompressed here.
"""

from collections.abc import Iterator

import zstandard

from monitor.capture.packed import Damaged, Source, take
from monitor.model.errors import Malformed

_MAGIC = b"\x28\xb5\x2f\xfd"
_SKIPPABLE = b"\x2a\x4d\x18"
"""Bytes 1 to 3 of the magic of a skippable frame (section 3.1.2); the first is 0x50 to 0x5F."""
_CONTENT_SIZE_BYTES = (0, 2, 4, 8)
_DICTIONARY_ID_BYTES = (0, 1, 2, 4)
_RLE = 1
_RESERVED = 3
_BLOCK_BYTES = 1 << 17
"""Largest block (section 3.1.1.2.4), packed or not."""
WINDOW_BYTES = 1 << 27
"""Windows beyond it are refused, as by the zstd command."""


def frames(source: Source) -> Iterator[bytes]:
    """Yield the decompressed blocks of every frame; raises ``Malformed`` where they stop too soon, ``Damaged`` where they are wrong."""
    packed = _Exact(source)
    library = zstandard.ZstdDecompressor(max_window_size=WINDOW_BYTES)
    while magic := packed.marked().up_to(4):
        try:
            if magic == _MAGIC:
                yield from _blocks(packed, library.decompressobj())
            elif magic[1:] == _SKIPPABLE and magic[0] & 0xF0 == 0x50:
                packed.skip(int.from_bytes(packed.exactly(4), "little"))
            else:
                raise Damaged(
                    f"the zstd data is followed by something else at offset {packed.begin} of the file"
                )
        except EOFError:
            raise Malformed("the zstd data ends early") from None
        except zstandard.ZstdError as error:
            raise _damaged(packed, error) from error


def _blocks(packed: "_Exact", unpacker: "zstandard.ZstdDecompressionObj") -> Iterator[bytes]:
    descriptor = packed.exactly(1)
    flags = descriptor[0]
    single_segment = flags >> 5 & 1
    content_size = _CONTENT_SIZE_BYTES[flags >> 6] or single_segment
    rest = packed.exactly(1 - single_segment + _DICTIONARY_ID_BYTES[flags & 3] + content_size)
    yield unpacker.decompress(_MAGIC + descriptor + rest)
    last = 0
    while not last:
        header = packed.marked().exactly(3)
        fields = int.from_bytes(header, "little")
        last, kind, size = fields & 1, fields >> 1 & 3, fields >> 3
        if kind == _RESERVED or size > _BLOCK_BYTES:
            raise _damaged(packed, "no such block")
        yield unpacker.decompress(header + packed.exactly(1 if kind == _RLE else size))
    if flags >> 2 & 1:
        yield unpacker.decompress(packed.marked().exactly(4))


def _damaged(packed: "_Exact", why: object) -> Damaged:
    return Damaged(f"the zstd data is damaged at offset {packed.begin} of the file: {why}")


class _Exact:
    """Gives as many bytes of a source as asked for."""

    def __init__(self, source: Source) -> None:
        self.begin = 0
        """Offset of the part that is looked at."""
        self._source = source
        self._rest = b""
        self._at = 0
        self._gone = 0

    def marked(self) -> "_Exact":
        """Begin another part here."""
        self.begin = self._gone + self._at
        return self

    def up_to(self, size: int) -> bytes:
        """Return ``size`` bytes, fewer at the end only."""
        while len(self._rest) - self._at < size:
            more = take(self._source)
            if not more:
                break
            self._gone += self._at
            self._rest = self._rest[self._at :] + more
            self._at = 0
        given = self._rest[self._at : self._at + size]
        self._at += len(given)
        return given

    def exactly(self, size: int) -> bytes:
        given = self.up_to(size)
        if len(given) < size:
            raise EOFError
        return given

    def skip(self, size: int) -> None:
        while size:
            given = self.up_to(min(size, _BLOCK_BYTES))
            if not given:
                raise EOFError
            size -= len(given)
