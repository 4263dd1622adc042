"""Where data goes: stdout or a file, as bytes, with a buffer that makes millions of lines cheap."""

import io
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from monitor.cli.failure import fail, told_plainly

BUFFER_BYTES = 1 << 18
_NAMED_BYTES = 100
"""Of the name in that of its unfinished file, which has a few letters more and must not become too long."""


@contextmanager
def data_output(path: Path | None, *, mode: int | None = None) -> Iterator[BinaryIO]:
    """Open stdout, or a file that appears under its name only when it is complete.

    What is no file (a device, a pipe) is written as it is. ``mode``: the rights of the file, if not the usual ones.
    """
    if path is None:
        stream = _stdout()
        yield stream
        stream.flush()
        return
    check_target(path)
    target = _replaceable(path)
    if target is None:
        with path.open("wb", buffering=BUFFER_BYTES) as stream:
            yield stream
        return
    with _replacing(target, 0o666 & ~_umask() if mode is None else mode) as stream:
        yield stream


def check_target(path: Path) -> None:
    """Refuse a file that cannot be made, before hours of reading end there."""
    with told_plainly():
        status = _status(path)
        folder = Path(os.path.realpath(path)).parent
        folder_status = _status(folder)
    if status is not None and stat.S_ISDIR(status.st_mode):
        fail(f"{path}: is a folder, not a file to write to")
    if folder_status is None or not stat.S_ISDIR(folder_status.st_mode):
        fail(f"{folder}: no such folder")
    if not os.access(path if status else folder, os.W_OK):
        fail(f"{path}: cannot be written: permission denied")


def _status(path: Path) -> os.stat_result | None:
    """Return what a path leads to, None when nothing is there; raises OSError when nobody can tell."""
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _replaceable(path: Path) -> Path | None:
    """Return the file that a path leads to, there already or not; None when it can only be written as it is."""
    status = _status(path)
    target = Path(os.path.realpath(path))
    if status is None:
        return target
    is_named = _is_same(status, target)  # not so behind /proc: a file there may have lost its name
    may_be_replaced = stat.S_ISREG(status.st_mode) and os.access(target.parent, os.W_OK | os.X_OK)
    return target if is_named and may_be_replaced else None


def _is_same(status: os.stat_result, path: Path) -> bool:
    other = _status(path)
    return other is not None and os.path.samestat(status, other)


def _stdout() -> BinaryIO:
    if sys.stdout is None:
        fail("standard output is closed")
    try:
        number = sys.stdout.fileno()
    except (OSError, io.UnsupportedOperation):  # a test's
        return sys.stdout.buffer
    return open(number, "wb", buffering=BUFFER_BYTES, closefd=False)


@contextmanager
def _replacing(path: Path, mode: int) -> Iterator[BinaryIO]:
    begin = os.fsdecode(os.fsencode(path.name)[:_NAMED_BYTES])
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{begin}.")
    try:
        with os.fdopen(handle, "wb", buffering=BUFFER_BYTES) as stream:
            yield stream
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)  # nothing, once it is in its place


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
