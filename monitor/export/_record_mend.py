"""How much of a capture file that a recorder wrote is whole blocks; what follows was never finished."""

import struct
from typing import BinaryIO

from monitor.export.pcapng import BLOCK_FRAME_BYTES, BYTE_ORDER_MAGIC, SECTION_HEADER

MAX_BLOCK_BYTES = 64 << 20
_WORDS = struct.Struct("<II")
_WORD = struct.Struct("<I")


def whole_bytes(stream: BinaryIO) -> int:
    """Return where the last whole block of a file ends; 0 for a file that a recorder did not write."""
    size = stream.seek(0, 2)
    stream.seek(0)
    head = stream.read(BLOCK_FRAME_BYTES)
    if head[:4] != _WORD.pack(SECTION_HEADER) or head[8:] != _WORD.pack(BYTE_ORDER_MAGIC):
        return 0
    whole = 0
    while whole + BLOCK_FRAME_BYTES <= size:
        stream.seek(whole)
        kind, length = _WORDS.unpack(stream.read(_WORDS.size))
        fits = BLOCK_FRAME_BYTES <= length <= min(MAX_BLOCK_BYTES, size - whole) and not length % 4
        if not kind or not fits:
            break
        stream.seek(whole + length - _WORD.size)
        if stream.read(_WORD.size) != _WORD.pack(length):
            break
        whole += length
    return whole
