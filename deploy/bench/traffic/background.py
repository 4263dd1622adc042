"""What goes on by itself: the modules' beacons, and every device's clock, service discovery and ping."""

from typing import NamedTuple

from traffic.columns import ICMP, UDP, Ends
from traffic.sessions import Sessions
from traffic.site import Device, Service, module_address

BEACON_PORT, NTP_PORT, MDNS_PORT, SSDP_PORT = 8801, 123, 5353, 1900
ECHO_REQUEST = 8
BEACON_PERIODS_S = (30, 60, 120, 300)
ROUND_S, ROUND_JITTER_S = 64, 8
SSDP_SEARCHES = 0.3


class Beacon(NamedTuple):
    """A module's steady datagram."""

    src: str
    dst: str
    dport: int
    period_s: float


def beacons(sessions: Sessions, seconds: float) -> list[Beacon]:
    """Let every module send its beacon."""
    site = sessions.site
    return [
        _beacon(sessions, place, site.services[place * 7 % len(site.services)], seconds)
        for place in range(len(site.modules))
    ]


def chatter(sessions: Sessions, device: Device, seconds: float) -> None:
    """Let a device ask for the time, look for services and ping the gateway, about once a minute."""
    rng, columns, site, words = sessions.rng, sessions.columns, sessions.site, sessions.words
    at_s, port = float(rng.uniform(0, ROUND_S)), sessions.port()
    clock = Ends(device.v4, site.gateway, False, UDP, port, NTP_PORT)
    discovery = Ends(device.v4, site.mdns, False, UDP, MDNS_PORT, MDNS_PORT)
    search = Ends(device.v4, site.ssdp, False, UDP, port + 1, SSDP_PORT)
    echo = Ends(device.v4, site.gateway, False, ICMP, ECHO_REQUEST, 0)
    columns.flows += 4
    while at_s < seconds:
        sessions.exchange(at_s, clock, words.ntp_query, words.ntp_answer, after_s=0.003)
        columns.put(at_s + 1.1, discovery, words.mdns)
        if rng.random() < SSDP_SEARCHES:
            columns.put(at_s + 2.2, search, words.ssdp)
        columns.put(at_s + 3, echo, words.ping)
        columns.put(at_s + 3.001, echo.turned(), words.ping)
        at_s += ROUND_S + float(rng.uniform(-ROUND_JITTER_S, ROUND_JITTER_S))


def _beacon(sessions: Sessions, place: int, service: Service, seconds: float) -> Beacon:
    rng, columns = sessions.rng, sessions.columns
    period_s = float(rng.choice(BEACON_PERIODS_S))
    ends = Ends(sessions.site.modules[place].v4, service.v4, False, UDP, sessions.port(), BEACON_PORT)
    at_s = float(rng.uniform(0, period_s))
    message = columns.data(b"\x01\x0a" + rng.bytes(30))
    columns.flows += 1
    while at_s < seconds:
        answer = columns.data(rng.bytes(12)) if at_s < period_s else message
        sessions.exchange(at_s, ends, message, answer, after_s=0.09)
        at_s += period_s + float(rng.normal(0, period_s * 0.01))
    return Beacon(_dotted(module_address(place)), _dotted(service.address4), BEACON_PORT, period_s)


def _dotted(address: bytes) -> str:
    return ".".join(map(str, address))
