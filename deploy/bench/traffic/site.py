"""Who is there: the devices of a site, its cellular modules, and the services that they use. No packets yet."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from traffic.columns import Columns

VENDORS = [
    "acme",
    "northwind",
    "bluefin",
    "quanta",
    "teleline",
    "orbital",
    "lumen",
    "gridpoint",
    "homebase",
    "sensora",
    "cloudmesh",
    "fieldbus",
    "modemix",
    "roamnet",
    "pixelhub",
    "streamo",
]
ROLES = ["api", "fota", "telemetry", "mqtt", "cdn", "time", "update", "iot", "dm", "logs", "push", "config"]
ZONES = ["com", "net", "io", "cloud", "org", "cn", "de", "us"]
FIRST_OCTETS = (13, 18, 23, 34, 47, 52, 62, 95, 104, 121, 142, 151, 185, 203)
DEVICES_PER_MODULE = 15


class Kind(StrEnum):
    """What a service speaks."""

    TLS = "tls"
    HTTP = "http"
    QUIC = "quic"
    MQTT = "mqtt"


KINDS = [Kind.TLS] * 10 + [Kind.HTTP] * 3 + [Kind.QUIC] * 5 + [Kind.MQTT] * 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a site is, and for how long one looks."""

    devices: int
    services: int
    hours: float

    @property
    def seconds(self) -> float:
        return self.hours * 3600.0


class Device(NamedTuple):
    """A device by the numbers of its addresses; a module has no IPv6."""

    v4: int
    v6: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A name on the Internet behind which one protocol is spoken."""

    kind: Kind
    name: str
    address4: bytes
    address6: bytes
    v4: int
    v6: int
    hidden: bool
    """Nobody looks its name up, so that it can be learnt from its own protocol only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Everybody."""

    gateway: int
    devices: list[Device]
    modules: list[Device]
    mdns: int
    ssdp: int
    services: list[Service]

    @property
    def everyone(self) -> list[Device]:
        """Devices first."""
        return self.devices + self.modules

    def of_kind(self, kind: Kind) -> list[Service]:
        """Return the services of a kind, most popular first."""
        return [service for service in self.services if service.kind is kind]


def make_site(columns: Columns, rng: np.random.Generator, size: Size) -> Site:
    """Make a site; its hosts get their numbers."""
    gateway = columns.host(bytes([192, 168, 7, 1]))
    columns.host(
        bytes.fromhex("fd000000000000070000000000000001")
    )  # the gateway's own IPv6, from which nothing is sent
    devices = [
        Device(
            columns.host(bytes([192, 168, 7, 10 + i % 200])),
            columns.host(bytes.fromhex("20010db800070000") + rng.bytes(8)),
        )
        for i in range(size.devices)
    ]
    modules = [
        Device(columns.host(module_address(i)), None)
        for i in range(max(2, size.devices // DEVICES_PER_MODULE))
    ]
    return Site(
        gateway=gateway,
        devices=devices,
        modules=modules,
        mdns=columns.host(bytes([224, 0, 0, 251])),
        ssdp=columns.host(bytes([239, 255, 255, 250])),
        services=[_service(columns, rng, i) for i in range(size.services)],
    )


def module_address(number: int) -> bytes:
    """Return the address of a module."""
    return bytes([10, 64, 3, 10 + number])


def _service(columns: Columns, rng: np.random.Generator, number: int) -> Service:
    kind = KINDS[number % len(KINDS)]
    role, vendor, zone = (words[int(rng.integers(len(words)))] for words in (ROLES, VENDORS, ZONES))
    address4 = bytes([int(rng.choice(FIRST_OCTETS))]) + rng.bytes(2) + bytes([int(rng.integers(1, 255))])
    address6 = bytes.fromhex("2606470000") + rng.bytes(11)
    return Service(
        kind=kind,
        name=f"{role}{number}.{vendor}.{zone}",
        address4=address4,
        address6=address6,
        v4=columns.host(address4),
        v6=columns.host(address6),
        hidden=kind is not Kind.MQTT and number % 2 == 1,
    )
