"""Progress on a terminal: a bar with rate and time left."""

import sys
from typing import Any, Protocol


class Reading(Protocol):
    """What a bar needs to know."""

    total_bytes: int | None

    @property
    def bytes_read(self) -> int: ...


class Bar:
    """Shows how far a reading is; does nothing when hidden or without a terminal."""

    def __init__(self, reading: Reading, *, hidden: bool) -> None:
        self._reading = reading
        self._progress: Any = None
        if hidden or sys.stderr is None or not sys.stderr.isatty():
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
            DownloadColumn(binary_units=True),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            redirect_stdout=False,  # stdout is for data
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
