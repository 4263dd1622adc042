"""What is known of MAC addresses: which of them belong to routers, and which host name came with which.

A MAC address identifies a device only when it is the device's own. A router's stands in the frames of everybody
behind it, and is told by one of two things:

- it carries an IPv4 address that is outside the site, in a contact with one that is inside; or
- it carried more than ``ROUTER_ADDRESSES`` home IPv4 addresses, or ``TRACKED_ADDRESSES`` of both kinds, within
  ``ROUTER_WINDOW_NS``.

One device has many IPv6 addresses, some of them global; so an outside one shows nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from monitor.enrich.recent import Recent
from monitor.model.instant import duration_ns
from monitor.model.state import (
    State,
    checked,
    count,
    is_address,
    is_flag,
    is_list,
    is_mac,
    is_number,
    is_text,
    maybe,
    rows,
)

ROUTER_ADDRESSES = 8
ROUTER_WINDOW_NS = duration_ns("1d")
"""A device that gets a new address with every lease is no router."""
TRACKED_ADDRESSES = 32
"""Home addresses remembered of one MAC address, IPv6 included."""
CAPACITY = 1 << 16


@dataclass(slots=True)
class Station:
    """One MAC address."""

    is_router: bool = False
    hostname: str | None = None
    seen_ns: dict[str, int] = field(default_factory=dict)
    """Home addresses in its frames and leases, by when they were seen last; the one seen longest ago is first."""


class Stations:
    """MAC addresses, bounded."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._stations: Recent[int, Station] = Recent(capacity)

    def __len__(self) -> int:
        return len(self._stations)

    @property
    def capacity(self) -> int:
        return self._stations.capacity

    @property
    def evictions(self) -> int:
        return self._stations.evictions

    def find(self, mac: int) -> Station | None:
        """Return what is known of a MAC address."""
        return self._stations.get(mac)

    def carry_home(self, mac: int, ip: str, ts_ns: int) -> tuple[str, ...]:
        """A frame of a MAC address came from a home address; return the addresses it identifies no longer."""
        station = self._stations.get(mac) or self._station(mac)
        if station.is_router:
            return ()
        displaced = _track(station, ip, ts_ns)
        if len(station.seen_ns) > ROUTER_ADDRESSES and _is_busy(station, ts_ns):
            displaced += _become_router(station)
        return displaced

    def lease(self, mac: int, ip: str, ts_ns: int) -> tuple[str, ...]:
        """A MAC address was given a home address; return the addresses it identifies no longer."""
        return _track(self._station(mac), ip, ts_ns)

    def carry_outside(self, mac: int) -> tuple[str, ...]:
        """A MAC address carries an outside IPv4 address; return the addresses it identifies no longer."""
        station = self._stations.get(mac) or self._station(mac)
        return () if station.is_router else _become_router(station)

    def name(self, mac: int, hostname: str) -> tuple[str, ...]:
        """A MAC address gave a host name; return the addresses for which that is new."""
        station = self._station(mac)
        is_new = station.hostname != hostname
        station.hostname = hostname
        return tuple(station.seen_ns) if is_new else ()

    def state(self) -> State:
        """Return what is known, as plain data."""
        table = [
            [mac, one.is_router, one.hostname, list(one.seen_ns.items())]
            for mac, one in self._stations.items()
        ]
        return {"stations": table, "counters": {"evicted": self.evictions}}

    def restore(self, state: State) -> None:
        """Know that instead; raises ValueError."""
        table = rows(state, "stations", is_mac, is_flag, maybe(is_text), is_list)
        stations = [(mac, Station(is_router, name, _seen(seen))) for mac, is_router, name, seen in table]
        self._stations.refill(stations, count(state, "evicted"))

    def take_over(self, older: Self) -> None:
        """Know what another one does, which is of no use after that."""
        self._stations.take_over(older._stations)

    def _station(self, mac: int) -> Station:
        station = self._stations.get(mac)
        if station is None:
            station = Station()
            self._stations.put(mac, station)
        return station


def _seen(table: Iterable[object]) -> dict[str, int]:
    """Return the addresses of a station, at most as many as are tracked."""
    return dict(checked(table, "seen", is_address, is_number)[-TRACKED_ADDRESSES:])


def _track(station: Station, ip: str, ts_ns: int) -> tuple[str, ...]:
    """Remember an address; return the one that had to go for it."""
    seen_ns = station.seen_ns
    seen_ns.pop(ip, None)
    seen_ns[ip] = ts_ns
    if len(seen_ns) <= TRACKED_ADDRESSES:
        return ()
    oldest = next(iter(seen_ns))
    del seen_ns[oldest]
    return (oldest,)


def _is_busy(station: Station, ts_ns: int) -> bool:
    """Whether more addresses than one device has were seen within the window."""
    recent = [ip for ip, seen_ns in station.seen_ns.items() if ts_ns - seen_ns <= ROUTER_WINDOW_NS]
    v4_count = sum(":" not in ip for ip in recent)
    return v4_count > ROUTER_ADDRESSES or len(recent) >= TRACKED_ADDRESSES


def _become_router(station: Station) -> tuple[str, ...]:
    station.is_router = True
    return tuple(station.seen_ns)
