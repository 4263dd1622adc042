"""Where data goes: stdout or a file, as bytes, with a buffer that makes millions of lines cheap."""

import io
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from monitor.cli.failure import fail

BUFFER_BYTES = 1 << 18


@contextmanager
def data_output(path: Path | None) -> Iterator[BinaryIO]:
    """Open stdout, or a file that appears under its name only when it is complete."""
    if path is None:
        stream = _stdout()
        yield stream
        stream.flush()
        return
    check_target(path)
    if path.exists() and not path.is_file():  # a device or a pipe is written as it is
        with path.open("wb", buffering=BUFFER_BYTES) as stream:
            yield stream
        return
    with _replacing(path) as stream:
        yield stream


def check_target(path: Path) -> None:
    """Refuse a file that cannot be made, before hours of reading end there."""
    if path.is_dir():
        fail(f"{path}: is a folder, not a file to write to")
    if not path.parent.is_dir():
        fail(f"{path.parent}: no such folder")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        fail(f"{path}: cannot be written: permission denied")


def _stdout() -> BinaryIO:
    if sys.stdout is None:
        fail("standard output is closed")
    try:
        number = sys.stdout.fileno()
    except (OSError, io.UnsupportedOperation):  # a test's
        return sys.stdout.buffer
    return open(number, "wb", buffering=BUFFER_BYTES, closefd=False)


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb", buffering=BUFFER_BYTES) as stream:
            yield stream
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
