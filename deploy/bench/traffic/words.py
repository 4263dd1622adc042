"""What is said: the payload of every service and of the background, laid down once and sent many times."""

import struct
from dataclasses import dataclass

import numpy as np

from traffic.columns import Columns, Slice
from traffic.dns_bytes import service_query
from traffic.quic_initial import Initial
from traffic.site import Kind, Service, Site
from traffic.tls_bytes import (
    APPLICATION_DATA,
    CHANGE_CIPHER_SPEC,
    HANDSHAKE,
    TLS_1_0,
    client_hello,
    record,
    server_hello,
)

NOISE_BYTES = 6_000_000
RECORDS, SEALED_BYTES = 360, 16384 + 17
DATAGRAMS, DATAGRAM_BYTES = 400, 1250
BODY_BYTES = 28 * 1448
"""Of an HTTP response: whole segments."""
PATHS = ("v1/state", "fw/check", "img")
CONNECTION_ID_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Everything that can be said."""

    noise: Slice
    datagrams: Slice
    """QUIC datagrams with a short header, one after the other."""
    records: Slice
    """TLS records, one after the other."""
    of_service: dict[str, tuple[Slice, ...]]
    """Messages in the order in which the service's protocol needs them."""
    http_head: Slice
    mdns: Slice
    ssdp: Slice
    ntp_query: Slice
    ntp_answer: Slice
    ping: Slice


def make_words(columns: Columns, rng: np.random.Generator, site: Site) -> Words:
    """Lay down all payload."""
    return Words(
        noise=columns.data(rng.bytes(NOISE_BYTES)),
        datagrams=columns.data(_datagrams(rng)),
        records=columns.data(
            b"".join(record(APPLICATION_DATA, rng.bytes(SEALED_BYTES)) for _ in range(RECORDS))
        ),
        of_service={
            service.name: tuple(columns.data(message) for message in _MESSAGES[service.kind](service, rng))
            for service in site.services
        },
        http_head=columns.data(_http_head()),
        mdns=columns.data(service_query("_googlecast._tcp.local")),
        ssdp=columns.data(_ssdp_search()),
        ntp_query=columns.data(b"\x23" + bytes(47)),
        ntp_answer=columns.data(b"\x24\x01" + rng.bytes(46)),
        ping=columns.data(rng.bytes(56)),
    )


def _tls(service: Service, rng: np.random.Generator) -> list[bytes]:
    """The client's hello, the server's flight (its certificate is sealed), the client's end of the handshake."""
    hello = record(HANDSHAKE, client_hello(service.name, rng), TLS_1_0)
    flight = record(HANDSHAKE, server_hello(rng)) + record(CHANGE_CIPHER_SPEC, b"\x01")
    flight += record(APPLICATION_DATA, rng.bytes(int(rng.integers(1800, 3900))))
    return [hello, flight, record(CHANGE_CIPHER_SPEC, b"\x01") + record(APPLICATION_DATA, rng.bytes(53))]


def _quic(service: Service, rng: np.random.Generator) -> list[bytes]:
    """The Initials of client and server."""
    first_id, _, server_id = (rng.bytes(CONNECTION_ID_BYTES) for _ in range(3))
    client = Initial(destination_id=first_id, source_id=b"", first_id=first_id, side=b"client in")
    server = Initial(destination_id=b"", source_id=server_id, first_id=first_id, side=b"server in")
    return [client.datagram(client_hello(service.name, rng, quic=True)), server.datagram(server_hello(rng))]


def _http(service: Service, rng: np.random.Generator) -> list[bytes]:
    """Three requests."""
    return [
        (
            f"GET /{path}/{int(rng.integers(1000))} HTTP/1.1\r\nHost: {service.name}\r\n"
            f"User-Agent: iot-agent/1.{place}\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n"
        ).encode()
        for place, path in enumerate(PATHS)
    ]


def _mqtt(_: Service, rng: np.random.Generator) -> list[bytes]:
    """CONNECT, CONNACK, PUBLISH, PINGREQ, PINGRESP of MQTT 3.1.1."""
    client = b"dev-%06d" % int(rng.integers(10**6))
    topic = b"site/7/%s/telemetry" % client
    connect = b"\x00\x04MQTT\x04\x02\x00\x3c" + struct.pack("!H", len(client)) + client
    publish = struct.pack("!H", len(topic)) + topic
    publish += b'{"rssi":-71,"temp":21.5,"up":%d}' % int(rng.integers(10**7))
    return [_mqtt_packet(0x10, connect), b"\x20\x02\0\0", _mqtt_packet(0x30, publish), b"\xc0\0", b"\xd0\0"]


_MESSAGES = {Kind.TLS: _tls, Kind.QUIC: _quic, Kind.HTTP: _http, Kind.MQTT: _mqtt}


def _mqtt_packet(kind: int, body: bytes) -> bytes:
    return bytes([kind, len(body)]) + body


def _datagrams(rng: np.random.Generator) -> bytes:
    raw = np.frombuffer(rng.bytes(DATAGRAM_BYTES * DATAGRAMS), np.uint8).reshape(-1, DATAGRAM_BYTES).copy()
    raw[:, 0] = 0x40 | (raw[:, 0] & 0x3F)  # RFC 9000 section 17.3
    return raw.tobytes()


def _http_head() -> bytes:
    return (
        "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: application/octet-stream\r\n"
        f"Content-Length: {BODY_BYTES}\r\nConnection: keep-alive\r\n\r\n"
    ).encode()


def _ssdp_search() -> bytes:
    return (
        b"M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n"
        b'MAN: "ssdp:discover"\r\nMX: 2\r\nST: ssdp:all\r\n\r\n'
    )
