"""What a driver says of itself through the ethtool ioctl (linux/ethtool.h), without the tool of that name.

A driver that does not answer a question gives ``None`` or nothing; only questions are asked, nothing is changed.
"""

import fcntl
import socket
import struct
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

_SIOCETHTOOL = 0x8946
_GET_DRIVER = 0x03
_GET_RING = 0x10
_GET_STRINGS = 0x1B
_GET_STATISTICS = 0x1D
_GET_FLAGS = 0x25
_GET_SET_SIZES = 0x37
_STATISTIC_NAMES = 1
"""ETH_SS_STATS."""
_NAME_BYTES = 32
_MOST_STATISTICS = 4096
_SWITCHES = {"tso": 0x1E, "gso": 0x23, "gro": 0x2B}
_FLAGS = {"rx-vlan": 1 << 8, "tx-vlan": 1 << 7, "lro": 1 << 15}


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverFacts:
    """What a driver says."""

    driver: str | None = None
    off_loads: Mapping[str, bool] = field(default_factory=lambda: MappingProxyType({}))
    """``gro``, ``lro``, ``tso``, ``gso`` build frames that were never on the wire; ``rx-vlan`` takes tags off."""
    ring_frames: int | None = None
    """Size of the NIC's own receive ring."""
    ring_frames_limit: int | None = None
    statistics: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """The driver's own counters, under its own names."""


def driver_facts(interface: str) -> DriverFacts:
    """Ask the driver of an interface."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        ask = _Question(probe, interface)
        ring = ask.words(_GET_RING, 8)
        return DriverFacts(
            driver=_driver(ask),
            off_loads=_off_loads(ask),
            ring_frames=ring[4] if ring else None,
            ring_frames_limit=ring[0] if ring else None,
            statistics=_statistics(ask),
        )


class _Question:
    """Asks about one interface."""

    def __init__(self, probe: socket.socket, interface: str) -> None:
        self._probe = probe
        self._name = interface.encode()

    def ask(self, command: int, body: bytes) -> bytes | None:
        """Return what the driver put in the place of ``body``; None when it does not know the question."""
        memory = array("B", struct.pack("=I", command) + body)
        request = struct.pack("16sP", self._name, memory.buffer_info()[0])
        try:
            fcntl.ioctl(self._probe.fileno(), _SIOCETHTOOL, request)
        except OSError:
            return None
        return memory.tobytes()[4:]

    def words(self, command: int, count: int) -> tuple[int, ...] | None:
        answer = self.ask(command, bytes(4 * count))
        return None if answer is None else struct.unpack(f"={count}I", answer)


def _driver(ask: _Question) -> str | None:
    answer = ask.ask(_GET_DRIVER, bytes(192))
    return None if answer is None else _text(answer[:_NAME_BYTES]) or None


def _off_loads(ask: _Question) -> dict[str, bool]:
    found = {}
    for name, command in _SWITCHES.items():
        answer = ask.words(command, 1)
        if answer:
            found[name] = bool(answer[0])
    flags = ask.words(_GET_FLAGS, 1)
    if flags:
        found |= {name: bool(flags[0] & bit) for name, bit in _FLAGS.items()}
    return found


def _statistics(ask: _Question) -> dict[str, int]:
    sizes = ask.ask(_GET_SET_SIZES, struct.pack("=IQI", 0, 1 << _STATISTIC_NAMES, 0))
    if sizes is None:
        return {}
    _, known, count = struct.unpack("=IQI", sizes)
    if not known or not 0 < count <= _MOST_STATISTICS:
        return {}
    names = ask.ask(_GET_STRINGS, struct.pack("=II", _STATISTIC_NAMES, count) + bytes(_NAME_BYTES * count))
    numbers = ask.ask(_GET_STATISTICS, struct.pack("=I", count) + bytes(8 * count))
    if names is None or numbers is None:
        return {}
    texts = [_text(names[8 + place : 8 + place + _NAME_BYTES]) for place in range(0, 32 * count, 32)]
    return dict(zip(texts, struct.unpack(f"={count}Q", numbers[4:]), strict=True))


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode("ascii", "replace")
