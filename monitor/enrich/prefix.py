"""Longest-prefix look-up of numbers of a fixed width: networks (128 bits) and MAC prefixes (48 bits).

One dictionary per prefix length, so a look-up costs as many probes as there are different lengths, however many
prefixes there are. IPv4 stands in the IPv4-mapped range, as everywhere in the house.
"""

from ipaddress import ip_address, ip_network
from typing import Generic, NamedTuple, TypeVar

from monitor.model import address

Item = TypeVar("Item")

ADDRESS_BITS = 128
_V4_OFFSET_BITS = 96


class Prefix(NamedTuple):
    """The first ``bits`` bits of a number."""

    number: int
    bits: int


class PrefixTable(Generic[Item]):
    """Items by prefix; the longest prefix that fits decides."""

    __slots__ = ("_by_shift", "_width_bits")

    def __init__(self, width_bits: int) -> None:
        self._width_bits = width_bits
        self._by_shift: dict[int, dict[int, Item]] = {}

    def add(self, prefix: Prefix, item: Item) -> None:
        """Add an item; the first one of a prefix stays."""
        shift = self._width_bits - prefix.bits
        self._by_shift.setdefault(shift, {}).setdefault(prefix.number >> shift, item)
        self._by_shift = dict(sorted(self._by_shift.items()))

    def find(self, number: int) -> Item | None:
        """Return the item of the longest prefix of a number."""
        for shift, items in self._by_shift.items():
            item = items.get(number >> shift)
            if item is not None:
                return item
        return None


def address_number(text: str) -> int:
    """Return an address as 128 bits; raises ValueError."""
    try:
        high, low = address.words(text)
    except OSError as error:
        raise ValueError(f"not an IP address: {text!r}") from error
    return high << 64 | low


def network_prefix(text: str) -> Prefix:
    """Return a network (or one address) as a prefix of 128 bits; raises ValueError."""
    network = ip_network(text)
    number = address_number(str(network.network_address))
    return Prefix(number, network.prefixlen + (_V4_OFFSET_BITS if network.version == 4 else 0))


def is_address(text: str) -> bool:
    """Whether a text is an IP address, as a URL's host may be."""
    try:
        ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True
