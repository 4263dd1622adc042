"""DNS memory: under which name a device found a remote's address.

Kept per device, because the same address carries other names for other devices; in event time only. It remembers the
name that the device asked for (the head of a CNAME chain), which is the one that says what it wanted.
"""

from collections import OrderedDict
from typing import Any

from monitor.model.instant import SECOND_NS, duration_ns
from monitor.model.state import State, checked, count, is_list, is_number, is_text, rows

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


_Name = tuple[str, int]
"""A name, and until when it holds."""


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

    @property
    def fill(self) -> tuple[int, int]:
        """Names that are remembered, and how many there may be."""
        return self._count, self.capacity

    def learn(self, device_ip: str, name: str, answers: list[dict[str, Any]], ts_ns: int) -> None:
        """Remember the addresses of an answer to a device."""
        names, room = self._devices.get(device_ip), MAX_ADDRESSES
        for record in answers:
            if record["type"] not in _ADDRESS_TYPES:
                continue
            if names is None:
                names = self._devices[device_ip] = OrderedDict()
            address = record["value"]
            if address in names:
                names.move_to_end(address)
            else:
                self._count += 1
            names[address] = (name, ts_ns + _lifetime_ns(record["ttl"]))
            if len(names) > self.device_capacity:
                self._forget_oldest(names)
            room -= 1
            if not room:
                break
        if room < MAX_ADDRESSES:
            self._devices.move_to_end(device_ip)
            while self._count > self.capacity:
                self._forget_device()

    def name(self, device_ip: str, remote_ip: str, ts_ns: int) -> str | None:
        """Return the name under which a device found an address."""
        names = self._devices.get(device_ip)
        if names is None:
            return None
        known = names.get(remote_ip)
        if known is None:
            return None
        name, until_ns = known
        return name if ts_ns <= until_ns else None

    def state(self) -> State:
        """Return what is remembered, as plain data."""
        table = [
            [device_ip, [[address, *name] for address, name in names.items()]]
            for device_ip, names in self._devices.items()
        ]
        return {"names": table, "counters": {"evicted": self.evictions}}

    def restore(self, state: State) -> None:
        """Remember that instead; raises ValueError."""
        devices = OrderedDict(
            (device_ip, _names(table)) for device_ip, table in rows(state, "names", is_text, is_list)
        )
        self.evictions = count(state, "evicted")
        self._devices = devices
        self._count = sum(map(len, devices.values()))
        for names in devices.values():
            while len(names) > self.device_capacity:
                self._forget_oldest(names)
        while self._count > self.capacity:
            self._forget_device()

    def _forget_oldest(self, names: OrderedDict[str, _Name]) -> None:
        names.popitem(last=False)
        self._count -= 1
        self.evictions += 1

    def _forget_device(self) -> None:
        _, names = self._devices.popitem(last=False)
        self._count -= len(names)
        self.evictions += len(names)


def _names(table: object) -> OrderedDict[str, _Name]:
    return OrderedDict(
        (address, (name, until_ns))
        for address, name, until_ns in checked(table, "names", is_text, is_text, is_number)
    )


def _lifetime_ns(ttl_seconds: int) -> int:
    if ttl_seconds > MAX_TTL_SECONDS:
        ttl_seconds = 0 if ttl_seconds & _TTL_SIGN_BIT else MAX_TTL_SECONDS
    return ttl_seconds * SECOND_NS + GRACE_NS
