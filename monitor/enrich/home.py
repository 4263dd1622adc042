"""Which addresses are the site's own, which are outside, and which are groups (multicast, broadcast).

What follows from it for a flow is decided in ``contact.py``.
"""

from collections.abc import Iterable
from enum import IntEnum
from functools import lru_cache

from monitor.enrich.prefix import AddressTable

DEFAULT_NETWORKS = (
    "10.0.0.0/8",  # RFC 1918
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",  # RFC 6598: carrier-grade NAT, the usual address of a cellular device
    "fc00::/7",  # RFC 4193
    "169.254.0.0/16",  # RFC 3927
    "fe80::/10",  # RFC 4291 section 2.5.6
)
"""What a site is when the configuration does not say."""

_NEVER_OUTSIDE = (
    "127.0.0.0/8",
    "::1/128",
    "169.254.0.0/16",
    "fe80::/10",
    "0.0.0.0/32",  # a DHCP client that has no address yet
    "::/128",
)
_GROUPS = (
    "224.0.0.0/4",  # RFC 5771
    "255.255.255.255/32",
    "ff00::/8",  # RFC 4291 section 2.7
)
_CACHED_ADDRESSES = 1 << 16


class End(IntEnum):
    """What an address is to the site; a number, because two of them are looked up for every contact."""

    HOME = 1
    OUTSIDE = 2
    GROUP = 3


class HomeNetworks:
    """The site's networks."""

    def __init__(self, networks: Iterable[str] = DEFAULT_NETWORKS) -> None:
        """Raise ValueError when a text is no network."""
        self._ends: AddressTable[End] = AddressTable()
        for network in _GROUPS:
            self._ends.add(network, End.GROUP)
        for network in (*_NEVER_OUTSIDE, *networks):
            self._ends.add(network, End.HOME)
        self.end = lru_cache(_CACHED_ADDRESSES)(self._end)
        """Say what an address is."""

    def knows(self, ip: str) -> bool:
        """Whether an address is the site's."""
        return self.end(ip) is End.HOME

    def _end(self, ip: str) -> End:
        return self._ends.find(ip) or End.OUTSIDE
