"""How an alert lies in the spool: one line of text with a checksum, a sequence number and its JSON.

    1c291ca3 00000000001800000042 {"time":"2027-01-15T08:00:00.000000000Z", ...}

A person can read it with ``cut -d" " -f3-``. The checksum covers everything behind it; a line that is damaged or torn is
left out and the next line stands for itself.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple
from zlib import crc32

MAX_LINE_BYTES = 1 << 20
"""An alert is a few thousand bytes; a longer one is not taken."""
MIN_LINE_BYTES = 31
"""Checksum, number, two spaces and the line feed."""
_HEAD = re.compile(rb"([0-9a-f]{8}) ([0-9]{20}) ")
_SUM_BYTES = 9
"""The checksum and the space behind it."""


class SpoolRecord(NamedTuple):
    """One alert in the spool."""

    sequence: int
    """Numbers only grow; there may be gaps."""
    json: bytes
    """The published record, without a line feed."""


class Scan(NamedTuple):
    """What a piece of a segment held."""

    records: list[SpoolRecord]
    good_bytes: int
    """End of the last good line."""
    damaged: int
    """Lines before it that are none."""


def framed(record: SpoolRecord) -> bytes:
    """Return the line of a record."""
    rest = b"%020d %s" % (record.sequence, record.json)
    return b"%08x %s\n" % (crc32(rest), rest)


def read_line(line: bytes) -> SpoolRecord | None:
    """Return the record of a line (without its line feed), None when it is damaged."""
    head = _HEAD.match(line)
    if head is None or crc32(memoryview(line)[_SUM_BYTES:]) != int(head[1], 16):
        return None
    return SpoolRecord(int(head[2]), line[head.end() :])


def scan(data: bytes, after: int = -1, most: int | None = None) -> Scan:
    """Read whole lines; a record whose number does not grow was written twice and is left out silently."""
    records: list[SpoolRecord] = []
    good_bytes = damaged = waiting = 0
    for line, end in _lines(data):
        record = read_line(line)
        if record is None:
            waiting += 1
            continue
        damaged, waiting, good_bytes = damaged + waiting, 0, end
        if record.sequence > after:
            after = record.sequence
            records.append(record)
        if len(records) == most:
            break
    return Scan(records, good_bytes, damaged)


def _lines(data: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield every line that has an end, with the offset behind it."""
    start = 0
    while (end := data.find(b"\n", start)) >= 0:
        yield data[start:end], end + 1
        start = end + 1
