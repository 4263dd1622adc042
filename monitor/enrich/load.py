"""Reads everything that this room reads from disk, once, and puts the enricher together."""

from collections.abc import Iterable, Sequence
from functools import cache

from monitor.enrich.alias import Alias, Aliases
from monitor.enrich.device import CAPACITY as DEVICE_CAPACITY
from monitor.enrich.device import DeviceBook, MacVendor
from monitor.enrich.enricher import Enricher
from monitor.enrich.geoip import GeoIp
from monitor.enrich.home import DEFAULT_NETWORKS, HomeNetworks
from monitor.enrich.maker import Makers
from monitor.enrich.names import CAPACITY as NAME_CAPACITY
from monitor.enrich.names import DnsMemory

_makers = cache(Makers.load)
"""The listing ships with the program and does not change; a reload need not read it again."""


def load(
    *,
    mac_vendor: MacVendor,
    home_networks: Iterable[str] = DEFAULT_NETWORKS,
    aliases: Iterable[Alias] = (),
    databases: Sequence[str] | None = None,
    share: float = 1.0,
) -> Enricher:
    """Return an enricher for a site; raises ConfigError when a database cannot be used.

    ``mac_vendor`` is the catalog's look-up from a MAC address to a vendor id; ``share`` is how much of their capacity
    the tables have.
    """
    devices = DeviceBook(Aliases(aliases), _makers(), mac_vendor, _part(DEVICE_CAPACITY, share))
    names = DnsMemory(_part(NAME_CAPACITY, share))
    return Enricher(HomeNetworks(home_networks), GeoIp.load(databases), devices, names, share)


def _part(capacity: int, share: float) -> int:
    return max(int(capacity * share), 1)
