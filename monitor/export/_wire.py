"""Connections whose every wait is bounded together: a far end that drips a byte a second gets no longer than a silent one."""

import io
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any


class Deadline:
    """An instant after which nothing is waited for."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left; raises TimeoutError when there are none."""
        seconds = self._at - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("timed out")
        return seconds


def connected(
    host: str,
    port: int,
    deadline: Deadline,
    context: ssl.SSLContext | None = None,
    server_name: str | None = None,
) -> socket.socket:
    """Connect, and shake hands when there is a context; raises OSError."""
    plain = socket.create_connection((host, port), deadline.left())
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return plain if context is None else secured(plain, deadline, context, server_name or host)


def secured(
    plain: socket.socket, deadline: Deadline, context: ssl.SSLContext, server_name: str
) -> socket.socket:
    """Shake hands; the connection is closed when that fails."""
    with ExitStack() as undo:
        undo.callback(plain.close)
        plain.settimeout(deadline.left())
        link = context.wrap_socket(plain, server_hostname=server_name)
        undo.pop_all()
    return link


class TimedSocket:
    """A connection as ``http.client`` needs one, with a deadline over all of it."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._connection = connection
        self._deadline = deadline

    def sendall(self, data: Any) -> None:
        self._connection.settimeout(self._deadline.left())
        self._connection.sendall(data)

    def makefile(self, _mode: str, *_: Any) -> io.BufferedReader:
        return io.BufferedReader(_TimedBytes(self._connection, self._deadline.left))

    def close(self) -> None:
        """``http.client`` closes before it has read all; whoever opened the connection closes it."""


class _TimedBytes(io.RawIOBase):
    def __init__(self, connection: socket.socket, left: Callable[[], float]) -> None:
        self._connection = connection
        self._left = left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connection.settimeout(self._left())
        return self._connection.recv_into(buffer)
