"""Addresses that are in no place: private, reserved, for documentation, multicast. They are never looked up.

From the IANA special-purpose address registries (RFC 6890 and updates), written out so that the answer does not
depend on the version of the standard library.
"""

from collections.abc import Iterable
from typing import Final

from monitor.enrich.prefix import AddressTable

NETWORKS: Final = (
    "0.0.0.0/8",  # RFC 791
    "10.0.0.0/8",  # RFC 1918
    "100.64.0.0/10",  # RFC 6598
    "127.0.0.0/8",  # RFC 1122
    "169.254.0.0/16",  # RFC 3927
    "172.16.0.0/12",  # RFC 1918
    "192.0.0.0/24",  # RFC 6890
    "192.0.2.0/24",  # RFC 5737
    "192.88.99.0/24",  # RFC 7526
    "192.168.0.0/16",  # RFC 1918
    "198.18.0.0/15",  # RFC 2544
    "198.51.100.0/24",  # RFC 5737
    "203.0.113.0/24",  # RFC 5737
    "224.0.0.0/4",  # RFC 5771
    "240.0.0.0/4",  # RFC 1112, with the broadcast address
    "::/128",  # RFC 4291
    "::1/128",  # RFC 4291
    "64:ff9b:1::/48",  # RFC 8215
    "100::/64",  # RFC 6666
    "2001::/32",  # RFC 4380: Teredo
    "2001:2::/48",  # RFC 5180
    "2001:10::/28",  # RFC 4843
    "2001:20::/28",  # RFC 7343
    "2001:db8::/32",  # RFC 3849
    "3fff::/20",  # RFC 9637
    "5f00::/16",  # RFC 9602
    "fc00::/7",  # RFC 4193
    "fe80::/10",  # RFC 4291
    "fec0::/10",  # RFC 3879
    "ff00::/8",  # RFC 4291
)


def _table(networks: Iterable[str]) -> AddressTable[bool]:
    table: AddressTable[bool] = AddressTable()
    for network in networks:
        table.add(network, item=True)
    return table


SPECIAL: Final = _table(NETWORKS)
"""True where an address is special."""
