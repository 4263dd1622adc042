"""Sections ``[site]``, ``[alert]``, ``[catalog]`` and ``[geoip]``: what a site says of itself and wants to hear."""

import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address, ip_network
from types import MappingProxyType
from typing import Annotated
from urllib.parse import urlsplit

from monitor.alert.policy import Mute, Policy
from monitor.config.shape import Text
from monitor.config.window import SAYS, window
from monitor.enrich.alias import Alias, first_clash
from monitor.enrich.home import DEFAULT_NETWORKS
from monitor.model.finding import Severity

_NAME = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*"
)
_DIGITS_AND_DOTS = re.compile(r"[0-9./]+")
_PUBLIC_KEY_BYTES = 32  # RFC 8032 section 5.1.5
_POLICY = Policy()


def _check_remote(text: str) -> None:
    if ":" in text or "/" in text or _DIGITS_AND_DOTS.fullmatch(text):
        ip_network(text)
    elif text.startswith("*."):
        raise ValueError(f"write {text[2:]!r}, which covers the names below it")
    elif not _NAME.fullmatch(text):
        raise ValueError


def _check_key(text: str) -> None:
    if len(b64decode(text, validate=True)) != _PUBLIC_KEY_BYTES:
        raise ValueError


def _check_server(text: str) -> None:
    parts = urlsplit(text)
    if (
        parts.scheme != "https"
        or not parts.hostname
        or parts.path not in {"", "/"}
        or parts.query
        or parts.fragment
    ):
        raise ValueError


NetworkText = Annotated[str, Text('networks such as "10.0.0.0/8"', ip_network)]
AddressText = Annotated[str, Text('addresses such as "10.0.0.53"', ip_address)]
RemoteText = Annotated[
    str,
    Text("domains in lower case (which cover the names below them), addresses or networks", _check_remote),
]
ServerText = Annotated[
    str, Text('an address such as "https://mirror.example.org"', _check_server, pattern="^https://[^/?#]+/?$")
]
KeyText = Annotated[
    str,
    Text(
        "a public key as 'umbilical signatures keygen' writes it", _check_key, pattern="^[A-Za-z0-9+/]{43}=$"
    ),
]
WindowText = Annotated[str, Text(SAYS, window)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Section ``[site.groups.<name>]``: what is normal for devices of one kind."""

    allowed_remotes: tuple[RemoteText, ...] = ()
    """What these devices may contact besides the site's expected remotes."""
    maintenance_windows: tuple[WindowText, ...] = ()
    """When their updates are expected, UTC."""
    expected_contact_interval_ns: int | None = None
    """How often a device of the group reports when all is well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Section ``[site]``."""

    home_networks: tuple[NetworkText, ...] = DEFAULT_NETWORKS
    """Addresses of the site's devices; everything else is outside."""
    resolvers: tuple[AddressText, ...] = ()
    """The site's own DNS."""
    expected_remotes: tuple[RemoteText, ...] = ()
    """What any device may contact without an alert; such findings are counted."""
    devices: tuple[Alias, ...] = ()
    """The devices by name; the only source of device labels in metrics."""
    groups: Mapping[str, Group] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        clash = first_clash(self.devices)
        if clash is not None:
            raise ValueError(f"devices: {clash}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """Section ``[alert]``."""

    suppress_for_ns: int = _POLICY.suppress_for_ns
    """A firing alert is told again at the earliest after this time."""
    resolve_after_ns: int = _POLICY.resolve_after_ns
    """An alert is resolved when nothing was added to it for this time."""
    min_severity: Severity = _POLICY.min_severity
    """Findings that are less severe are counted and not told."""
    mute: tuple[Mute, ...] = ()
    """Findings to count and not to tell; every condition of an entry that is given must hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogFolders:
    """Section ``[catalog]``."""

    folders: tuple[str, ...] = ()
    """Folders with signatures of the site's own, besides those that ship; relative to this file."""
    pack_key: KeyText | None = None
    """Public key that signature packs must be signed with."""
    pack_folder: str | None = None
    """Where signature packs are installed, relative to this file; by default in the XDG data home."""


class GeoIpProvider(StrEnum):
    """Whom ``umbilical geoip update`` asks."""

    DBIP = "dbip"
    """DB-IP Lite: no account; CC BY 4.0."""
    MAXMIND = "maxmind"
    """GeoLite2: an account and a licence key, under MaxMind's licence."""
    IPINFO = "ipinfo"
    """IPinfo Lite: a token; CC BY-SA 4.0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Databases:
    """Section ``[geoip]``."""

    database: tuple[str, ...] | None = None
    """MaxMind DB files, relative to this file, or "embedded"; of each field the first known value counts.
    By default those that umbilical geoip update installed, and the embedded one for what they do not know."""
    provider: GeoIpProvider = GeoIpProvider.DBIP
    """Where umbilical geoip update gets databases; nothing is ever fetched without that command."""
    account_file: str | None = None
    """File with the provider's key, relative to this file and readable by its owner alone: for "maxmind" a GeoIP.conf
    or a line ACCOUNT:KEY, for "ipinfo" the token."""
    folder: str | None = None
    """Where databases are installed, relative to this file; by default in the XDG data home."""
    server: ServerText | None = None
    """A mirror with the same paths as the provider, instead of it."""
