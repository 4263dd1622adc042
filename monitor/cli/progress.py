"""Progress on a terminal: a bar with rate and time left, and a word when the kernels are compiled for the first time."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

COMPILING_AFTER_SECONDS = 1.0
"""Loading compiled kernels takes a fraction of this."""


class Reading(Protocol):
    """What a bar needs to know."""

    total_bytes: int | None

    @property
    def bytes_read(self) -> int: ...


class Bar:
    """Shows how far a reading is; does nothing when hidden."""

    def __init__(self, reading: Reading, *, hidden: bool) -> None:
        self._reading = reading
        self._progress = None
        if hidden or not sys.stderr.isatty():
            return
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        self._progress = Progress(
            TextColumn("reading"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._progress.add_task("reading", total=reading.total_bytes)
        self._progress.start()

    def move(self) -> None:
        """Show where the reading is now."""
        if self._progress is not None:
            self._progress.update(self._task, completed=self._reading.bytes_read)

    def stop(self) -> None:
        """Take the bar away."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


@contextmanager
def announced_compilation(*, quiet: bool) -> Iterator[None]:
    """Say so when what is inside takes long because kernels are compiled (once for a machine and version)."""
    text = "Compiling the packet kernels for this machine (once, some ten seconds) ..."
    timer = threading.Timer(COMPILING_AFTER_SECONDS, lambda: print(text, file=sys.stderr, flush=True))
    timer.daemon = True
    if not quiet:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()
