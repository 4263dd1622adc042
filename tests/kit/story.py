"""A small capture with a story: a device asks for its vendor's update host and connects to it; bounds of time are plain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.kit import dns_wire
from tests.kit.frames import Frame, ethernet, ipv4, tcp_syn, udp, write

if TYPE_CHECKING:
    from pathlib import Path

T0 = 1_800_000_000_000_000_000
"""2027-01-15T08:00:00Z."""
SECOND_NS = 1_000_000_000
DEVICE, RESOLVER, REMOTE = 0x0A14_0011, 0x0A14_0001, 0xC633_6407
"""10.20.0.17, 10.20.0.1, 198.51.100.7."""
DEVICE_IP, REMOTE_IP = "10.20.0.17", "198.51.100.7"
VENDOR_NAME = "cloudota.quectel.com"
TCP, UDP, DNS, OTA_PORT = 6, 17, 53, 8100
GATEWAY_MAC = 0x0200_5E00_0001


def contact(at: float = 0, name: str = VENDOR_NAME) -> list[Frame]:
    """Return a question, its answer and an attempt to connect, ``at`` seconds after T0."""
    ts_ns, port = T0 + round(at * SECOND_NS), 4000 + int(at) % 50_000
    answer = dns_wire.response(name, dns_wire.record(1, REMOTE.to_bytes(4, "big")))
    return [
        ethernet(ts_ns, ipv4(DEVICE, RESOLVER, UDP, udp(port, DNS, dns_wire.query(name)))),
        ethernet(
            ts_ns + 1_000_000, ipv4(RESOLVER, DEVICE, UDP, udp(DNS, port, answer)), source_mac=GATEWAY_MAC
        ),
        ethernet(ts_ns + 2_000_000, ipv4(DEVICE, REMOTE, TCP, tcp_syn(port, OTA_PORT, 1))),
    ]


def capture(folder: Path, *frames: Frame) -> str:
    """Write frames, by default one contact; returns the path."""
    [path] = write(folder, frames or contact())
    return str(path)
