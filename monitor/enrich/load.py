"""Reads everything that this room reads from disk, once, and puts the enricher together."""

from collections.abc import Iterable, Sequence

from monitor.enrich.alias import Alias, Aliases
from monitor.enrich.device import DeviceBook, MacVendor
from monitor.enrich.enricher import Enricher
from monitor.enrich.geoip import GeoIp
from monitor.enrich.home import DEFAULT_NETWORKS, HomeNetworks
from monitor.enrich.maker import Makers


def load(
    *,
    mac_vendor: MacVendor,
    home_networks: Iterable[str] = DEFAULT_NETWORKS,
    aliases: Iterable[Alias] = (),
    databases: Sequence[str] | None = None,
) -> Enricher:
    """Return an enricher for a site; raises ConfigError when a database cannot be used.

    ``mac_vendor`` is the catalog's look-up from a MAC address to a vendor id.
    """
    devices = DeviceBook(Aliases(aliases), Makers.load(), mac_vendor)
    return Enricher(HomeNetworks(home_networks), GeoIp.load(databases), devices)
