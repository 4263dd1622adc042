"""Holds the web configuration in use, and reads it again when one of its files changes.

Rule 1: a change that cannot be used leaves the old configuration whole, and is said once.
Rule 2: nothing is opened up while running: an editor that writes an empty file for a moment must not switch off
certificates or passwords. That takes a restart.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from monitor.export.web_config import WebConfig, load
from monitor.model.errors import ConfigError, Location

_LOG = logging.getLogger("umbilical.web")
Say = Callable[[str], None]
"""Tells people of a change, one line each time."""
_Mark = tuple[tuple[int, int, int] | None, ...]


class WebConfigFile:
    """The configuration of a file; without one, the one that asks for nothing."""

    def __init__(self, path: Path | None, say: Say = _LOG.warning) -> None:
        self._path = path
        self._say = say
        self._lock = Lock()
        before = () if path is None else _mark((path,))
        self._current = WebConfig() if path is None else load(path)
        self._mark = before + _mark(self._current.files[1:])
        self.fault: str | None = None
        """Why the file as it is now is not in use."""
        for notice in self._current.notices:
            say(notice)

    def current(self) -> WebConfig:
        """Return what is in use; asked for every connection, it costs a look at the files' times."""
        if self._path is None:
            return self._current
        with self._lock:
            mark = _mark(self._current.files)
            if mark != self._mark:
                self._mark = mark
                self._read(self._path, mark)
            return self._current

    def _read(self, path: Path, mark: _Mark) -> None:
        try:
            new = load(path)
            self._refuse_less(new, path)
        except (ValueError, OSError) as error:  # ConfigError is a ValueError
            self.fault = str(error)
            self._say(f"web configuration not in use, the old one stays: {self.fault}")
            return
        self._current, self.fault = new, None
        self._mark = mark[:1] + _mark(new.files[1:])
        self._say(f"web configuration read again: {path}")

    def _refuse_less(self, new: WebConfig, path: Path) -> None:
        if self._current.tls is not None and new.tls is None:
            raise ConfigError("switches TLS off; that takes a restart", Location(str(path)))
        if self._current.users and not new.users:
            raise ConfigError("takes all passwords away; that takes a restart", Location(str(path)))
        if _asks_less(new, self._current):
            raise ConfigError("asks clients for less than before; that takes a restart", Location(str(path)))


def _asks_less(new: WebConfig, old: WebConfig) -> bool:
    if new.tls is None or old.tls is None:
        return False
    return new.tls.verify_mode < old.tls.verify_mode or (bool(old.allowed_sans) and not new.allowed_sans)


def _mark(files: tuple[Path, ...]) -> _Mark:
    return tuple(map(_mark_of, files))


def _mark_of(path: Path) -> tuple[int, int, int] | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return (state.st_mtime_ns, state.st_size, state.st_ino)
