"""Alerts that an output will never take, kept beside the spool for a person to look at; bounded, one older file is kept."""

import os
from pathlib import Path
from typing import Any

from monitor.export._line import line

MAX_BYTES = 8 << 20
MAX_REASON = 500


class RejectedFile:
    """One JSON line for each alert that was put aside, with the reason."""

    def __init__(self, folder: Path, output: str) -> None:
        self._path = folder / f"{output}.rejected.jsonl"
        self._older = folder / f"{output}.rejected.1.jsonl"

    def put(self, sequence: int, reason: str, alert: Any) -> None:
        """Write and wait for the disk; raises OSError."""
        told = line({"sequence": sequence, "reason": reason[:MAX_REASON], "alert": alert})
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(handle, told)
            os.fdatasync(handle)
            size = os.fstat(handle).st_size
        finally:
            os.close(handle)
        if size > MAX_BYTES:
            self._path.replace(self._older)
