"""The two mixes: the mixed one of a living site, and the steady one in which nearly all packets belong to established flows."""

from dataclasses import dataclass

import numpy as np

from traffic.background import Beacon, beacons, chatter
from traffic.columns import Columns
from traffic.sessions import Sessions
from traffic.site import Kind, Service, Size, make_site
from traffic.words import make_words

BYTES_PER_MB = 1e6
LONGEST_SEGMENTS = 4000
STEADY_SEGMENTS = (400, LONGEST_SEGMENTS)
ESTABLISHED_SHARE = 0.98
KINDS, SHARES = (Kind.TLS, Kind.HTTP, Kind.QUIC, Kind.MQTT), (0.5, 0.15, 0.2, 0.15)
BULK_KINDS = (Kind.TLS, Kind.QUIC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Traffic that is ready to be written, and what is known of it."""

    columns: Columns
    sessions: int
    beacons: list[Beacon]
    names_only_in: dict[str, list[str]]
    """Names that can be seen in one protocol only, so that what a program reports can be scored by protocol."""


def mixed(size: Size, *, megabytes: float, seed: int) -> Traffic:
    """Make background, a session with every service, and random sessions up to the size."""
    rng, sessions = _start(size, seed)
    sent = beacons(sessions, size.seconds)
    for device in sessions.site.devices:
        chatter(sessions, device, size.seconds)
    held, everyone = len(sessions.site.services), sessions.site.everyone
    for service in sessions.site.services:
        at_s = float(rng.uniform(0, size.seconds))
        sessions.hold(at_s, everyone[int(rng.integers(len(sessions.site.devices)))], service, 0)
    while sessions.columns.size_bytes < megabytes * BYTES_PER_MB:
        kind = KINDS[int(rng.choice(len(KINDS), p=SHARES))]
        segments = min(int(rng.pareto(0.9) * 8), LONGEST_SEGMENTS)
        _somewhere(sessions, size, kind, segments)
        held += 1
    return Traffic(
        columns=sessions.columns, sessions=held, beacons=sent, names_only_in=_names_only_in(sessions)
    )


def steady(size: Size, *, megabytes: float, seed: int) -> Traffic:
    """Make long transfers, and as many short sessions as leave them 98 % of the packets."""
    rng, sessions = _start(size, seed)
    columns, held = sessions.columns, 0
    while columns.size_bytes < megabytes * BYTES_PER_MB:
        if columns.bulk_packets > ESTABLISHED_SHARE * columns.packets:
            _somewhere(sessions, size, KINDS[int(rng.choice(len(KINDS), p=SHARES))], 0)
        else:
            kind = BULK_KINDS[int(rng.integers(len(BULK_KINDS)))]
            _somewhere(sessions, size, kind, int(rng.integers(*STEADY_SEGMENTS)))
        held += 1
    return Traffic(columns=columns, sessions=held, beacons=[], names_only_in=_names_only_in(sessions))


def _start(size: Size, seed: int) -> tuple[np.random.Generator, Sessions]:
    rng, columns = np.random.default_rng(seed), Columns()
    site = make_site(columns, rng, size)
    words = make_words(columns, rng, site)
    return rng, Sessions(columns=columns, rng=rng, site=site, words=words)


def _somewhere(sessions: Sessions, size: Size, kind: Kind, segments: int) -> None:
    """Hold a session of a kind at any time, by any device."""
    rng, everyone = sessions.rng, sessions.site.everyone
    at_s = float(rng.uniform(0, size.seconds))
    device = everyone[int(rng.integers(len(everyone)))]
    sessions.hold(at_s, device, sessions.popular(kind), segments)


def _names_only_in(sessions: Sessions) -> dict[str, list[str]]:
    def names(kind: Kind) -> list[str]:
        return [service.name for service in sessions.site.of_kind(kind) if _seen_once(sessions, service)]

    return {
        "dns": sorted(names(Kind.MQTT)),
        "tls": names(Kind.TLS),
        "http": names(Kind.HTTP),
        "quic": names(Kind.QUIC),
    }


def _seen_once(sessions: Sessions, service: Service) -> bool:
    """Tell if a name was spoken and in one protocol: MQTT says no names, what is hidden is not looked up."""
    if service.kind is Kind.MQTT:
        return service.name in sessions.looked_up
    return service.hidden and service.name in sessions.visited
