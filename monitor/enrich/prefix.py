"""Longest-prefix look-up of numbers of a fixed width: networks (128 bits) and MAC prefixes (48 bits).

One dictionary per prefix length, so a look-up costs as many probes as there are different lengths, however many
prefixes there are. IPv4 stands in the IPv4-mapped range, as everywhere in the house; what can hold for an address
there is kept apart, so that IPv4 does not pay for the lengths of IPv6.
"""

from ipaddress import ip_address, ip_network
from typing import Generic, NamedTuple, TypeVar

from monitor.model import address

Item = TypeVar("Item")

ADDRESS_BITS = 128
_V4_OFFSET_BITS = 96
_V4_BITS = 32
_V4_HEAD = address.V4_MAPPED >> _V4_BITS
"""What stands above the 32 bits of an IPv4 address."""


class Prefix(NamedTuple):
    """The first ``bits`` bits of a number."""

    number: int
    bits: int


class PrefixTable(Generic[Item]):
    """Items by prefix; the longest prefix that fits decides."""

    __slots__ = ("_by_shift", "_v4_by_shift", "_width_bits")

    def __init__(self, width_bits: int) -> None:
        self._width_bits = width_bits
        self._by_shift: dict[int, dict[int, Item]] = {}
        self._v4_by_shift: dict[int, dict[int, Item]] = {}

    def add(self, prefix: Prefix, item: Item) -> None:
        """Add an item; the first one of a prefix stays."""
        shift = self._width_bits - prefix.bits
        self._by_shift.setdefault(shift, {}).setdefault(prefix.number >> shift, item)
        self._by_shift = dict(sorted(self._by_shift.items()))
        if _meets_v4(prefix.number, shift):
            self._v4_by_shift = {
                one: items
                for one, items in self._by_shift.items()
                if one in self._v4_by_shift or one == shift
            }

    def find(self, number: int) -> Item | None:
        """Return the item of the longest prefix of a number."""
        by_shift = self._v4_by_shift if number >> _V4_BITS == _V4_HEAD else self._by_shift
        for shift, items in by_shift.items():
            item = items.get(number >> shift)
            if item is not None:
                return item
        return None


class AddressTable(Generic[Item]):
    """Items by network, asked with the text of an address.

    Most addresses of the world begin like no network that anybody filed: an IPv4 one of those is not even read.
    """

    __slots__ = ("_first_octets", "_prefixes")

    def __init__(self) -> None:
        self._prefixes: PrefixTable[Item] = PrefixTable(ADDRESS_BITS)
        self._first_octets: set[str] = set()

    def add(self, network: str, item: Item) -> None:
        """Add the item of a network or of one address; raises ValueError when the text is none."""
        prefix = network_prefix(network)
        self._prefixes.add(prefix, item)
        self._first_octets.update(map(str, _first_octets(prefix)))

    def find(self, ip: str) -> Item | None:
        """Return the item of the smallest network that an address is in; raises ValueError for most other texts."""
        if ":" not in ip and ip.partition(".")[0] not in self._first_octets:
            return None
        return self._prefixes.find(address_number(ip))

    def find_number(self, number: int) -> Item | None:
        """Return the item of the smallest network that an address of 128 bits is in."""
        return self._prefixes.find(number)


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


def _meets_v4(number: int, shift: int) -> bool:
    """Whether a prefix lies in the range of IPv4 or covers it."""
    above_v4 = max(shift, _V4_BITS)
    return number >> above_v4 == _V4_HEAD << _V4_BITS >> above_v4


def _first_octets(prefix: Prefix) -> range:
    """Return the first numbers of the IPv4 addresses in a prefix of 128 bits."""
    if not _meets_v4(prefix.number, ADDRESS_BITS - prefix.bits):
        return range(0)
    octet_bits = min(max(prefix.bits - _V4_OFFSET_BITS, 0), 8)
    first = prefix.number >> 24 & 0xFF if octet_bits else 0
    return range(first, first + (1 << 8 - octet_bits))


def is_address(text: str) -> bool:
    """Whether a text is an IP address, as a URL's host may be."""
    try:
        ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True
