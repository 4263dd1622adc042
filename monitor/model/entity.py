"""The two ends as the site sees them: a device inside, a remote outside, and their contact."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device under watch."""

    name: str
    """Its alias in the configuration, else its MAC address, else its IP address."""
    ip: str
    mac: str | None = None
    maker: str | None = None
    """Registered holder of its MAC prefix."""
    maker_vendor: str | None = None
    """Vendor id when the prefix belongs to a module maker of the catalog."""
    group: str | None = None
    """Group in the configuration."""
    hostname: str | None = None
    """Name it gave of itself in DHCP."""
    listed: bool = False
    """The configuration names it; only such a name may become a metric label."""


@dataclass(slots=True, unsafe_hash=True)
class Remote:
    """The other end, outside the site; never changed, and not frozen only because one is made for every new pair."""

    ip: str
    port: int
    country: str | None = None
    """ISO 3166-1 alpha-2."""
    asn: int | None = None
    organisation: str | None = None


@dataclass(slots=True, unsafe_hash=True)
class Contact:
    """Who spoke to whom in a flow; never changed, as ``Remote`` is not."""

    device: Device
    remote: Remote
    device_is_originator: bool
    internal: bool = False
    """Both ends are inside the site (the remote is a neighbour)."""
