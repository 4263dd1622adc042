"""TLS 1.3 handshake messages with the usual extensions (RFC 8446); random where the protocol is, and nothing is encrypted."""

import struct

import numpy as np

SERVER_NAME, GROUPS, POINT_FORMATS, SIGNATURES, ALPN, PADDING, MASTER_SECRET, TICKET = (
    0,
    10,
    11,
    13,
    16,
    21,
    23,
    35,
)
VERSIONS, PSK_MODES, KEY_SHARE, QUIC_PARAMETERS = 43, 45, 51, 57
HANDSHAKE, CHANGE_CIPHER_SPEC, APPLICATION_DATA = 22, 20, 23
TLS_1_0, TLS_1_2 = b"\x03\x01", b"\x03\x03"
SUITES = bytes.fromhex("130113021303c02bc02fc02cc030cca9cca8")
PADDED_TO = 508
"""Browsers pad to 512 bytes with the handshake header (RFC 7685)."""


def client_hello(name: str, rng: np.random.Generator, *, quic: bool = False) -> bytes:
    """Return a ClientHello, for a record or for QUIC's CRYPTO frame."""
    host = name.encode()
    alpn = b"\x02h3" if quic else b"\x02h2\x08http/1.1"
    extensions = b"".join(
        (
            _extension(SERVER_NAME, struct.pack("!HBH", len(host) + 3, 0, len(host)) + host),
            _extension(POINT_FORMATS, b"\x01\x00"),
            _extension(GROUPS, b"\x00\x06\x00\x1d\x00\x17\x00\x18"),
            _extension(ALPN, struct.pack("!H", len(alpn)) + alpn),
            _extension(SIGNATURES, bytes.fromhex("001004030804040105030805050108060601")),
            _extension(KEY_SHARE, b"\x00\x24\x00\x1d\x00\x20" + rng.bytes(32)),
            _extension(PSK_MODES, b"\x01\x01"),
        )
    )
    extensions += _of_quic() if quic else _of_tcp()
    session = b"\0" if quic else b"\x20" + rng.bytes(32)
    body = TLS_1_2 + rng.bytes(32) + session + struct.pack("!H", len(SUITES)) + SUITES + b"\x01\x00"
    if not quic:
        room = PADDED_TO - len(body) - 2 - len(extensions) - 4
        extensions += _extension(PADDING, bytes(room)) if room > 0 else b""
    return _message(1, body + struct.pack("!H", len(extensions)) + extensions)


def server_hello(rng: np.random.Generator) -> bytes:
    """Return a ServerHello."""
    extensions = _extension(VERSIONS, b"\x03\x04") + _extension(
        KEY_SHARE, b"\x00\x1d\x00\x20" + rng.bytes(32)
    )
    body = TLS_1_2 + rng.bytes(32) + b"\x20" + rng.bytes(32) + b"\x13\x01\x00"
    return _message(2, body + struct.pack("!H", len(extensions)) + extensions)


def record(kind: int, body: bytes, version: bytes = TLS_1_2) -> bytes:
    """Return a record."""
    return bytes([kind]) + version + struct.pack("!H", len(body)) + body


def _message(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def _extension(kind: int, body: bytes) -> bytes:
    return struct.pack("!HH", kind, len(body)) + body


def _of_quic() -> bytes:
    parameters = "01048000ea6004048010000005048001000006048001000007048001000008024064"
    return _extension(VERSIONS, b"\x02\x03\x04") + _extension(QUIC_PARAMETERS, bytes.fromhex(parameters))


def _of_tcp() -> bytes:
    return (
        _extension(VERSIONS, b"\x04\x03\x04\x03\x03")
        + _extension(MASTER_SECRET, b"")
        + _extension(TICKET, b"")
    )
