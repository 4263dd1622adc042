"""Who offers geo-IP databases, where they stand there, and how one shows who one is.

Data about three providers; nothing is fetched here. A key is read from a file of its own and never shown.
"""

import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from monitor.config.site import GeoIpProvider

MAX_ACCOUNT_BYTES = 10_000
_OTHERS_MAY_READ = stat.S_IRWXG | stat.S_IRWXO
_KEY = re.compile(r"[A-Za-z0-9_-]{4,200}")
_NUMBER = re.compile(r"[0-9]{1,20}")
_SHA256 = re.compile(r"[0-9a-f]{64}", re.IGNORECASE)


class Edition(NamedTuple):
    """One database that a provider offers."""

    name: str
    """As the provider calls it, and the stem of the file here."""
    type: str
    """How the type begins that the database says of itself: letters and digits in lower case."""
    knows_country: bool
    knows_asn: bool


class Source(NamedTuple):
    """Where a database is, and where what it must amount to."""

    url: str
    checksum_url: str | None = None


class Account(NamedTuple):
    """Who one is to a provider."""

    name: str
    key: str

    @property
    def login(self) -> tuple[str, str]:
        """Name and password of HTTP's Basic scheme."""
        return (self.name, self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Whom to ask, and for what."""

    id: GeoIpProvider
    server: str
    editions: tuple[Edition, ...]
    paths: tuple[str, ...]
    """Of a database by ``{name}``, ``{month}`` and ``{key}``; when the first is not there yet, the next."""
    checksum_path: str | None = None
    logs_in: bool = False
    """With HTTP's Basic scheme."""
    needs: str | None = None
    """What the account file holds; None when there is no account."""
    keeps_old: bool = True
    """False where the licence wants old databases destroyed."""

    def sources(
        self, edition: Edition, day: str, account: Account | None, server: str | None
    ) -> list[Source]:
        """Return where a database may be on a day such as ``2026-11-22``, the newest first."""
        base = (server or self.server).rstrip("/")
        key = "" if account is None else quote(account.key, safe="")
        months = [day[:7], _month_before(day)] if "{month}" in self.paths[0] else [day[:7]]
        return [
            Source(
                base + path.format(name=edition.name, month=month, key=key),
                self.checksum_path and base + self.checksum_path.format(name=edition.name, key=key),
            )
            for month in months
            for path in self.paths
        ]


PROVIDERS: Mapping[GeoIpProvider, Provider] = {
    one.id: one
    for one in (
        Provider(
            id=GeoIpProvider.DBIP,
            server="https://download.db-ip.com",
            editions=(
                Edition("dbip-asn-lite", "dbipasnlite", knows_country=False, knows_asn=True),
                Edition("dbip-country-lite", "dbipcountrylite", knows_country=True, knows_asn=False),
            ),
            paths=("/free/{name}-{month}.mmdb.gz",),
        ),
        Provider(
            id=GeoIpProvider.MAXMIND,
            server="https://download.maxmind.com",
            editions=(
                Edition("GeoLite2-ASN", "geolite2asn", knows_country=False, knows_asn=True),
                Edition("GeoLite2-Country", "geolite2country", knows_country=True, knows_asn=False),
            ),
            paths=("/geoip/databases/{name}/download?suffix=tar.gz",),
            checksum_path="/geoip/databases/{name}/download?suffix=tar.gz.sha256",
            logs_in=True,
            needs="the account id and a licence key: a GeoIP.conf, or a line ACCOUNT:KEY",
            keeps_old=False,
        ),
        Provider(
            id=GeoIpProvider.IPINFO,
            server="https://ipinfo.io",
            editions=(Edition("ipinfo_lite", "ipinfo", knows_country=True, knows_asn=True),),
            paths=("/data/{name}.mmdb?token={key}",),
            checksum_path="/data/{name}.mmdb/checksums?token={key}",
            needs="the token",
        ),
    )
}


def account_of(provider: Provider, path: Path | None) -> tuple[Account | None, str | None]:
    """Return the account, and a word of warning if there is need for one; raises ValueError or OSError."""
    if provider.needs is None:
        return None, None
    if path is None:
        raise ValueError(
            f"{provider.id} wants to know who asks: set [geoip] account_file to a file with {provider.needs}"
        )
    with path.open("rb") as stream:
        text = stream.read(MAX_ACCOUNT_BYTES).decode("utf-8", "replace")
        is_open = stream.seekable() and path.stat().st_mode & _OTHERS_MAY_READ
    account = _login(text) if provider.logs_in else _token(text)
    if account is None:
        raise ValueError(f"{path}: this should hold {provider.needs}")
    return account, f"{path}: others may read this key; chmod 600 mends that" if is_open else None


def checksum_of(text: bytes) -> str | None:
    """Return the SHA-256 that a provider's text states: as ``sha256sum`` writes it, or in JSON."""
    words = text.decode("ascii", "replace")
    labelled = re.search(r'"sha256"\s*:\s*"([0-9a-fA-F]{64})"', words)
    if labelled:
        return labelled[1].lower()
    first = words.split(None, 1)[0] if words.strip() else ""
    return first.lower() if _SHA256.fullmatch(first) else None


def edition_of(type_: str) -> tuple[Provider, Edition] | None:
    """Return whose a database of a type is; None for none of these."""
    for provider in PROVIDERS.values():
        for edition in provider.editions:
            if is_of_type(edition, type_):
                return provider, edition
    return None


def is_of_type(edition: Edition, type_: str) -> bool:
    """Whether a database that says of itself to be of a type is the edition."""
    return "".join(filter(str.isalnum, type_.lower())).startswith(edition.type)


def _login(text: str) -> Account | None:
    words = dict(_pairs(text))
    name, key = words.get("AccountID", words.get("UserId", "")), words.get("LicenseKey", "")
    if not name:
        name, _, key = text.strip().partition(":")
    fits = _NUMBER.fullmatch(name) and _KEY.fullmatch(key)
    return Account(name, key) if fits else None


def _token(text: str) -> Account | None:
    token = text.strip()
    return Account("", token) if _KEY.fullmatch(token) else None


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Yield the settings of a GeoIP.conf: a name, spaces, a value; lines with ``#`` are comments."""
    for line in text.splitlines():
        words = line.split(None, 1)
        if len(words) == 2 and not words[0].startswith("#"):
            yield words[0], words[1].strip()


def _month_before(day: str) -> str:
    year, month = int(day[:4]), int(day[5:7])
    return f"{year - 1}-12" if month == 1 else f"{year}-{month - 1:02d}"
