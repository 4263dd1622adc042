"""One MaxMind-DB file: opens it, and reads a record whoever laid it out.

Layouts understood: MaxMind (GeoLite2 Country, City, ASN), DB-IP (the same field names), IPinfo and ip-location-db
(flat), and the embedded file. How several files are merged is decided in ``geoip.py``.
"""

import stat
from collections.abc import Callable
from dataclasses import dataclass
from errno import EINVAL
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import maxminddb

from monitor.model.errors import ConfigError, Location
from monitor.model.instant import SECOND_NS, rfc3339

OLD_AFTER_DAYS = 180
"""Networks move: an older database is worth a warning."""
_DAY_NS = 86_400 * SECOND_NS
_WHERE_NAMED = "geoip.database or --geoip"
_ADVICE = f"download it again, or leave it out of {_WHERE_NAMED}"
_TRIAL_RECORDS = 1000
_TRIAL_ADDRESSES = ("8.8.8.8", "223.5.5.5", "2001:4860:4860::8888")
_UNKNOWN_COUNTRIES = {"ZZ", "XX"}
_MAX_ASN = (1 << 32) - 1
Known = TypeVar("Known")


class Place(NamedTuple):
    """Where an address is and who announces it; None is not known."""

    country: str | None = None
    """ISO 3166-1 alpha-2."""
    asn: int | None = None
    organisation: str | None = None


NOWHERE = Place()


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseInfo:
    """What a database says of itself."""

    path: str
    type: str
    built: str
    """RFC 3339."""
    nodes: int
    age_days: int | None = None
    """By the time that was asked about; None when none was."""
    warning: str | None = None
    """Set when it is old."""


class Database:
    """An open database; look-ups go through a memory map."""

    def __init__(self, path: str) -> None:
        """Raise ConfigError when there is no usable database."""
        self.path = path
        self.unreadable = 0
        """Look-ups that met damage in the file."""
        self._reader = _open(path)
        self._is_v4_only = self._reader.metadata().ip_version == 4
        self._prove()

    @property
    def type(self) -> str:
        return str(self._reader.metadata().database_type)

    @property
    def build_ns(self) -> int:
        """When it was built."""
        return int(self._reader.metadata().build_epoch) * SECOND_NS

    def place(self, ip: str) -> Place:
        """Look an address up; what the file does not know is None."""
        if self._is_v4_only and ":" in ip:
            return NOWHERE
        try:
            return place_of(self._reader.get(ip))
        except (maxminddb.InvalidDatabaseError, UnicodeDecodeError):
            self.unreadable += 1
            return NOWHERE

    def info(self, now_ns: int | None = None) -> DatabaseInfo:
        """Describe the database; with a time, say whether it is old by then."""
        metadata = self._reader.metadata()
        built_ns = self.build_ns
        age_days = None if now_ns is None else (now_ns - built_ns) // _DAY_NS
        is_old = age_days is not None and age_days > OLD_AFTER_DAYS
        return DatabaseInfo(
            path=self.path,
            type=self.type,
            built=rfc3339(built_ns),
            nodes=metadata.node_count,
            age_days=age_days,
            warning=f"{age_days} days old; countries and owners may be wrong, get a newer one"
            if is_old
            else None,
        )

    def _prove(self) -> None:
        """Fail now rather than answer nothing for months: a torn file, or one about something else."""
        trial = (record for _, record in islice(self._reader, _TRIAL_RECORDS))
        try:
            understood = any(place_of(record) != NOWHERE for record in trial)
            for address in _TRIAL_ADDRESSES:
                if not (self._is_v4_only and ":" in address):
                    self._reader.get(address)
        except (maxminddb.InvalidDatabaseError, ValueError) as error:
            raise ConfigError(f"the database is damaged ({error}); {_ADVICE}", Location(self.path)) from error
        if not understood:
            raise ConfigError(
                f"a database of type {self.type!r} without countries or autonomous systems; {_ADVICE}",
                Location(self.path),
            )


def place_of(record: object) -> Place:
    """Read a record of any known layout, field by field; a value of the wrong kind is not known."""
    if not isinstance(record, dict):
        return NOWHERE
    return Place(
        _first(record, _COUNTRY_FIELDS, _country),
        _first(record, _ASN_FIELDS, _asn),
        _first(record, _ORGANISATION_FIELDS, _organisation),
    )


_Fields = tuple[tuple[str, str | None], ...]
"""Names of fields, each with the name of one inside it or None."""
_COUNTRY_FIELDS: _Fields = (
    ("country", "iso_code"),
    ("registered_country", "iso_code"),
    ("country_code", None),
    ("country", None),
)
_ASN_FIELDS: _Fields = (
    ("autonomous_system_number", None),
    ("asn", None),
    ("traits", "autonomous_system_number"),
)
_ORGANISATION_FIELDS: _Fields = (
    ("autonomous_system_organization", None),
    ("as_name", None),
    ("traits", "autonomous_system_organization"),
)


def _first(record: dict[str, Any], fields: _Fields, read: Callable[[object], Known | None]) -> Known | None:
    for name, inner in fields:
        value = record.get(name)
        if inner is not None:
            value = value.get(inner) if isinstance(value, dict) else None
        if value is not None and (known := read(value)) is not None:
            return known
    return None


def _country(value: object) -> str | None:
    if not isinstance(value, str) or len(value) != 2 or not (value.isascii() and value.isalpha()):
        return None
    code = value.upper()
    return None if code in _UNKNOWN_COUNTRIES else code


def _asn(value: object) -> int | None:
    if isinstance(value, str):
        digits = value.removeprefix("AS")
        value = int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= 10 else None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= _MAX_ASN:
        return None
    return value


def _organisation(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _open(path: str) -> Any:
    try:
        _check_regular(path)
        return maxminddb.open_database(path, maxminddb.MODE_AUTO)
    except FileNotFoundError as error:
        raise ConfigError(
            f"no such file; correct {_WHERE_NAMED}, or leave it out to use the embedded database",
            Location(path),
        ) from error
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", Location(path)) from error
    except (maxminddb.InvalidDatabaseError, ValueError) as error:
        raise ConfigError(
            f"not a MaxMind DB file (.mmdb, unpacked), or damaged; {_ADVICE}", Location(path)
        ) from error


def _check_regular(path: str) -> None:
    """Raise OSError for what cannot be mapped into memory: a pipe would be waited for."""
    if not stat.S_ISREG(Path(path).stat().st_mode):
        raise OSError(EINVAL, "not a regular file", path)
