"""What a new geo-IP database must be to be put in use: what it says it is, newer than ours, about the whole world."""

from pathlib import Path
from typing import NamedTuple

from monitor.cli.geoip_provider import Edition, is_of_type
from monitor.enrich.mmdb import Database, DatabaseInfo
from monitor.model.errors import ConfigError
from monitor.model.instant import SECOND_NS

MIN_BYTES = 1 << 16
"""The smallest that covers the world is a hundred times as large."""
SHRINKS_TO = 0.5
"""A database that has less than this part of the bytes of the one before lost something."""
MAX_AHEAD_NS = 2 * 86_400 * SECOND_NS
"""How far in the future it may have been built: clocks differ, months do not."""
COUNTRIES = {"8.8.8.8": "US", "223.5.5.5": "CN", "88.198.0.1": "DE"}
"""Where some long-lived addresses are, by all sources alike."""
NETWORKS = {"8.8.8.8": 15169, "1.1.1.1": 13335, "77.88.8.8": 13238}


class Refused(ValueError):  # noqa: N818 - says what became of it
    """A database that is not put in use; the text says why."""


class Before(NamedTuple):
    """The database of the same name that is in use."""

    built: str
    """RFC 3339."""
    size_bytes: int


def review(
    path: Path, edition: Edition, before: Before | None, now_ns: int, *, force: bool = False
) -> DatabaseInfo:
    """Return what a database says of itself; raises Refused. ``force`` allows an older or much smaller one."""
    size = path.stat().st_size
    if size < MIN_BYTES:
        raise Refused(f"too small: {size} bytes cannot be {edition.name}")
    try:
        database = Database(str(path))
    except ConfigError as error:
        raise Refused(error.problem.partition(";")[0]) from error
    info = database.info()
    if not is_of_type(edition, database.type):
        raise Refused(f"a database of type {database.type!r} is not {edition.name}")
    if database.build_ns > now_ns + MAX_AHEAD_NS:
        raise Refused(f"built on {info.built[:10]}, which is in the future")
    _check_places(database, edition)
    if before is not None and not force:
        _check_newer(info, size, before)
    return info


def _check_places(database: Database, edition: Edition) -> None:
    for ip, country in COUNTRIES.items() if edition.knows_country else ():
        found = database.place(ip).country
        if found != country:
            raise Refused(f"it says that {ip} is in {found or 'no country'}, not in {country}")
    for ip, asn in NETWORKS.items() if edition.knows_asn else ():
        number = database.place(ip).asn
        if number != asn:
            raise Refused(
                f"it says that {ip} is in {f'AS{number}' if number else 'no network'}, not in AS{asn}"
            )


def _check_newer(info: DatabaseInfo, size: int, before: Before) -> None:
    if info.built < before.built:
        raise Refused(
            f"built on {info.built[:10]}, older than the one in use ({before.built[:10]}); --force takes it"
        )
    if size < before.size_bytes * SHRINKS_TO:
        raise Refused(f"{size} bytes, the one in use has {before.size_bytes}; --force takes it")
