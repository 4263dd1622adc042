"""How far an output has come: one small file for each, replaced whole, checked when it is read."""

import os
from pathlib import Path
from zlib import crc32

_SUFFIX = ".cursor"


def cursor_path(folder: Path, output: str) -> Path:
    """Return where the cursor of an output is kept."""
    return folder / f"{output}{_SUFFIX}"


def read_cursor(path: Path) -> int | None:
    """Return the sequence number of the last alert that arrived; None when nobody can say any more.

    Raises FileNotFoundError for an output that is new.
    """
    words = path.read_bytes()[:64].split()
    if len(words) != 2 or not words[0].isdigit() or words[1] != _sum(words[0]):
        return None
    return int(words[0])


def write_cursor(path: Path, sequence: int) -> None:
    """Replace the cursor; after a crash it is the old one or the new one."""
    number = b"%d" % sequence
    beside = path.with_suffix(".tmp")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(handle, b"%s %s\n" % (number, _sum(number)))
        os.fdatasync(handle)
    finally:
        os.close(handle)
    beside.replace(path)


def highest_cursor(folder: Path) -> int:
    """Return the highest number that any output has seen, 0 when there is none."""
    return max((read_cursor(path) or 0 for path in folder.glob(f"*{_SUFFIX}")), default=0)


def _sum(number: bytes) -> bytes:
    return b"%08x" % crc32(number)
