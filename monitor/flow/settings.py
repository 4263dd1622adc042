"""How long a silent flow is remembered and how many flows there may be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Section ``[flow]`` of the configuration."""

    capacity: int = 262_144
    """Flows at once; when full, the flow longest silent is evicted and counted."""
    tcp_opening_timeout: str = "2m"
    """Silence after which a connection that was never established ends."""
    tcp_established_timeout: str = "1h"
    """MQTT and other long connections of modules stay silent for tens of minutes."""
    tcp_closed_timeout: str = "10s"
    """How long the last packets of a closed connection still belong to it."""
    udp_timeout: str = "3m"
    other_timeout: str = "1m"
    """ICMP and every other IP protocol."""
    active_timeout: str = "5m"
    """A flow that lives longer is told of with what it amounts to so far, at its first packet after each such time."""
    duplicate_window: str = "10ms"
    """The same packet again within this time was delivered twice by the mirror port."""
