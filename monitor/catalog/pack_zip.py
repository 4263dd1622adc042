"""The one form of zip that a pack has: stored entries in a row, nothing else. Any unzip reads it; only we write it.

Rule: what is read is written again and compared. So compression (bombs), links, comments, hidden or overlapping entries,
names that differ between the two tables of a zip, and bytes before or after cannot occur in what is accepted.
Judges no names; the manifest does. PKWARE APPNOTE 6.3 sections are cited.
"""

import struct
from collections.abc import Mapping
from zlib import crc32

from monitor.model.errors import Malformed

MAX_PACK_BYTES = 64 << 20
"""The bundled signatures take less than one megabyte; 100,000 signatures some fifty."""
MAX_ENTRIES = 10_000
MAX_NAME_BYTES = 200

_LOCAL = struct.Struct("<4s5H3I2H")  # section 4.3.7
_CENTRAL = struct.Struct("<4s6H3I5H2I")  # section 4.3.12
_END = struct.Struct("<4s4H2IH")  # section 4.3.16
_LOCAL_SIGNATURE, _CENTRAL_SIGNATURE, _END_SIGNATURE = b"PK\3\4", b"PK\1\2", b"PK\5\6"
_VERSION_NEEDED = 10  # section 4.4.3.2: stored files
_MADE_BY_UNIX = 3 << 8 | _VERSION_NEEDED  # section 4.4.2
_STORED = 0  # section 4.4.5
_NO_FLAGS = 0  # section 4.4.4: not encrypted, sizes stand before the data
_TIME, _DAY = 0, 1 << 5 | 1  # section 4.4.6: 1980-01-01, the same in every pack
_MODE = 0o100644 << 16  # section 4.4.15: a plain file


def write_zip(entries: Mapping[str, bytes]) -> bytes:
    """Return the zip of the entries, in their order; the same entries give the same bytes on any machine."""
    parts: list[bytes] = []
    table: list[bytes] = []
    place = 0
    for name, content in entries.items():
        written = name.encode("ascii")
        facts = (_NO_FLAGS, _STORED, _TIME, _DAY, crc32(content), len(content), len(content), len(written), 0)
        parts += (_LOCAL.pack(_LOCAL_SIGNATURE, _VERSION_NEEDED, *facts), written, content)
        table += (
            _CENTRAL.pack(_CENTRAL_SIGNATURE, _MADE_BY_UNIX, _VERSION_NEEDED, *facts, 0, 0, 0, _MODE, place),
            written,
        )
        place += _LOCAL.size + len(written) + len(content)
    size = sum(map(len, table))
    end = _END.pack(_END_SIGNATURE, 0, 0, len(entries), len(entries), size, place, 0)
    return b"".join((*parts, *table, end))


def read_zip(data: bytes) -> dict[str, bytes]:
    """Return the entries in their order; raises Malformed for what ``write_zip`` would not have written."""
    if len(data) > MAX_PACK_BYTES:
        raise Malformed(f"a pack has at most {MAX_PACK_BYTES} bytes, this has more")
    if not data.startswith(_LOCAL_SIGNATURE):
        raise Malformed("not a pack")
    entries: dict[str, bytes] = {}
    place = 0
    while data.startswith(_LOCAL_SIGNATURE, place):
        if len(entries) == MAX_ENTRIES:
            raise Malformed(f"a pack has at most {MAX_ENTRIES} entries, this has more")
        place = _read_entry(data, place, entries)
    if write_zip(entries) != data:
        raise Malformed(
            "cut short, or not in the one form that 'umbilical signatures pack' writes"
            " (no links, no comments, nothing between or beside the files)"
        )
    return entries


def _read_entry(data: bytes, place: int, entries: dict[str, bytes]) -> int:
    """Add the entry that begins at a place and return where it ends."""
    name_start = place + _LOCAL.size
    if name_start > len(data):
        raise Malformed("cut short")
    _, _, flags, method, _, _, _, packed, size, name_bytes, extra = _LOCAL.unpack_from(data, place)
    content_start = name_start + name_bytes
    name = data[name_start:content_start].decode("ascii", "backslashreplace")
    if method != _STORED or packed != size:
        raise Malformed(f"{name!r} is compressed; the files of a pack are stored as they are")
    if (
        flags != _NO_FLAGS
        or extra
        or name_bytes > MAX_NAME_BYTES
        or not data[name_start:content_start].isascii()
    ):
        raise Malformed(f"{name[:MAX_NAME_BYTES]!r} is not an entry that 'umbilical signatures pack' writes")
    if name in entries:
        raise Malformed(f"{name!r} is there twice")
    if content_start + size > len(data):
        raise Malformed(f"cut short within {name!r}")
    entries[name] = data[content_start : content_start + size]
    return int(content_start + size)
