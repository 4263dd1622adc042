"""Blocks of pcapng (draft-ietf-opsawg-pcapng) as bytes: a section, its interfaces, its packets with their comments.

Times are nanoseconds, numbers are little endian. No files here: who writes the bytes decides where they go.
"""

import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

SECTION_HEADER = 0x0A0D0D0A  # section 4.1
INTERFACE_DESCRIPTION = 1  # section 4.2
ENHANCED_PACKET = 6  # section 4.3
BYTE_ORDER_MAGIC = 0x1A2B3C4D
BLOCK_FRAME_BYTES = 12
"""Type, length, and the length again at the end (section 3.1)."""
MAX_OPTION_BYTES = 0xFFFF
MAX_COMMENT_BYTES = 1024
"""Of one comment; further text is cut at a character."""
_LENGTH_UNKNOWN = -1
_END_OF_OPTIONS, _COMMENT = 0, 1  # section 3.5
_SHB_HARDWARE, _SHB_OS, _SHB_USERAPPL = 2, 3, 4
_IF_NAME, _IF_DESCRIPTION, _IF_TSRESOL, _IF_OS = 2, 3, 9, 12
_EPB_FLAGS = 2
_NANOSECONDS = bytes((9,))
_RECEPTION_SHIFT = 2
_UNICAST, _MULTICAST, _BROADCAST = 1, 2, 3  # section 4.3.1, bits 2 to 4
_ETHERNET = 1
_MAX_TIME = 1 << 64
_MAX_LINK_TYPE = 0xFFFF
_MAX_NUMBER = 0xFFFF_FFFF


class Packet(NamedTuple):
    """One packet as it was captured."""

    interface: int
    """Place of its interface among those described in the section."""
    ts_ns: int
    data: bytes
    wire_bytes: int
    """How many there were; more than ``data`` when the capture cut it."""
    comments: tuple[str, ...] = ()
    flags: int = 0
    """Section 4.3.1; 0 says nothing."""


def section_header(*, hardware: str = "", system: str = "", application: str = "") -> bytes:
    """Return the block that begins a file; how long its section is stays open."""
    body = struct.pack("<IHHq", BYTE_ORDER_MAGIC, 1, 0, _LENGTH_UNKNOWN)
    options = ((_SHB_HARDWARE, hardware), (_SHB_OS, system), (_SHB_USERAPPL, application))
    return _block(SECTION_HEADER, body + _options((code, text.encode()) for code, text in options if text))


def interface_description(
    name: str, link_type: int, *, snap_length: int = 0, description: str = "", system: str = ""
) -> bytes:
    """Return the block of an interface; it must stand before the first packet of it."""
    if not 0 <= link_type <= _MAX_LINK_TYPE or not 0 <= snap_length <= _MAX_NUMBER:
        raise ValueError(f"no interface has link type {link_type} and snap length {snap_length}")
    texts = ((_IF_NAME, name), (_IF_DESCRIPTION, description), (_IF_OS, system))
    options = [(code, text.encode()) for code, text in texts if text] + [(_IF_TSRESOL, _NANOSECONDS)]
    body = struct.pack("<HHI", link_type, 0, snap_length)
    return _block(INTERFACE_DESCRIPTION, body + _options(sorted(options)))


def enhanced_packet(packet: Packet) -> bytes:
    """Return the block of a packet."""
    size = len(packet.data)
    if not 0 <= packet.ts_ns < _MAX_TIME or not size <= packet.wire_bytes <= _MAX_NUMBER:
        raise ValueError(f"no packet has {size} of {packet.wire_bytes} bytes at {packet.ts_ns} ns")
    high, low = packet.ts_ns >> 32, packet.ts_ns & _MAX_NUMBER
    head = struct.pack("<IIIII", packet.interface, high, low, size, packet.wire_bytes)
    return _block(ENHANCED_PACKET, head + _padded(packet.data) + _options(_packet_options(packet)))


def reception(link_type: int, data: bytes) -> int:
    """Return the flags word that tells to whom an Ethernet frame was sent; nothing is known of other links.

    The direction bits stay 0: a mirror port shows both directions as arriving.
    """
    if link_type != _ETHERNET or len(data) < 6:
        return 0
    if data[:6] == b"\xff" * 6:
        return _BROADCAST << _RECEPTION_SHIFT
    return (_MULTICAST if data[0] & 1 else _UNICAST) << _RECEPTION_SHIFT


def _packet_options(packet: Packet) -> Iterator[tuple[int, bytes]]:
    for comment in packet.comments:
        yield _COMMENT, _cut(comment.encode(errors="replace"))
    if packet.flags:
        yield _EPB_FLAGS, packet.flags.to_bytes(4, "little")


def _options(options: Iterable[tuple[int, bytes]]) -> bytes:
    """Return options in order, with the one that ends them when there are any."""
    parts = []
    for code, value in options:
        if len(value) > MAX_OPTION_BYTES:
            raise ValueError(f"an option holds {MAX_OPTION_BYTES} bytes at most, not {len(value)}")
        parts.append(struct.pack("<HH", code, len(value)) + _padded(value))
    return b"".join(parts) + struct.pack("<HH", _END_OF_OPTIONS, 0) if parts else b""


def _block(kind: int, body: bytes) -> bytes:
    length = len(body) + BLOCK_FRAME_BYTES
    return struct.pack("<II", kind, length) + body + struct.pack("<I", length)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _cut(text: bytes) -> bytes:
    return (
        text if len(text) <= MAX_COMMENT_BYTES else text[:MAX_COMMENT_BYTES].decode(errors="ignore").encode()
    )
