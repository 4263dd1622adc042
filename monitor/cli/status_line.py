"""One line at the bottom of a terminal that says how it goes; nothing where nobody looks.

A thread writes it: a terminal that is held (Ctrl-S) must not hold up the sensor. It shares the terminal with what else is
said, also by other threads: who writes meanwhile does so inside ``away``.
"""

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread

EVERY_SECONDS = 1.0
PATIENCE_SECONDS = 0.2
"""How long who writes waits for another who does; then the line may be garbled, and nothing worse."""
_CLEAR = "\r\x1b[K"
"""To the first column, and erase what stands there (ECMA-48, CR and EL)."""


class StatusLine:
    """Shows the newest text, at most once a second."""

    def __init__(self, *, hidden: bool) -> None:
        self.is_shown = not hidden and sys.stderr is not None and sys.stderr.isatty()
        self._text = ""
        self._due = 0.0
        self._is_there = False
        self._lock = Lock()
        self._is_over = Event()
        self._thread: Thread | None = None

    def show(self, text: Callable[[], str]) -> None:
        """Show what ``text`` returns, called only when it is time; begins with the first text."""
        now = time.monotonic()
        if not self.is_shown or now < self._due:
            return
        self._due = now + EVERY_SECONDS
        self._text = text()
        if self._thread is None:
            self._thread = Thread(target=self._run, name="status", daemon=True)
            self._thread.start()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Let something else be written where the line stands; it comes again soon."""
        is_ours = self.is_shown and self._lock.acquire(timeout=PATIENCE_SECONDS)
        try:
            if is_ours:
                self._remove()
            yield
        finally:
            if is_ours:
                self._lock.release()

    def close(self) -> None:
        """Take the line away for good."""
        self._is_over.set()
        if self._thread is not None:
            self._thread.join(PATIENCE_SECONDS)
        with self.away():
            self.is_shown = False

    def _run(self) -> None:
        while not self._is_over.is_set():
            with self._lock:
                columns = shutil.get_terminal_size().columns
                self._is_there = True
                self._write(_CLEAR + self._text[: max(columns - 1, 0)])
            self._is_over.wait(EVERY_SECONDS)

    def _remove(self) -> None:
        if self._is_there:
            self._is_there = False
            self._write(_CLEAR)

    def _write(self, text: str) -> None:
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except (OSError, ValueError):  # the terminal has gone
            self.is_shown = False
