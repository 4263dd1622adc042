"""The devices that the configuration names, and how one of them is recognised.

What identifies best is asked first: an address of the site's own plan, then the MAC address, then what the device
says of itself (IMEI or endpoint name in LwM2M, host name in DHCP), which another device could say as well.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_network

from monitor.enrich.prefix import AddressTable, network_prefix
from monitor.model.address import mac_text

_MAC = re.compile(r"[0-9a-f]{12}")
_IMEI = re.compile(r"[0-9]{15}")
_ENDPOINT_IMEI = re.compile(r"(?:urn:imei:|imei:)?([0-9]{15})", re.IGNORECASE)
"""OMA LwM2M Core section 6.2.1: the URN forms of an endpoint name; many clients send the bare digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """One device of the site; every way to recognise it that is given counts."""

    name: str
    group: str | None = None
    address: str | tuple[str, ...] = ()
    """Addresses or networks, such as the /64 that a cellular network gives to one device."""
    mac: str | None = None
    imei: str | None = None
    lwm2m_endpoint: str | None = None
    hostname: str | None = None
    """As the device gives it in DHCP."""

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("name: a device needs a name")
        if not (self.address or self.mac or self.imei or self.lwm2m_endpoint or self.hostname):
            raise ValueError(f"nothing identifies {self.name!r}; give its address, mac, imei, ...")
        for address in self.addresses:
            _check_address(address)
        if self.mac is not None:
            mac_number(self.mac)
        if self.imei is not None and not _IMEI.fullmatch(self.imei):
            raise ValueError(f"imei: not 15 digits: {self.imei!r}")

    @property
    def addresses(self) -> tuple[str, ...]:
        return (self.address,) if isinstance(self.address, str) else self.address


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What is known of an address when a device is looked for."""

    ip: str
    mac: int = 0
    """0 when not known or not trusted."""
    endpoint: str | None = None
    hostname: str | None = None


class Aliases:
    """Finds the alias of an address."""

    def __init__(self, aliases: Iterable[Alias] = ()) -> None:
        self._by_address: AddressTable[Alias] = AddressTable()
        self._by_mac: dict[int, Alias] = {}
        self._by_imei: dict[str, Alias] = {}
        self._by_endpoint: dict[str, Alias] = {}
        self._by_hostname: dict[str, Alias] = {}
        self._count = 0
        for alias in aliases:
            self._add(alias)
            self._count += 1

    def __bool__(self) -> bool:
        """Whether the configuration names any device."""
        return self._count > 0

    def find(self, claims: Claims) -> Alias | None:
        """Return the alias that the best identification names."""
        return (
            self._by_address.find(claims.ip)
            or self._by_mac.get(claims.mac)
            or self._by_endpoint.get(claims.endpoint or "")
            or self._by_imei.get(imei_of(claims.endpoint) or "")
            or self._by_hostname.get((claims.hostname or "").lower())
        )

    def _add(self, alias: Alias) -> None:
        for address in alias.addresses:
            self._by_address.add(address, alias)
        if alias.mac is not None:
            self._by_mac.setdefault(mac_number(alias.mac), alias)
        _remember(self._by_imei, alias.imei, alias)
        _remember(self._by_endpoint, alias.lwm2m_endpoint, alias)
        _remember(self._by_hostname, alias.hostname and alias.hostname.lower(), alias)


def first_clash(aliases: Iterable[Alias]) -> str | None:
    """Say which name or identification stands for two devices."""
    owners: dict[tuple[str, str], int] = {}
    for place, alias in enumerate(aliases):
        for kind, value in _identifications(alias):
            if owners.setdefault((kind, value), place) != place:
                return f"{kind} {value!r} stands for two devices"
    return None


def mac_number(text: str) -> int:
    """Return a MAC address as 48 bits, however it is punctuated; raises ValueError."""
    digits = text.lower().translate(_PUNCTUATION)
    if not _MAC.fullmatch(digits):
        raise ValueError(f"mac: not a MAC address: {text!r}")
    return int(digits, 16)


def imei_of(endpoint: str | None) -> str | None:
    """Return the IMEI in an LwM2M endpoint name."""
    match = _ENDPOINT_IMEI.fullmatch(endpoint or "")
    return match[1] if match else None


_PUNCTUATION: Mapping[int, None] = dict.fromkeys(map(ord, ":-. "))


def _identifications(alias: Alias) -> Iterator[tuple[str, str]]:
    yield "name", alias.name
    for address in alias.addresses:
        yield "address", str(ip_network(address))
    if alias.mac is not None:
        yield "mac", mac_text(mac_number(alias.mac)) or ""
    for kind, value in (
        ("imei", alias.imei),
        ("lwm2m_endpoint", alias.lwm2m_endpoint),
        ("hostname", alias.hostname and alias.hostname.lower()),
    ):
        if value:
            yield kind, value


def _check_address(text: str) -> None:
    try:
        network_prefix(text)
    except ValueError as error:
        raise ValueError(f"address: {error}") from error


def _remember(table: dict[str, Alias], key: str | None, alias: Alias) -> None:
    if key:
        table.setdefault(key, alias)
