"""TLS as the scripts that make cases say it: records and handshake messages with given bytes (RFC 8446)."""

import random
import struct

ECH = 0xFE0D  # RFC 9849 section 5


def client_hello(name: str, entropy: random.Random, *, quic: bool = False, more: bytes = b"") -> bytes:
    """Return a TLS 1.3 ClientHello handshake message (RFC 8446 section 4.1.2), with more extensions if given."""
    host = name.encode("ascii")
    alpn = b"\x02h3" if quic else b"\x02h2\x08http/1.1"
    extensions = (
        extension(0, struct.pack("!HBH", len(host) + 3, 0, len(host)) + host)
        + extension(10, bytes.fromhex("0004001d0017"))
        + extension(13, bytes.fromhex("0006040308040401"))
        + extension(16, struct.pack("!H", len(alpn)) + alpn)
        + extension(43, b"\x02\x03\x04" if quic else b"\x04\x03\x04\x03\x03")
        + extension(51, b"\x00\x24\x00\x1d\x00\x20" + entropy.randbytes(32))
    )
    if quic:
        extensions += extension(57, bytes.fromhex("01048000ea60"))
    extensions += more
    body = b"\x03\x03" + entropy.randbytes(32) + (b"\0" if quic else b"\x20" + entropy.randbytes(32))
    body += bytes.fromhex("0006130113021303") + b"\x01\x00" + struct.pack("!H", len(extensions)) + extensions
    return b"\x01" + len(body).to_bytes(3, "big") + body


def tls_record(kind: int, body: bytes) -> bytes:
    """Return one TLS record (RFC 8446 section 5.1)."""
    return struct.pack("!BHH", kind, 0x0301, len(body)) + body


def server_hello(entropy: random.Random, cipher: int, version: int = 0x0303) -> bytes:
    """Return a ServerHello handshake message; TLS 1.3 stands in its extension."""
    body = (
        b"\x03\x03" + entropy.randbytes(32) + b"\x20" + entropy.randbytes(32) + struct.pack("!HB", cipher, 0)
    )
    extensions = extension(43, struct.pack("!H", version)) if version > 0x0303 else b""
    return handshake(2, body + struct.pack("!H", len(extensions)) + extensions)


def handshake(kind: int, body: bytes) -> bytes:
    """Return a TLS handshake message (RFC 8446 section 4)."""
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def extension(number: int, body: bytes) -> bytes:
    """Return a TLS extension (RFC 8446 section 4.2)."""
    return struct.pack("!HH", number, len(body)) + body


def tls_session(entropy: random.Random, name: str, up_bytes: int, down_bytes: int) -> list[tuple[str, bytes]]:
    """Return the outside of a TLS 1.3 session: hellos in clear, the rest opaque."""
    extensions = b"\x00\x2b\x00\x02\x03\x04\x00\x33\x00\x24\x00\x1d\x00\x20" + entropy.randbytes(32)
    hello = (
        b"\x03\x03"
        + entropy.randbytes(32)
        + b"\x20"
        + entropy.randbytes(32)
        + b"\x13\x01\x00"
        + struct.pack("!H", len(extensions))
        + extensions
    )
    server = b"\x02" + len(hello).to_bytes(3, "big") + hello
    return [
        ("up", tls_record(22, client_hello(name, entropy))),
        ("down", tls_record(22, server) + tls_record(23, entropy.randbytes(1200))),
        ("up", tls_record(23, entropy.randbytes(up_bytes))),
        ("down", tls_record(23, entropy.randbytes(down_bytes))),
    ]


def dtls_record(kind: int, number: int, body: bytes) -> bytes:
    """Return one DTLS 1.2 record of epoch 0 (RFC 6347 section 4.1)."""
    return struct.pack("!BHHHIH", kind, 0xFEFD, 0, 0, number, len(body)) + body


def dtls_handshake(kind: int, sequence: int, body: bytes, *, start: int = 0, end: int | None = None) -> bytes:
    """Return a DTLS handshake message, or the fragment of it from ``start`` to ``end`` (RFC 6347 section 4.2.2)."""
    part = body[start:end]
    lengths = len(body).to_bytes(3, "big"), start.to_bytes(3, "big"), len(part).to_bytes(3, "big")
    return bytes([kind]) + lengths[0] + struct.pack("!H", sequence) + lengths[1] + lengths[2] + part


def dtls_client_hello(name: str, entropy: random.Random, *, cookie: bytes = b"", more: bytes = b"") -> bytes:
    """Return the body of a DTLS 1.2 ClientHello; without a name if it is empty."""
    host = name.encode("ascii")
    extensions = extension(0, struct.pack("!HBH", len(host) + 3, 0, len(host)) + host) if host else b""
    extensions += extension(10, bytes.fromhex("0004001d0017")) + more
    body = b"\xfe\xfd" + entropy.randbytes(32) + b"\0" + bytes([len(cookie)]) + cookie
    return (
        body + bytes.fromhex("0006c02bc0a800a8") + b"\x01\0" + struct.pack("!H", len(extensions)) + extensions
    )
