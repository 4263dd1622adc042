"""Two namespaces with a veth pair between them: one is watched, the other sends. Nothing leaves this machine."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

MTU = 9000
"""Frames of captures may be larger than 1500 bytes."""


class Network(NamedTuple):
    """Where to listen and where to send."""

    watched: str
    sender: str
    watched_interface: str
    sender_interface: str

    def at_watched(self, command: list[str]) -> list[str]:
        """Return the command as it runs in the namespace that is watched."""
        return ["ip", "netns", "exec", self.watched, *command]

    def at_sender(self, command: list[str]) -> list[str]:
        return ["ip", "netns", "exec", self.sender, *command]


@contextmanager
def network() -> Iterator[Network]:
    """Make both and take them away again."""
    number = os.getpid()
    made = Network(f"umbilical-watched-{number}", f"umbilical-sender-{number}", "watched0", "sender0")
    spaces = (made.watched, made.sender)
    try:
        for space in spaces:
            _run("ip", "netns", "add", space)
            for family in ("all", "default"):
                _run("ip", "netns", "exec", space, "sysctl", "-qw", f"net.ipv6.conf.{family}.disable_ipv6=1")
            _run("ip", "-n", space, "link", "set", "lo", "up")
        near = ("ip", "-n", made.watched, "link")
        peer = ("peer", "name", made.sender_interface, "netns", made.sender)
        _run(*near, "add", made.watched_interface, "mtu", str(MTU), "type", "veth", *peer)
        _run("ip", "-n", made.sender, "link", "set", made.sender_interface, "mtu", str(MTU), "up")
        _run(*near, "set", made.watched_interface, "up")
        yield made
    finally:
        for space in spaces:
            subprocess.run(["ip", "netns", "delete", space], check=False, stderr=subprocess.DEVNULL)


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
