"""Country, autonomous system and organisation of an address, from the embedded database or the site's own ones.

The embedded database costs nothing at start (it is memory-mapped) and carries its credit with it: whoever shows a
result to people shows ``attribution`` somewhere too. Nothing is ever downloaded here.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Self

from monitor.enrich.mmdb import NOWHERE, Database, DatabaseInfo, Place
from monitor.enrich.prefix import address_number
from monitor.enrich.special import SPECIAL
from monitor.model import address

EMBEDDED = "embedded"
"""Names the database that ships, in a list of paths."""
_DATA = Path(__file__).with_name("data")
_EMBEDDED_PATH = _DATA / "country-asn.mmdb"
_CACHED_ADDRESSES = 1 << 16
_V4_MAPPED = address.V4_MAPPED
_NAT64 = address_number("64:ff9b::") >> 32
"""RFC 6052 section 2.1: IPv6-only devices reach IPv4 remotes through it; the last 32 bits are the remote."""
_SIX_TO_FOUR = address_number("2002::") >> 112
"""RFC 3056 section 2: the 32 bits after it are the IPv4 address of the remote's router."""
_CREDITS = {
    "dbip": "IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0",
    "geolite2": "This product includes GeoLite2 data created by MaxMind, available from https://www.maxmind.com",
    "ipinfo": "IP address data powered by IPinfo (https://ipinfo.io), CC BY-SA 4.0",
}


class GeoIp:
    """Look-ups in one or more databases, in order; of each field the first known value counts."""

    def __init__(self, databases: Sequence[Database], attribution: str = "") -> None:
        self._databases = tuple(databases)
        self.attribution = attribution
        self.lookup = lru_cache(_CACHED_ADDRESSES)(self._lookup)
        """Return the place of an address; raises ValueError when the text is none."""

    @classmethod
    def load(cls, paths: Sequence[str] | None = None) -> Self:
        """Open databases; None means the embedded one, an empty list none at all. Raises ConfigError."""
        wanted = (EMBEDDED,) if paths is None else paths
        databases = [Database(str(_EMBEDDED_PATH) if path == EMBEDDED else path) for path in wanted]
        return cls(databases, "\n".join(_credit(database) for database in databases))

    @property
    def unreadable(self) -> int:
        """Look-ups that met damage in a file."""
        return sum(database.unreadable for database in self._databases)

    @property
    def build_ns(self) -> dict[str, int]:
        """When each database was built, by the name of its file."""
        return {
            EMBEDDED if one.path == str(_EMBEDDED_PATH) else Path(one.path).stem: one.build_ns
            for one in self._databases
        }

    def info(self, now_ns: int | None = None) -> list[DatabaseInfo]:
        """Describe the databases; with a time, say which are old by then."""
        return [database.info(now_ns) for database in self._databases]

    def _lookup(self, ip: str) -> Place:
        place = NOWHERE
        public_ip = _on_the_internet(ip)
        if public_ip is None:
            return place
        for database in self._databases:
            place = _merge(place, database.place(public_ip))
            if None not in place:
                break
        return place


def _merge(known: Place, other: Place) -> Place:
    """Fill what is not known; an organisation goes with its number, never with another database's."""
    if known is NOWHERE:
        return other
    country = known.country or other.country
    if known.asn is not None and known.asn != other.asn:
        return Place(country, known.asn, known.organisation)
    return Place(country, other.asn or known.asn, known.organisation or other.organisation)


def _on_the_internet(ip: str) -> str | None:
    """Return the address to look up; None for one that has no place. Raises ValueError for what is no address.

    Nothing else goes to a database: its reader also takes ``1.2.3``, ``010.1.1.1`` or ``0x7f000001``, for another address.
    """
    number = address_number(ip)
    if ":" not in ip:
        return None if SPECIAL.find(ip) else ip
    if number >> 32 == _NAT64:
        number = _V4_MAPPED | (number & 0xFFFF_FFFF)
    elif number >> 112 == _SIX_TO_FOUR:
        number = _V4_MAPPED | (number >> 80 & 0xFFFF_FFFF)
    return None if SPECIAL.find_number(number) else address.text(number >> 64, number & 0xFFFF_FFFF_FFFF_FFFF)


def _credit(database: Database) -> str:
    if database.path == str(_EMBEDDED_PATH):
        return (_DATA / "ATTRIBUTION.txt").read_text(encoding="utf-8")
    kind = database.type.lower().replace("-", "")
    known = [credit for name, credit in _CREDITS.items() if name in kind]
    return known[0] if known else f"{database.type}: {database.path}"
