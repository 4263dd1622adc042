"""The connections of the web server at one moment: never more than so many, and the idle give way to the new.

Rule: who is being answered is left in peace; a crowd that says nothing cannot keep the next scrape out.
"""

import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Condition

from monitor.export._web_counts import Given, WebCounts

LEAVING_SECONDS = 1.0
"""How long a new one waits until those who were cut have gone: their threads need a moment on a busy machine."""


@dataclass(slots=True, eq=False)
class Connection:
    """One client, from accept to close."""

    socket: socket.socket
    """Replaced by the one that encrypts, where there is one."""
    client: str
    """Its address; empty over a Unix socket."""
    is_answering: bool = False
    was_crowded_out: bool = False
    since: float = field(default_factory=time.monotonic)

    def cut(self) -> None:
        """End it for both sides; its thread notices at once."""
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)


class Crowd:
    """A bounded set of connections."""

    def __init__(self, capacity: int, counts: WebCounts) -> None:
        self._capacity = capacity
        self._counts = counts
        self._inside: set[Connection] = set()
        self._leaving = 0
        self._left = Condition()

    def __len__(self) -> int:
        return len(self._inside)

    def enter(self, connection: Connection) -> bool:
        """Take a new one in, if need be in the place of an idle one; False when nobody can give way.

        Waits at most ``LEAVING_SECONDS``; whoever comes meanwhile stays in the listener's backlog.
        """
        with self._left:
            self._left.wait_for(self._has_few_leaving, LEAVING_SECONDS)
            if len(self._inside) >= self._capacity and not self._make_room():
                self._counts.gave_up(Given.REFUSED)
                return False
            self._inside.add(connection)
            return True

    def leave(self, connection: Connection) -> None:
        """Forget one that is over."""
        with self._left:
            if connection.was_crowded_out:
                self._leaving -= 1
            self._inside.discard(connection)
            self._left.notify()

    def cut_all(self) -> None:
        """End every connection: the server stops."""
        with self._left:
            for connection in self._inside:
                connection.cut()

    def _has_few_leaving(self) -> bool:
        return self._leaving < self._capacity or len(self._inside) < self._capacity

    def _make_room(self) -> bool:
        """Cut the connection that has idled longest, of the client with the most of them."""
        idle = [one for one in self._inside if not one.is_answering]
        if not idle or self._leaving >= self._capacity:
            return False
        of_client: dict[str, int] = {}
        for one in idle:
            of_client[one.client] = of_client.get(one.client, 0) + 1
        victim = max(idle, key=lambda one: (of_client[one.client], -one.since))
        victim.was_crowded_out = True
        victim.cut()
        self._inside.discard(victim)
        self._leaving += 1
        self._counts.gave_up(Given.CROWDED_OUT)
        return True
