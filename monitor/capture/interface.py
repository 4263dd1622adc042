"""Facts of network interfaces: which there are, what their frames begin with, whether they are up, what was lost.

Asked of the kernel without tools and without rights; nothing is changed.
"""

import fcntl
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from monitor.capture.ethtool import DriverFacts, driver_facts

LOOPBACK = "lo"
LINK_ETHERNET = 1
LINK_RAW = 101
LINK_IEEE802_11 = 105
LINK_RADIOTAP = 127

_SYSFS = Path("/sys/class/net")
_GET_FLAGS = 0x8913
_GET_MTU = 0x8921
_GET_HARDWARE_ADDRESS = 0x8927
_REQUEST = struct.Struct("16s24x")
_UP, _LOOPBACK, _RUNNING, _PROMISCUOUS = 0x1, 0x8, 0x40, 0x100
_WITH_HEADER = {1: LINK_ETHERNET, 772: LINK_ETHERNET, 801: LINK_IEEE802_11, 803: LINK_RADIOTAP}
"""ARPHRD numbers (linux/if_arp.h) whose link-layer header is always there and known."""
_LOST = ("rx_missed_errors", "rx_fifo_errors")
"""The NIC had no room in its ring; its own memory overflowed."""
_BACKLOG = Path("/proc/net/softnet_stat")
_BACKLOG_DROPPED = 1
"""Field of a processor's line, in base 16."""


class Link(NamedTuple):
    """How the frames of an interface begin."""

    hardware_type: int
    """ARPHRD number."""
    link_type: int
    """LINKTYPE number of what a ring delivers."""
    is_cooked: bool
    """The kernel takes the link-layer header off, because no two drivers agree on it: tunnels, PPP, cellular modems."""
    is_loopback: bool


class NicCounts(NamedTuple):
    """What the statistics of an interface say, since it came to be."""

    frames: int
    """Received and sent."""
    lost: int
    """Dropped by the NIC."""
    refused: int
    """Dropped by the kernel: for want of room in a processor's queue, or because nobody but us wanted the frame."""
    backlog: int
    """Dropped for want of room in a processor's queue, of all interfaces."""

    def lost_since(self, before: "NicCounts") -> int:
        """Return how many frames never came to a listener; counters that begin anew say nothing."""
        queue = min(self.refused - before.refused, self.backlog - before.backlog)
        return max(0, self.lost - before.lost) + max(0, queue)


class State(NamedTuple):
    """How an interface is set."""

    is_up: bool
    has_carrier: bool
    is_promiscuous: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceFacts:
    """What is known of one interface."""

    name: str
    index: int
    link: Link
    state: State
    mtu_bytes: int
    speed_megabits: int | None
    """None where there is none to speak of."""
    statistics: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """The counters that every interface has, under the kernel's names."""
    driver: DriverFacts = field(default_factory=DriverFacts)


def interface_names() -> list[str]:
    """Return the interfaces there are, in the order of the kernel."""
    return [name for _, name in socket.if_nameindex()]


def check_interface(name: str) -> None:
    """Raise ValueError, with those there are, for an interface that is not there."""
    names = interface_names()
    if name not in names:
        raise ValueError(f"no interface {name!r}; there are {', '.join(names) or 'none'}")


def link_of(name: str) -> Link:
    """Return how the frames of an interface begin; raises OSError when it is not there."""
    [hardware_type] = struct.unpack_from("=H", _ask(name, _GET_HARDWARE_ADDRESS), 16)
    link_type = _WITH_HEADER.get(hardware_type)
    return Link(
        hardware_type=hardware_type,
        link_type=LINK_RAW if link_type is None else link_type,
        is_cooked=link_type is None,
        is_loopback=bool(_flags(name) & _LOOPBACK),
    )


def state_of(name: str) -> State:
    """Return how an interface is set; raises OSError when it is not there."""
    flags = _flags(name)
    return State(bool(flags & _UP), bool(flags & _RUNNING), bool(flags & _PROMISCUOUS))


def nic_counts(name: str) -> NicCounts | None:
    """Return what the interface counted; None where sysfs does not show it."""
    folder = _SYSFS / name / "statistics"
    try:
        return NicCounts(
            frames=_number(folder / "rx_packets") + _number(folder / "tx_packets"),
            lost=sum(_number(folder / name) for name in _LOST),
            refused=_number(folder / "rx_dropped"),
            backlog=_backlog_dropped(),
        )
    except (OSError, ValueError):
        return None


def facts_of(name: str) -> InterfaceFacts:
    """Return all that is known of an interface; raises ValueError when it is not there."""
    check_interface(name)
    [mtu] = struct.unpack_from("=i", _ask(name, _GET_MTU), 16)
    return InterfaceFacts(
        name=name,
        index=socket.if_nametoindex(name),
        link=link_of(name),
        state=state_of(name),
        mtu_bytes=mtu,
        speed_megabits=_speed(name),
        statistics=_statistics(name),
        driver=driver_facts(name),
    )


def _ask(name: str, command: int) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        return fcntl.ioctl(probe.fileno(), command, _REQUEST.pack(name.encode()))


def _flags(name: str) -> int:
    [flags] = struct.unpack_from("=H", _ask(name, _GET_FLAGS), 16)
    return int(flags)


def _number(path: Path) -> int:
    return int(path.read_text("ascii"))


def _backlog_dropped() -> int:
    try:
        lines = _BACKLOG.read_text("ascii").splitlines()
        return sum(int(line.split()[_BACKLOG_DROPPED], 16) for line in lines)
    except (OSError, ValueError, IndexError):
        return 0


def _speed(name: str) -> int | None:
    try:
        speed = _number(_SYSFS / name / "speed")
    except (OSError, ValueError):
        return None
    return speed if speed > 0 else None


def _statistics(name: str) -> dict[str, int]:
    try:
        return {path.name: _number(path) for path in sorted((_SYSFS / name / "statistics").iterdir())}
    except (OSError, ValueError):
        return {}
