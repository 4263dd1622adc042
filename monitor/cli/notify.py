"""Words to the service manager, as sd_notify(3) defines them: ready, reloading, stopping, and the watchdog's beat.

Rule 1: only the main loop calls ``beat``. A beat from a thread of its own would hide the very hang it is for.
Rule 2: nothing here waits or fails: a manager that does not listen must never hold up capture.
"""

import math
import os
import socket
import time
from collections.abc import Callable, MutableMapping

from monitor.cli.words import safe

_SOCKET, _WATCHDOG, _WATCHDOG_PID = "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"
_MAX_STATUS = 200
STATUS_SECONDS = 5.0
"""From one line for people to the next."""


class Notifier:
    """Tells systemd how the sensor is; silent where nobody asked to be told."""

    def __init__(self, environment: MutableMapping[str, str] | None = None) -> None:
        given = os.environ if environment is None else environment
        beat_usec = _beat_usec(given)
        self._socket = _connected(given.get(_SOCKET, ""))
        for name in (_SOCKET, _WATCHDOG, _WATCHDOG_PID):  # they are for this process, not for its children
            given.pop(name, None)
        self._pid = os.getpid()
        self._beat_every_ns = None if beat_usec is None or self._socket is None else beat_usec * 1000
        self._last_beat_ns = time.monotonic_ns()
        self._status = ""
        self._status_due = -math.inf

    @property
    def is_heard(self) -> bool:
        """Whether somebody asked to be told."""
        return self._socket is not None

    def ready(self, status: str = "") -> None:
        """Frames are being taken, also after a reload."""
        self._say("READY=1", *self._new_status(status))

    def status(self, status: Callable[[], str]) -> None:
        """Tell people how it goes, in a line for ``systemctl status``; asked for only when it is time to tell.

        Cheap enough to be called for every batch; the same line again is not sent.
        """
        now = time.monotonic()
        if self._socket is None or now < self._status_due:
            return
        self._status_due = now + STATUS_SECONDS
        self._say(*self._new_status(status()))

    def reloading(self) -> None:
        """A reload begins; ``ready`` says when it is over."""
        self._say("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """The sensor saves what it knows and ends."""
        self._say("STOPPING=1")

    def extend(self, seconds: int) -> None:
        """Ask for more time to start or stop, counted from now: kernels are being compiled."""
        self._say(f"EXTEND_TIMEOUT_USEC={seconds * 1_000_000}")

    def beat(self) -> None:
        """Feed the watchdog when half of its time is over; cheap enough to be called for every batch."""
        if self._beat_every_ns is None:
            return
        now_ns = time.monotonic_ns()
        if now_ns - self._last_beat_ns >= self._beat_every_ns:
            self._last_beat_ns = now_ns
            self._say("WATCHDOG=1")

    def close(self) -> None:
        """Say no more."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _new_status(self, status: str) -> list[str]:
        text = safe(status)[:_MAX_STATUS]
        if not text or text == self._status:
            return []
        self._status = text
        return [f"STATUS={text}"]

    def _say(self, *words: str) -> None:
        if self._socket is None or not words or os.getpid() != self._pid:
            return
        try:
            self._socket.send("\n".join(words).encode())
        except OSError:  # full, or gone
            return


def _connected(address: str) -> socket.socket | None:
    """Return a socket to the manager: a path, or a name without one that begins with ``@``."""
    if not address.startswith(("/", "@")):
        return None
    speaker = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
    try:
        speaker.connect("\0" + address[1:] if address.startswith("@") else address)
    except OSError:
        speaker.close()
        return None
    return speaker


def _beat_usec(environment: MutableMapping[str, str]) -> int | None:
    """Return half of the watchdog's time (sd_watchdog_enabled(3)); None when it is not for us."""
    period, pid = environment.get(_WATCHDOG, ""), environment.get(_WATCHDOG_PID, "")
    is_ours = not pid or pid == str(os.getpid())
    return int(period) // 2 if period.isdecimal() and is_ours and int(period) > 1 else None
