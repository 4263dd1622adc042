"""Two network namespaces of the test's own with a cable between them: one end is watched, the other one sends.

A namespace belongs to a thread that ends with the test, so nothing has a name and nothing is left behind, whatever
happens. ``call`` runs a function there; sockets that it opens stay there, wherever they are used later.

    with cable() as link:
        live = link.watched.call(Live, [link.watched.interface])
        link.sender.send(b"...")
"""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Self, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitor.capture.source import InterfaceCounts, Source
    from monitor.model.frame import FrameBatch

Result = TypeVar("Result")
_NEW_NETWORK, _NEW_MOUNTS = 0x4000_0000, 0x0002_0000
_CAPABILITY_VERSION_3 = 0x2008_0522
_SETTLED = ("net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")
"""Nothing but the test speaks on the cable."""


@cache
def hindrance() -> str:
    """Why namespaces cannot be made here; empty when they can."""
    if shutil.which("ip") is None:
        return "needs iproute2"
    try:
        with Namespace():
            return ""
    except OSError as error:
        return f"needs the right to make network namespaces ({error.strerror})"


def needs_namespaces() -> pytest.MarkDecorator:
    """Return the mark of tests that are skipped, and say why, where there can be no namespaces."""
    return pytest.mark.skipif(bool(hindrance()), reason=hindrance() or "namespaces")


class Namespace:
    """A network with an own /sys, in a thread that lives in it."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1)
        try:
            self.thread_id = self.call(_enter)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def call(self, function: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
        """Run a function in this network and return its result."""
        return self._thread.submit(function, *args, **kwargs).result()

    def run(self, command: str) -> None:
        """Run a command in this network; raises when it fails."""
        self.call(subprocess.run, command.split(), check=True, capture_output=True)

    def close(self) -> None:
        """End the thread, and with it the network."""
        self._thread.shutdown()


@dataclass(frozen=True, slots=True)
class End:
    """One end of a cable."""

    network: Namespace
    interface: str

    def call(self, function: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
        """Run a function at this end."""
        return self.network.call(function, *args, **kwargs)

    def run(self, command: str) -> None:
        """Run a command at this end; ``{interface}`` stands for its name."""
        self.network.run(command.format(interface=self.interface))

    def send(self, *frames: bytes) -> None:
        """Send frames as they are."""
        with self.call(_raw_socket, self.interface) as raw:
            for frame in frames:
                raw.send(frame)


@dataclass(frozen=True, slots=True)
class Cable:
    """What is sent at one end arrives at the other."""

    watched: End
    sender: End

    def make_room(self, frame_bytes: int) -> None:
        """Let larger frames through than Ethernet's."""
        for end in (self.watched, self.sender):
            end.run(f"ip link set {{interface}} mtu {frame_bytes}")

    def plug(self) -> None:
        """Make the interfaces and put them up; also after one of them was deleted."""
        near, far = self.watched, self.sender
        add = (
            f"ip link add {near.interface} type veth peer name {far.interface} netns {far.network.thread_id}"
        )
        near.run(add)
        # The one that sends is the last: the kernel makes it ready at once, and the first one when it finds the time.
        for end in (near, far):
            end.run("ip link set {interface} up")


@dataclass(slots=True)
class Watch:
    """A source that is read at one end of a cable, as far as a test wants."""

    end: End
    source: Source
    _batches: Iterator[FrameBatch] | None = None

    def batch(self) -> FrameBatch | None:
        """Return the next batch; None at the end."""
        if self._batches is None:
            self._batches = self.source.batches()
        batch: FrameBatch | None = self.end.call(next, self._batches, None)
        return batch

    def frames(self, count: int, seconds: float = 5.0) -> list[bytes]:
        """Return frames until there are so many, or the time is up."""
        found: list[bytes] = []
        deadline = time.monotonic() + seconds
        while len(found) < count and time.monotonic() < deadline:
            batch = self.batch()
            if batch is None:
                break
            found += contents(batch)
        return found

    def until(self, condition: Callable[[], bool], seconds: float = 5.0) -> bool:
        """Read on until something is the case; whether it came to that."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline or self.batch() is None:
                return condition()
        return True

    @property
    def counts(self) -> InterfaceCounts:
        """The counters of the first interface."""
        return self.source.counts()[0]

    def close(self) -> None:
        """Stop and close the source."""
        self.source.stop()
        self.frames(1 << 30)
        self.source.close()


@contextmanager
def watching(end: End, make: Callable[[], Source]) -> Iterator[Watch]:
    """Yield a source that was opened at an end, and close it."""
    watch = Watch(end, end.call(make))
    try:
        yield watch
    finally:
        watch.close()


def contents(batch: FrameBatch) -> list[bytes]:
    """Return the bytes of a batch's frames."""
    places = zip(batch.frames["offset"].tolist(), batch.frames["captured"].tolist(), strict=True)
    return [batch.buffer[first : first + size].tobytes() for first, size in places]


@contextmanager
def cable() -> Iterator[Cable]:
    """Yield a cable between two new networks."""
    with Namespace() as near, Namespace() as far:
        link = Cable(End(near, "watched0"), End(far, "sender0"))
        link.plug()
        yield link


def give_up_rights() -> None:
    """Give up all capabilities of the current thread; for ``call``."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if libc.capset(header, nothing):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _raw_socket(interface: str) -> socket.socket:
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    raw.bind((interface, 0))
    return raw


def _enter() -> int:
    """Give the current thread a network and a view of /sys of its own; returns its number."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_NETWORK | _NEW_MOUNTS):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    for command in (
        "mount --make-rprivate /",
        "mount -t sysfs sysfs /sys",
        "ip link set lo up",
    ):
        subprocess.run(command.split(), check=True, capture_output=True)
    for setting in _SETTLED:
        path, value = setting.split("=")
        with open("/proc/sys/" + path.replace(".", "/"), "w", encoding="ascii") as file:  # noqa: PTH123
            file.write(value)
    return threading.get_native_id()
