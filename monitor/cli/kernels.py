"""Compiled kernels: where they are kept between runs, and a word to people while they are made.

Both must happen before a room with kernels is imported; so every command that reads packets begins here.
"""

import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import monitor

ANNOUNCED_AFTER_SECONDS = 0.7
"""A kernel that takes longer is worth a word."""
TEXT = "Compiling the packet kernels for this machine (once, some ten seconds) ..."
_ROOMS_WITH_KERNELS = ("capture", "decode", "export", "flow", "pipeline")
_VARIABLE = "NUMBA_CACHE_DIR"


def keep_kernels() -> None:
    """Give numba a folder it can write when the package's own cannot be written; a choice of the operator stands."""
    if _VARIABLE in os.environ or _is_writable(Path(monitor.__file__).parent):
        return
    os.environ[_VARIABLE] = str(_user_folder() or _own_folder() or tempfile.mkdtemp(prefix="umbilical-"))


def keep_no_more() -> None:
    """From here on a kernel that is compiled is used and not kept: this process can write its folder no longer."""
    caching: Any = sys.modules.get("numba.core.caching")  # numba has no types
    if caching is not None:
        caching.Cache.save_overload = _not_kept


def _not_kept(*_: object) -> None:
    """Numba would raise an error here that says nothing to anybody."""


@contextmanager
def announced_compilation(*, hidden: bool) -> Iterator[None]:
    """Say so once when a kernel inside is really compiled and takes long; loading compiled ones says nothing."""
    if hidden:
        yield
        return
    from numba.core import event as numba_event

    event: Any = numba_event  # numba has no types
    listener = _listener(event)
    event.register("numba:compile", listener)
    try:
        yield
    finally:
        listener.calm()
        event.unregister("numba:compile", listener)


def _listener(event: Any) -> Any:
    class Announcer(event.Listener):  # type: ignore[misc]  # numba has no types
        """Announces when an outermost compilation has run for a while."""

        def __init__(self) -> None:
            self._depth = 0
            self._timer: threading.Timer | None = None
            self._said = False

        def on_start(self, event: Any) -> None:
            self._depth += 1
            if self._depth == 1 and not self._said and _is_kept(event.data["dispatcher"]):
                self._timer = threading.Timer(ANNOUNCED_AFTER_SECONDS, self._say)
                self._timer.daemon = True
                self._timer.start()

        def on_end(self, event: Any) -> None:  # noqa: ARG002 - numba's contract
            self._depth -= 1
            if self._depth == 0:
                self.calm()

        def calm(self) -> None:
            if self._timer is not None:
                self._timer.cancel()

        def _say(self) -> None:
            self._said = True
            print(TEXT, file=sys.stderr, flush=True)

    return Announcer()


def _is_kept(dispatcher: Any) -> bool:
    """Whether what is compiled is kept for the next run; small parts of kernels are not, and are made at every start."""
    from numba.core.caching import NullCache

    return not isinstance(getattr(dispatcher, "_cache", None), NullCache)


def _is_writable(package: Path) -> bool:
    """Whether every room can keep its compiled kernels beside its source."""
    return all(_can_write(package / room / "__pycache__") for room in _ROOMS_WITH_KERNELS)


def _can_write(folder: Path) -> bool:
    return os.access(folder if folder.is_dir() else folder.parent, os.W_OK | os.X_OK)


def _user_folder() -> Path | None:
    """Return the folder for caches that the XDG base directory specification names."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    home = os.environ.get("HOME", "")
    for base in (Path(given), Path(home, ".cache")):
        if base.is_absolute():
            return _made(base / "umbilical" / "kernels")
    return None


def _own_folder() -> Path | None:
    """Return a folder for this user where everybody may write."""
    return _made(Path(tempfile.gettempdir(), f"umbilical-{os.getuid()}"))


def _made(folder: Path) -> Path | None:
    """Make a folder; None when it cannot be used, or when others could put code there for us to load."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
    except OSError:
        return None
    is_ours = folder.is_dir() and not folder.is_symlink() and status.st_uid == os.getuid()
    return folder if is_ours and not status.st_mode & 0o022 and _can_write(folder) else None
