"""DNS memory: under which name a device found a remote's address.

Kept per device, because the same address carries other names for other devices; in event time only. It remembers the
name that the device asked for (the head of a CNAME chain), which is the one that says what it wanted.
"""

from collections import OrderedDict
from typing import Any, NamedTuple

from monitor.model.instant import SECOND_NS, duration_ns

GRACE_NS = duration_ns("1h")
"""How long a name outlives its TTL: clients keep addresses and connections longer than they should."""
MAX_TTL_SECONDS = 604_800
"""RFC 8767 section 4 caps a TTL at seven days."""
_TTL_SIGN_BIT = 1 << 31
"""RFC 2181 section 8: a TTL with this bit set is zero."""
MAX_ADDRESSES = 32
"""Addresses that are taken from one answer."""
DEVICE_CAPACITY = 1024
"""Names of one device, so that one that is flooded with answers cannot push out what others asked."""
CAPACITY = 1 << 18
"""Names of all devices together."""
_ADDRESS_TYPES = frozenset({"A", "AAAA"})


class _Name(NamedTuple):
    name: str
    until_ns: int


class DnsMemory:
    """A bounded memory of answers; a name is forgotten when its device, or all of them, asked too much since."""

    def __init__(self, capacity: int = CAPACITY, device_capacity: int = DEVICE_CAPACITY) -> None:
        self.capacity = capacity
        self.device_capacity = device_capacity
        self.evictions = 0
        self._count = 0
        self._devices: OrderedDict[str, OrderedDict[str, _Name]] = OrderedDict()

    def __len__(self) -> int:
        return self._count

    def learn(self, device_ip: str, name: str, answers: list[dict[str, Any]], ts_ns: int) -> None:
        """Remember the addresses of an answer to a device."""
        found = [record for record in answers if record["type"] in _ADDRESS_TYPES][:MAX_ADDRESSES]
        if not found:
            return
        names = self._devices.setdefault(device_ip, OrderedDict())
        self._devices.move_to_end(device_ip)
        for record in found:
            self._put(names, record["value"], _Name(name, ts_ns + _lifetime_ns(record["ttl"])))
        while self._count > self.capacity:
            self._forget_device()

    def name(self, device_ip: str, remote_ip: str, ts_ns: int) -> str | None:
        """Return the name under which a device found an address."""
        names = self._devices.get(device_ip)
        if names is None:
            return None
        known = names.get(remote_ip)
        return known.name if known is not None and ts_ns <= known.until_ns else None

    def _put(self, names: OrderedDict[str, _Name], address: str, name: _Name) -> None:
        self._count += address not in names
        names[address] = name
        names.move_to_end(address)
        if len(names) > self.device_capacity:
            names.popitem(last=False)
            self._count -= 1
            self.evictions += 1

    def _forget_device(self) -> None:
        _, names = self._devices.popitem(last=False)
        self._count -= len(names)
        self.evictions += len(names)


def _lifetime_ns(ttl_seconds: int) -> int:
    ttl = 0 if ttl_seconds & _TTL_SIGN_BIT else min(ttl_seconds, MAX_TTL_SECONDS)
    return ttl * SECOND_NS + GRACE_NS
