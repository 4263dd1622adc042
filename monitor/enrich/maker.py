"""The registered holder of a MAC prefix, for the makers that matter here; a table from IEEE's public listings.

Prefixes are 24, 28 or 36 bits long (MA-L, MA-M, MA-S); the longest decides. Which maker is a vendor of the catalog
is not known here: the catalog's own look-up is handed to ``device.py``.
"""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from monitor.enrich.prefix import Prefix, PrefixTable

MAC_BITS = 48
_LISTING = Path(__file__).with_name("data") / "oui_makers.csv"
_LOCAL_BIT = 0x02_00_00_00_00_00
_GROUP_BIT = 0x01_00_00_00_00_00
"""IEEE 802-2014 section 8.2.2: the two low bits of the first octet."""


def is_registered(mac: int) -> bool:
    """Whether a MAC address was assigned by a maker: not random, not a group, not absent."""
    return mac != 0 and not mac & (_LOCAL_BIT | _GROUP_BIT)


class Makers:
    """Registered names by MAC prefix."""

    def __init__(self, prefixes: Iterable[tuple[Prefix, str]]) -> None:
        self._names: PrefixTable[str] = PrefixTable(MAC_BITS)
        for prefix, name in prefixes:
            self._names.add(prefix, name)

    @classmethod
    def load(cls) -> Self:
        """Read the listing that ships."""
        with _LISTING.open(encoding="utf-8", newline="") as lines:
            return cls(
                (_prefix(row["prefix_hex"], int(row["bits"])), row["registered_name"])
                for row in csv.DictReader(lines)
            )

    def find(self, mac: int) -> str | None:
        """Return the registered name of a MAC address's maker."""
        return self._names.find(mac) if is_registered(mac) else None


def _prefix(digits: str, bits: int) -> Prefix:
    return Prefix(int(digits, 16) << (MAC_BITS - 4 * len(digits)), bits)
