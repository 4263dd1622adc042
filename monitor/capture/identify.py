"""What the first bytes of a file are: a capture that a walk here can read, or something that a person must be told about."""

from enum import Enum

from monitor.capture.bytestream import ByteStream
from monitor.capture.pcap import FLAVOURS
from monitor.capture.pcapng import starts_section

_HEAD_BYTES = 24
_TEXT_CONTROLS = b"\t\n\r\f\x1b"


class Format(Enum):
    """A capture format."""

    PCAP = "pcap"
    PCAPNG = "pcapng"


def capture_format(stream: ByteStream) -> Format:
    """Return the format of a capture without taking a byte; raises ValueError that says what it is instead."""
    head = stream.peek(_HEAD_BYTES)
    if head[:4] in FLAVOURS:
        return Format.PCAP
    if starts_section(head):
        return Format.PCAPNG
    inside = f", packed with {stream.compression}" if stream.compression else ""
    damaged = f" ({stream.problem})" if stream.problem else ""
    raise ValueError(f"{stream.path}: not a capture: {looks_like(head)}{inside}{damaged}")


def looks_like(head: bytes) -> str:
    """Say what the first bytes of a file look like."""
    if not head:
        return "empty file"
    for magic, what in _MAGICS:
        if head.startswith(magic):
            return what
    if head[257:262] == b"ustar":
        return "looks like a tar archive"
    if not head.strip(b"\0"):
        return "nothing but zeros"
    return "looks like text" if _is_text(head) else "unknown data"


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    if any(byte < 0x20 and byte not in _TEXT_CONTROLS for byte in head):
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        # The head may end within a character.
        return error.start > 0 and len(head) - error.start < 4
    return True


_FILTER = "pcap of filter bytecode, which holds no packets"
_CONVERT = "; convert it with: editcap -F pcapng"
_MAGICS = (
    (b"\xa1\xb2\xc3\xcb", _FILTER),
    (b"\xcb\xc3\xb2\xa1", _FILTER),
    (b"\xa1\xb2\x34\xcd", "pcap of a reserved kind"),
    (b"\xcd\x34\xb2\xa1", "pcap of a reserved kind"),
    (b"snoop\0\0\0", "looks like a Solaris snoop capture" + _CONVERT),
    (b"GMBU", "looks like a Microsoft Network Monitor capture" + _CONVERT),
    (b"RTSS", "looks like a Microsoft Network Monitor capture" + _CONVERT),
    (b"TRSNIFF data", "looks like a Sniffer capture" + _CONVERT),
    (b"\x7fELF", "looks like a program (ELF)"),
    (b"%PDF", "looks like a PDF document"),
    (b"PK\x03\x04", "looks like a ZIP archive; unpack it first"),
    (b"PK\x05\x06", "looks like an empty ZIP archive"),
    (b"7z\xbc\xaf\x27\x1c", "looks like a 7z archive; unpack it first"),
    (b"Rar!\x1a\x07", "looks like a RAR archive; unpack it first"),
    (b"\xff\xd8\xff", "looks like a JPEG image"),
    (b"\x89PNG\r\n\x1a\n", "looks like a PNG image"),
    (b"GIF8", "looks like a GIF image"),
    (b"SQLite format 3\0", "looks like an SQLite database"),
    (b"PAR1", "looks like a Parquet table"),
    (b"\x1f\x8b", "looks like gzip data"),
    (b"\x28\xb5\x2f\xfd", "looks like zstd data"),
    (b"\xfd7zXZ\0", "looks like xz data"),
    (b"\x04\x22\x4d\x18", "looks like lz4 data"),
    (b"\x02\x21\x4c\x18", "looks like lz4 data of the legacy format; unpack it first"),
    (b"BZh", "looks like bzip2 data"),
    (b"\x1f\x9d", "looks like data of the compress command; unpack it first"),
)
