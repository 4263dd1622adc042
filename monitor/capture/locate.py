"""From what a person typed (paths, folders, globs, ``-``) to the files that are captures; nothing is read but their heads."""

import glob
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from errno import ENOENT
from pathlib import Path

from monitor.capture.bytestream import STDIN, ByteStream
from monitor.capture.identify import capture_format


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A capture that can be read."""

    path: str
    size_bytes: int | None
    """On disk; None for a pipe."""
    held: ByteStream | None
    """Already opened, because it can be opened only once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """What was found."""

    captures: tuple[Found, ...]
    skipped: tuple[str, ...]
    """Files in folders that are no captures, and empty ones among several that were named."""


def locate(names: Sequence[str]) -> Located:
    """Find the captures; raises ValueError or OSError when one that was named is none or cannot be read.

    A file that is named twice, or by two names, is taken once.
    """
    if not names:
        raise ValueError("no capture given: name a file, a folder, a glob or '-' for standard input")
    search = _Search()
    with ExitStack() as undo:
        undo.callback(search.close)
        for name in names:
            search.add(name, is_alone=len(names) == 1)
        search.check_found()
        undo.pop_all()
    return Located(captures=tuple(search.found), skipped=tuple(search.skipped))


class _Search:
    def __init__(self) -> None:
        self.found: list[Found] = []
        self.skipped: list[str] = []
        self._seen: set[tuple[int, int]] = set()

    def add(self, name: str, *, is_alone: bool) -> None:
        if name == STDIN:
            self._add_stdin()
            return
        if not name:
            raise ValueError("an empty name is no capture")
        paths = _expanded(name)
        for path in paths:
            status = Path(path).stat()
            if stat.S_ISDIR(status.st_mode):
                self._add_folder(path)
            elif _is_empty(status) and not (is_alone and len(paths) == 1):
                self.skipped.append(path)  # the newest of a rotation is often not written yet
            else:
                self._add_file(path, status)

    def check_found(self) -> None:
        """Raise ValueError when all that was named is empty."""
        if not self.found:
            raise ValueError(f"{self.skipped[0]}: empty file, as are all that were named")

    def close(self) -> None:
        for found in self.found:
            if found.held:
                found.held.close()

    def _add_stdin(self) -> None:
        if sys.stdin is None:  # closed from the start; by now its number may be that of another file
            raise ValueError("-: standard input is closed; pipe a capture into it")
        if os.isatty(0):
            raise ValueError("-: standard input is a terminal; pipe a capture into it")
        self._add_file(STDIN, os.fstat(0))

    def _add_folder(self, folder: str) -> None:
        captures = others = 0
        for path, status in _files(folder):
            try:
                self._add_file(path, status)
                captures += 1
            except ValueError:
                self.skipped.append(path)
                others += 1
        if not captures:
            raise ValueError(f"{folder}: no capture in this folder ({others} other files)")

    def _add_file(self, path: str, status: os.stat_result) -> None:
        identity = (status.st_dev, status.st_ino)
        if identity in self._seen:
            return
        stream = ByteStream(path)
        with ExitStack() as done:
            done.callback(stream.close)
            capture_format(stream)
            if not stream.is_file:
                done.pop_all()
        self._seen.add(identity)
        self.found.append(
            Found(path=path, size_bytes=stream.size_bytes, held=None if stream.is_file else stream)
        )


def _is_empty(status: os.stat_result) -> bool:
    return stat.S_ISREG(status.st_mode) and status.st_size == 0


def _expanded(name: str) -> list[str]:
    """Return the paths that a name stands for; a name that exists as it is stands for itself."""
    try:
        Path(name).stat()
    except (FileNotFoundError, NotADirectoryError):
        if not glob.has_magic(name):
            raise
    else:
        return [name]
    paths = sorted(glob.glob(name, recursive=True))  # noqa: PTH207 - pathlib would not keep what was typed
    if not paths:
        raise FileNotFoundError(ENOENT, "No file matches", name)
    return paths


def _files(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    """Yield the regular files below a folder in order of their paths, without hidden ones and linked folders."""
    for parent, folders, names in os.walk(folder, onerror=_raise):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            if name.startswith(".") or not path.is_file():
                continue
            yield str(path), path.stat()


def _raise(error: OSError) -> None:
    raise error
