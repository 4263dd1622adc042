"""What devices do: look a name up, then speak with the service in its own protocol."""

from dataclasses import dataclass, field

import numpy as np

from traffic.columns import IPV4_BYTES, LINK_BYTES, TCP, UDP, UDP_BYTES, Columns, Ends, Slice
from traffic.dns_bytes import lookup
from traffic.site import Device, Kind, Service, Site
from traffic.tcp import ORIGINATOR, RESPONDER, SEGMENT_BYTES, Connection
from traffic.words import BODY_BYTES, DATAGRAM_BYTES, DATAGRAMS, Words

PORTS = {Kind.TLS: 443, Kind.QUIC: 443, Kind.HTTP: 80, Kind.MQTT: 1883}
DNS_PORT = 53
EPHEMERAL = (32768, 61000)
IPV6_LOOKUPS, IPV6_SESSIONS, ALIASED, UPLOADS = 0.3, 0.15, 0.3, 0.15
POPULARITY = 1.3
"""Exponent of Zipf's law among the services of a kind."""
SLOWEST, FASTEST = 5, 7
"""Decimal logarithm of a stream's bytes per second."""
QUIC_BYTES_PER_S = 4e6
QUIC_REPLY_BYTES = 42
SHORT_ANSWER_SEGMENTS = 3
"""A TLS answer of at most as many segments is one message."""


@dataclass(slots=True, kw_only=True)
class Sessions:
    """Puts sessions into a capture."""

    columns: Columns
    rng: np.random.Generator
    site: Site
    words: Words
    visited: set[str] = field(default_factory=set)
    looked_up: set[str] = field(default_factory=set)

    def port(self) -> int:
        """Return an ephemeral port."""
        return int(self.rng.integers(*EPHEMERAL))

    def exchange(self, at_s: float, ends: Ends, query: Slice, answer: Slice, *, after_s: float) -> None:
        """Put a datagram and its answer."""
        self.columns.put(at_s, ends, query)
        self.columns.put(at_s + after_s, ends.turned(), answer)

    def popular(self, kind: Kind) -> Service:
        """Return a service of a kind, the more popular the more likely."""
        services = self.site.of_kind(kind)
        return services[int(self.rng.zipf(POPULARITY) - 1) % len(services)]

    def hold(self, at_s: float, device: Device, service: Service, segments: int) -> None:
        """Hold a session; for TLS and QUIC, the bulk after the handshake is of ``segments`` packets one way."""
        self.visited.add(service.name)
        if not service.hidden:
            self._look_up(at_s, device, service)
        at_s += 0.03
        source, target, v6 = device.v4, service.v4, False
        if device.v6 is not None and self.rng.random() < IPV6_SESSIONS:
            source, target, v6 = device.v6, service.v6, True
        round_trip_s = 0.01 + float(self.rng.exponential(0.04))
        protocol = UDP if service.kind is Kind.QUIC else TCP
        ends = Ends(source, target, v6, protocol, self.port(), PORTS[service.kind])
        messages = self.words.of_service[service.name]
        if service.kind is Kind.QUIC:
            self._quic(at_s, ends, messages, round_trip_s, max(2, segments))
            return
        connection = Connection(self.columns, self.rng, ends, at_s=at_s, round_trip_s=round_trip_s)
        if service.kind is Kind.TLS:
            self._tls(connection, messages, segments)
        elif service.kind is Kind.HTTP:
            self._http(connection, messages)
        else:
            self._mqtt(connection, messages)
        connection.close()

    def _look_up(self, at_s: float, device: Device, service: Service) -> None:
        rng = self.rng
        address = service.address6 if rng.random() < IPV6_LOOKUPS else service.address4
        alias = f"edge-{service.name}" if rng.random() < ALIASED else None
        query, answer = map(self.columns.data, lookup(service.name, address, alias, rng.bytes(2)))
        ends = Ends(
            device.v4,
            self.site.gateway,
            v6=False,
            protocol=UDP,
            source_port=self.port(),
            target_port=DNS_PORT,
        )
        self.columns.flows += 1
        self.exchange(at_s, ends, query, answer, after_s=0.004 + rng.exponential(0.01))
        self.looked_up.add(service.name)

    def _tls(self, connection: Connection, messages: tuple[Slice, ...], segments: int) -> None:
        rng, (hello, answer, finished) = self.rng, messages
        connection.send(ORIGINATOR, hello)
        connection.send(RESPONDER, answer)
        connection.send(ORIGINATOR, finished)
        connection.send(ORIGINATOR, Slice(self.words.noise.at, int(rng.integers(80, 900))))
        side = ORIGINATOR if rng.random() < UPLOADS else RESPONDER
        records = self.words.records
        segments = min(segments, records.size // SEGMENT_BYTES - 1)
        if segments > SHORT_ANSWER_SEGMENTS:
            connection.stream(side, records.at, segments, self._bytes_per_s())
        else:
            connection.send(RESPONDER, Slice(records.at, int(rng.integers(100, 1400))))

    def _http(self, connection: Connection, requests: tuple[Slice, ...]) -> None:
        for request in requests[: 1 + int(self.rng.integers(3))]:
            connection.send(ORIGINATOR, request)
            connection.send(RESPONDER, self.words.http_head)
            connection.stream(
                RESPONDER, self.words.noise.at, BODY_BYTES // SEGMENT_BYTES, self._bytes_per_s()
            )

    def _mqtt(self, connection: Connection, messages: tuple[Slice, ...]) -> None:
        rng, (connect, accepted, publish, ping, pong) = self.rng, messages
        connection.send(ORIGINATOR, connect)
        connection.send(RESPONDER, accepted)
        for _ in range(int(rng.integers(4, 40))):
            connection.send(ORIGINATOR, publish, after_s=float(rng.exponential(20)))
            connection.send(ORIGINATOR, ping, after_s=float(rng.exponential(5)))
            connection.send(RESPONDER, pong)

    def _quic(
        self, at_s: float, ends: Ends, messages: tuple[Slice, ...], round_trip_s: float, segments: int
    ) -> None:
        columns, rng = self.columns, self.rng
        columns.flows += 1
        self.exchange(at_s, ends, *messages, after_s=round_trip_s)
        gaps_s = rng.exponential(DATAGRAM_BYTES / QUIC_BYTES_PER_S, segments)
        down_s = at_s + 2 * round_trip_s + np.cumsum(gaps_s)
        payload_at = self.words.datagrams.at + DATAGRAM_BYTES * rng.integers(0, DATAGRAMS, segments)
        replies = max(1, segments // 4)
        down = {"at_s": down_s, "payload_at": payload_at, "payload_bytes": DATAGRAM_BYTES}
        up = {
            "at_s": down_s[::4][:replies] + round_trip_s / 2,
            "payload_at": payload_at[::4][:replies],
            "payload_bytes": QUIC_REPLY_BYTES,
        }
        columns.put_bulk(ends.turned(), down)
        columns.put_bulk(ends, up)
        header_bytes = (
            LINK_BYTES + IPV4_BYTES + UDP_BYTES
        )  # of IPv6, too: a seed's capture depends on this sum
        columns.size_bytes += segments * (header_bytes + DATAGRAM_BYTES)
        columns.size_bytes += replies * (header_bytes + QUIC_REPLY_BYTES)

    def _bytes_per_s(self) -> float:
        return float(10 ** self.rng.uniform(SLOWEST, FASTEST))
