"""The checkpoint file: a state on disk that is there whole, or not at all.

A fixed header (magic, format, version of the program, lengths, SHA-256 of everything else), then the state as MessagePack
in one zstd frame. It is written beside its place, brought to the disk, and put into its place in one step; so at any
instant there is the old one or the new one. Who may read it knows what the sensor knows: nobody but its owner may.

Rule: nothing here knows what a state means; what was read is plain data that no room trusts.
"""

import hashlib
import os
import stat
import struct
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

import zstandard

from monitor import __version__
from monitor.export._pack import packed, unpacked

FORMAT = 1
"""Of the file; another one is not read."""
_MAGIC = b"\x89UMBCKP\n"
"""As in PNG: a byte with its high bit set and a line feed show what a text transfer did to the file."""
_VERSION_BYTES, _DIGEST_BYTES = 20, 32
_HEADER = struct.Struct(f">8sI{_VERSION_BYTES}sQQ")
"""The fields of ``_Head``; the digest follows."""
_HEAD_BYTES = _HEADER.size + _DIGEST_BYTES
_LEVEL = 1
_AT_ONCE = 1 << 20
_MODE = 0o600
_DAMAGED = ".damaged"
_NEW_DIGEST = hashlib.sha256()
"""Copied, never made: a forked child must not enter the part of OpenSSL that takes locks."""


class DamagedCheckpoint(ValueError):  # noqa: N818 - the word for a file, not for a fault of ours
    """A checkpoint cannot be read; says which and why."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class _Head(NamedTuple):
    """The header as it stands in the file."""

    magic: bytes
    format: int
    version: bytes
    packed_bytes: int
    plain_bytes: int


def write(path: Path, state: Any) -> int:
    """Replace the checkpoint and return its size; raises OSError and leaves the old one where it is."""
    beside = temporary(path, os.getpid())
    try:
        size = write_aside(beside, state)
        put_in_place(beside, path)
        return size
    finally:
        beside.unlink(missing_ok=True)  # nothing, once it is in its place


def read(path: Path) -> Any:
    """Return the state; raises DamagedCheckpoint, FileNotFoundError where there is none, or another OSError."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise DamagedCheckpoint(path, "it is no regular file")
    with path.open("rb") as stream:
        head = _checked(path, stream)
        stream.seek(_HEAD_BYTES)
        try:
            with zstandard.ZstdDecompressor().stream_reader(stream, closefd=False) as plain:
                state = unpacked(plain)
                told_bytes = plain.tell()
        except (ValueError, zstandard.ZstdError) as error:
            raise DamagedCheckpoint(path, f"its content is no state: {error}") from error
    if told_bytes != head.plain_bytes:
        raise DamagedCheckpoint(path, "its content has another length than it says")
    return state


def set_aside(path: Path) -> Path:
    """Move a checkpoint that cannot be used out of the way and return where it is; an earlier one there is lost."""
    aside = path.with_name(path.name + _DAMAGED)
    put_in_place(path, aside)
    return aside


def temporary(path: Path, pid: int) -> Path:
    """Return where a process writes what it will put in place; two processes do not meet there."""
    return path.with_name(f".{path.name}.{pid}.new")


def remove_left_over(path: Path) -> None:
    """Remove what writers that were killed have left beside a checkpoint."""
    for left in path.parent.glob(f".{path.name}.*.new"):
        left.unlink(missing_ok=True)


def write_aside(path: Path, state: Any) -> int:
    """Write a whole checkpoint to the disk, under a name of its own, and return its size."""
    with suppress(FileNotFoundError):
        path.unlink()  # in a container every run has the same process id
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, _MODE)
    with os.fdopen(handle, "wb") as stream:
        stream.seek(_HEAD_BYTES)
        body, plain_bytes = _Body(stream), 0
        with zstandard.ZstdCompressor(level=_LEVEL).stream_writer(
            cast("IO[bytes]", body), closefd=False
        ) as zipped:
            for part in packed(state):
                plain_bytes += zipped.write(part)
        version = __version__.encode("ascii", "replace")[:_VERSION_BYTES]
        head = _HEADER.pack(_MAGIC, FORMAT, version, body.size, plain_bytes)
        body.digest.update(head)
        stream.seek(0)
        stream.write(head + body.digest.digest())
        stream.flush()
        os.fsync(handle)
    return _HEAD_BYTES + body.size


def put_in_place(source: Path, target: Path) -> None:
    """Replace a file by another in one step that outlives a power cut."""
    source.replace(target)
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class _Body:
    """What follows the header, while it is written."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.digest = _NEW_DIGEST.copy()
        self.size = 0

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        self.size += len(data)
        return self._stream.write(data)


def _checked(path: Path, stream: IO[bytes]) -> _Head:
    """Return the header of a file that is what its writer wrote, to the last bit."""
    data = stream.read(_HEAD_BYTES)
    if not data.startswith(_MAGIC[: len(data)]):
        raise DamagedCheckpoint(path, "it is no checkpoint")
    if len(data) < _HEAD_BYTES:
        raise DamagedCheckpoint(path, "it is cut short: not even its header is whole")
    head = _Head(*_HEADER.unpack_from(data))
    if head.format != FORMAT:
        writer = head.version.rstrip(b"\0").decode("ascii", "backslashreplace")
        raise DamagedCheckpoint(path, f"its format is {head.format}, not {FORMAT}; version {writer} wrote it")
    excess = path.stat().st_size - _HEAD_BYTES - head.packed_bytes
    if excess:
        what = f"it is cut short: {-excess} bytes are missing" if excess < 0 else "it goes on behind its end"
        raise DamagedCheckpoint(path, what)
    digest = _NEW_DIGEST.copy()
    while block := stream.read(_AT_ONCE):
        digest.update(block)
    digest.update(data[: _HEADER.size])
    if digest.digest() != data[_HEADER.size :]:
        raise DamagedCheckpoint(path, "its checksum is wrong: something has changed it")
    return head
