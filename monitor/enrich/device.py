"""Who a device is: its address first, then whatever was seen to go with that address.

Identity comes, best first, from the configuration (``alias.py``), from DHCP (the client's MAC address, even behind a
relay), and from the MAC address in the frames that the address itself sent, unless that is a router's (``link.py``).
A ``Device`` is made once and shared; when something is learnt that changes it, it is dropped and made again.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self

from monitor.enrich.alias import Aliases, Claims, mac_number
from monitor.enrich.link import Stations
from monitor.enrich.maker import Makers
from monitor.enrich.recent import Recent
from monitor.model.address import mac_text
from monitor.model.entity import Device
from monitor.model.state import State, count, is_address, is_mac, is_text, maybe, part, rows

CAPACITY = 1 << 16
"""Home addresses; beyond, the one that started a contact longest ago is forgotten."""
_GROUP_BIT = 0x01_00_00_00_00_00
_UNSPECIFIED = frozenset({"0.0.0.0", "::"})  # noqa: S104 - a sender without an address, not a socket
MacVendor = Callable[[int], str | None]


@dataclass(slots=True, eq=False)
class Entry:
    """What is known of one address; ``device`` is None, or of another edition, when it must be made again."""

    ip: str
    frame_mac: int = 0
    """Of the frames that it sent."""
    lease_mac: int = 0
    """Of the DHCP client that got the address."""
    endpoint: str | None = None
    device: Device | None = None
    edition: object = None
    """Of the book that made the device: another one may know other names for it."""
    is_remembered: bool = True
    """False for one that nothing is kept of."""


def _forget(entry: Entry) -> None:
    entry.device = None


def _no_vendor(_mac: int) -> str | None:
    return None


class DeviceBook:
    """The devices, bounded."""

    def __init__(
        self,
        aliases: Aliases | None = None,
        makers: Makers | None = None,
        mac_vendor: MacVendor = _no_vendor,
        capacity: int = CAPACITY,
    ) -> None:
        self._aliases = Aliases() if aliases is None else aliases
        self._makers = makers or Makers(())
        self._mac_vendor = mac_vendor
        self._entries: Recent[str, Entry] = Recent(capacity, _forget)
        self._stations = Stations(capacity)
        self._edition = object()

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def evictions(self) -> int:
        return self._entries.evictions

    @property
    def station_evictions(self) -> int:
        """MAC addresses that were forgotten."""
        return self._stations.evictions

    def fills(self) -> dict[str, tuple[int, int]]:
        """Return entries and capacity of the tables."""
        return {
            "devices": (len(self._entries), self._entries.capacity),
            "stations": (len(self._stations), self._stations.capacity),
        }

    def meet(self, ip: str, frame_mac: int, ts_ns: int) -> Entry:
        """Return the entry of an address that sent a frame; ``frame_mac`` is 0 on a link without MAC addresses."""
        entry = self._entries.get(ip) or self._entry(ip)
        if frame_mac and not frame_mac & _GROUP_BIT:
            if entry.frame_mac != frame_mac:
                entry.endpoint = None if entry.frame_mac else entry.endpoint
                entry.frame_mac, entry.device = frame_mac, None
            if entry.is_remembered:
                displaced = self._stations.carry_home(frame_mac, ip, ts_ns)
                if displaced:
                    self._drop_devices(displaced)
        return entry

    def called(self, ip: str) -> Entry:
        """Return the entry of an address that was only spoken to: a scan of the site must not fill the table."""
        return self._entries.get(ip) or Entry(ip, is_remembered=False)

    def device(self, entry: Entry) -> Device:
        """Return the device of an entry: the same object until something is learnt that changes it."""
        if entry.device is None or entry.edition is not self._edition:
            entry.device, entry.edition = self._describe(entry), self._edition
        return entry.device

    def outside(self, mac: int) -> None:
        """Frames of a MAC address carry an outside IPv4 address: it is a router's."""
        if mac and not mac & _GROUP_BIT:
            displaced = self._stations.carry_outside(mac)
            if displaced:
                self._drop_devices(displaced)

    def hostname(self, client_mac: str, hostname: str) -> None:
        """A DHCP client gave its name."""
        mac = _mac_or_zero(client_mac)
        if mac:
            self._drop_devices(self._stations.name(mac, hostname))

    def lease(self, client_mac: str, ip: str, ts_ns: int) -> None:
        """A DHCP server gave an address to a client."""
        mac = _mac_or_zero(client_mac)
        if not mac or ip in _UNSPECIFIED:
            return
        entry = self._entry(ip)
        if entry.lease_mac != mac:
            entry.lease_mac, entry.endpoint = mac, None
        entry.device = None
        self._drop_devices(self._stations.lease(mac, ip, ts_ns))

    def endpoint(self, ip: str, endpoint: str) -> None:
        """A device registered under an LwM2M endpoint name."""
        entry = self._entry(ip)
        if entry.endpoint != endpoint:
            entry.endpoint, entry.device = endpoint, None

    def state(self) -> State:
        """Return what is known, as plain data; the devices themselves are made again of it."""
        table = [[ip, one.frame_mac, one.lease_mac, one.endpoint] for ip, one in self._entries.items()]
        return {
            "addresses": table,
            "link": self._stations.state(),
            "counters": {"evicted": self.evictions},
        }

    def restore(self, state: State) -> None:
        """Know that instead; raises ValueError."""
        table = rows(state, "addresses", is_address, is_mac, is_mac, maybe(is_text))
        evictions = count(state, "evicted")
        self._stations.restore(part(state, "link"))
        self._entries.refill(((row[0], Entry(*row)) for row in table), evictions)

    def take_over(self, older: Self) -> None:
        """Know what another book does, which is of no use after that; who the devices are is looked up again."""
        self._stations.take_over(older._stations)
        self._entries.take_over(older._entries)

    def _entry(self, ip: str) -> Entry:
        if ip in _UNSPECIFIED:
            return Entry(ip, is_remembered=False)  # many devices share it
        entry = self._entries.get(ip)
        if entry is None:
            entry = Entry(ip)
            self._entries.put(ip, entry)
        return entry

    def _drop_devices(self, ips: Iterable[str]) -> None:
        for ip in ips:
            entry = self._entries.peek(ip)
            if entry is not None:
                entry.device = None

    def _describe(self, entry: Entry) -> Device:
        mac = self._own_mac(entry)
        station = self._stations.find(mac)
        hostname = station.hostname if station else None
        alias = None
        if self._aliases:
            claims = Claims(ip=entry.ip, mac=mac, endpoint=entry.endpoint, hostname=hostname)
            alias = self._aliases.find(claims)
        return Device(
            name=alias.name if alias else mac_text(mac) or entry.ip,
            ip=entry.ip,
            mac=mac_text(mac),
            maker=self._makers.find(mac),
            maker_vendor=self._mac_vendor(mac) if mac else None,
            group=alias.group if alias else None,
            hostname=hostname,
            listed=alias is not None,
        )

    def _own_mac(self, entry: Entry) -> int:
        if entry.lease_mac:
            return entry.lease_mac
        station = self._stations.find(entry.frame_mac)
        return 0 if station is not None and station.is_router else entry.frame_mac


def _mac_or_zero(text: str) -> int:
    """A DHCP client chooses what it puts there."""
    try:
        mac = mac_number(text)
    except ValueError:
        return 0
    return 0 if mac & _GROUP_BIT else mac
