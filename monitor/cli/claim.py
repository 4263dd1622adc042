"""One sensor for each state folder: whoever comes second is told so before it has touched anything.

The kernel gives the folder free when the process has ended, however that came about; nothing is left behind to be cleaned up.
"""

import fcntl
import os
from pathlib import Path


class Claim:
    """Holds a folder; raises ValueError when another process does."""

    def __init__(self, folder: Path) -> None:
        self._handle: int | None = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise ValueError(
                f"{folder}: another umbilical keeps its state here; stop it, or name another folder (--state)"
            ) from None
        except OSError:
            # Some network file systems cannot lock a folder; the spool has a lock of its own.
            return

    def close(self) -> None:
        """Give the folder free; in a forked child, only forget that its parent holds it."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
