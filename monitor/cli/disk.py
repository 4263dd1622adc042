"""Folders that are changed so that whatever interrupts it, the state of before or the new one is there, complete."""

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = ".lock"


class Disk:
    """What is done to the disk, each step finished when it returns; a test gives one that dies half-way."""

    def make_folder(self, path: Path) -> None:
        path.mkdir(exist_ok=True)
        path.chmod(0o755)  # the sensor may run as another user

    def write(self, path: Path, content: bytes) -> None:
        with path.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())

    def settle(self, folder: Path) -> None:
        """Make sure of the names in a folder."""
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def replace(self, source: Path, target: Path) -> None:
        source.replace(target)

    def remove(self, folder: Path) -> None:
        shutil.rmtree(folder)


class Busy(ValueError):  # noqa: N818 - says what is the matter, as TimeoutError does
    """Somebody else is changing the folder."""


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep others from changing a folder, which is made when it is not there; raises Busy when somebody does."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in {errno.EAGAIN, errno.EACCES}:
                raise
            raise Busy("another update is running; try again when it is done") from error
        yield
