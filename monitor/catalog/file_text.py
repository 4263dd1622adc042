"""The text of one file, for a room that reads what a site wrote: a whole regular file of limited size, in UTF-8.

Anything else (a pipe that never ends, a device, a folder) is a fault in a line, not a wait.
"""

import os
import stat
from pathlib import Path

from monitor.catalog.faults import Faults

MAX_FILE_MIB = 256
"""A file beyond this is a mistake: 100,000 signatures as wordy as the bundled ones take half of it."""
MAX_FILE_BYTES = MAX_FILE_MIB << 20


def text_of(path: Path, faults: Faults) -> str | None:
    """Return what a file says, without the mark that some editors begin it with; None when it cannot be read."""
    try:
        return file_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        faults.add(str(path), None, f"not UTF-8: {error.reason} at byte {error.start}")
    except OSError as error:
        faults.add(str(path), None, f"cannot be read: {error.strerror}")
    except ValueError as error:
        faults.add(str(path), None, str(error))
    return None


def file_bytes(path: Path) -> bytes:
    """Return the content of a file; raises OSError, and ValueError for what is no file or too large."""
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe without a writer would wait
    try:
        facts = os.fstat(number)
        if not stat.S_ISREG(facts.st_mode):
            raise ValueError("not a regular file")
        if facts.st_size > MAX_FILE_BYTES:
            raise ValueError(f"larger than {MAX_FILE_MIB} MiB, the most that is read of a file")
        with os.fdopen(number, "rb", closefd=False) as stream:
            return stream.read(facts.st_size)
    finally:
        os.close(number)
