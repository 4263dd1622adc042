"""Gets the one database out of what was fetched: gzip, or a tar inside, or neither; never more than a bound allows.

No name of an archive is ever used as a path: the content goes where the caller says.
"""

import gzip
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Protocol

MAX_UNPACKED_BYTES = 512 << 20
MAX_MEMBERS = 64
SUFFIX = ".mmdb"
_PIECE_BYTES = 1 << 16
_MAX_PIECE_BYTES = 1 << 20
"""An archive whose header wants more in one piece is not read."""
_GZIP = b"\x1f\x8b"
_TAR_AT, _TAR = 257, b"ustar"
_MARKER = b"\xab\xcd\xefMaxMind.com"
"""Begins the metadata of a MaxMind DB (section "Database Metadata" of its format), within the last 128 KiB."""
_METADATA_BYTES = 128 << 10


class NotADatabase(ValueError):  # noqa: N818 - says what the matter is
    """What came holds no database, or more than one should look at."""


def unpack(source: Path, target: Path, max_bytes: int = MAX_UNPACKED_BYTES) -> None:
    """Write the database in a file to another; raises NotADatabase. Leaves what it wrote until then."""
    plain = source
    if _head(source).startswith(_GZIP):
        plain = target.with_suffix(".unpacked")
        _gunzip(source, plain, max_bytes)
    if _head(plain)[_TAR_AT : _TAR_AT + len(_TAR)] == _TAR:
        _take_member(plain, target, max_bytes)
        if plain is not source:
            plain.unlink()
    elif plain is source:
        _copy(source, target, max_bytes)
    else:
        plain.replace(target)
    _check_marker(target)


class _Readable(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_TAR_AT + len(_TAR))


def _gunzip(source: Path, target: Path, max_bytes: int) -> None:
    try:
        with gzip.open(source, "rb") as packed, target.open("wb") as plain:
            _pour(packed, plain, max_bytes)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise NotADatabase(f"damaged: {error}") from error


def _copy(source: Path, target: Path, max_bytes: int) -> None:
    with source.open("rb") as stream, target.open("wb") as copy:
        _pour(stream, copy, max_bytes)


def _pour(source: _Readable, target: BinaryIO, max_bytes: int) -> None:
    size = 0
    while piece := source.read(_PIECE_BYTES):
        size += len(piece)
        if size > max_bytes:
            raise NotADatabase(f"too large: more than {max_bytes} bytes unpacked")
        target.write(piece)


class _Pieces:
    """A file for tarfile that refuses to be read in large pieces, which only a forged header asks for."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.seek, self.tell = stream.seek, stream.tell

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _MAX_PIECE_BYTES:
            raise NotADatabase("damaged: a header of the archive is far too large")
        return self._stream.read(size)


def _take_member(source: Path, target: Path, max_bytes: int) -> None:
    try:
        with source.open("rb") as stream:
            pieces: Any = _Pieces(stream)
            with tarfile.open(fileobj=pieces, mode="r:") as archive, target.open("wb") as plain:
                inside: Any = archive.extractfile(_only_database(archive))
                _pour(inside, plain, max_bytes)
    except (tarfile.TarError, EOFError, UnicodeError, OverflowError) as error:
        raise NotADatabase(f"damaged: {error}") from error


def _only_database(archive: tarfile.TarFile) -> tarfile.TarInfo:
    """Return the member that is a database; an archive that looks like an attack is refused whole."""
    found: list[tarfile.TarInfo] = []
    for number, member in enumerate(archive, 1):
        path = PurePosixPath(member.name)
        if path.is_absolute() or ".." in path.parts or "\\" in member.name:
            raise NotADatabase("an archive with a path outside of itself")
        if not (member.isreg() or member.isdir()):
            raise NotADatabase("an archive with links or devices")
        if number > MAX_MEMBERS:
            raise NotADatabase(f"an archive with more than {MAX_MEMBERS} files")
        if member.isreg() and path.suffix == SUFFIX:
            found.append(member)
    if len(found) != 1:
        raise NotADatabase(f"an archive with {len(found)} databases instead of 1")
    return found[0]


def _check_marker(path: Path) -> None:
    size = path.stat().st_size
    with path.open("rb") as stream:
        head = stream.read(256)
        stream.seek(max(size - _METADATA_BYTES, 0))
        tail = stream.read(_METADATA_BYTES)
    if _MARKER in tail:
        return
    if head.lstrip().startswith(b"<"):
        raise NotADatabase("a web page, not a database")
    raise NotADatabase("not a MaxMind DB, or only the beginning of one" if size else "empty")
