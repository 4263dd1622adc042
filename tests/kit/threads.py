"""Threads that a test began: those of an earlier test may still be ending beside it."""

from __future__ import annotations

import threading


class Threads:
    """The threads that run now and did not when this was made."""

    def __init__(self) -> None:
        self._before = set(threading.enumerate())

    def names(self) -> list[str]:
        """Return their names, sorted; two threads may share one."""
        return sorted(one.name for one in set(threading.enumerate()) - self._before)
