"""Builds TLS, DTLS and QUIC messages for tests, independently of the parsers."""

import struct


def vector(data: bytes, prefix_bytes: int = 2) -> bytes:
    """Return data after its length."""
    return len(data).to_bytes(prefix_bytes, "big") + data


def numbers(*values: int) -> bytes:
    """Return 16-bit numbers."""
    return struct.pack(f"!{len(values)}H", *values)


def extension(kind: int, data: bytes = b"") -> bytes:
    """Return one extension."""
    return numbers(kind) + vector(data)


def server_name(name: bytes) -> bytes:
    """Return the extension that names the server."""
    return extension(0, vector(b"\0" + vector(name)))


def alpn(*protocols: bytes) -> bytes:
    """Return the extension that offers protocols."""
    return extension(16, vector(b"".join(vector(name, 1) for name in protocols)))


def versions(*offered: int) -> bytes:
    """Return the extension that offers versions."""
    return extension(43, vector(numbers(*offered), 1))


def client_hello(
    *extensions: bytes,
    version: int = 0x0303,
    ciphers: tuple[int, ...] = (0x1301, 0xC02F),
    cookie: bytes | None = None,
) -> bytes:
    """Return a ClientHello without its header; with a cookie it is one of DTLS."""
    cookie_field = b"" if cookie is None else vector(cookie, 1)
    return (
        numbers(version)
        + bytes(range(32))
        + vector(b"\x55" * 32, 1)
        + cookie_field
        + vector(numbers(*ciphers))
        + vector(b"\0", 1)
        + vector(b"".join(extensions))
    )


def server_hello(*extensions: bytes, version: int = 0x0303, cipher: int = 0xC02F) -> bytes:
    """Return a ServerHello without its header."""
    return (
        numbers(version) + bytes(32) + vector(b"", 1) + numbers(cipher) + b"\0" + vector(b"".join(extensions))
    )


def certificates(*ders: bytes) -> bytes:
    """Return a Certificate message of TLS 1.2 without its header."""
    return vector(b"".join(vector(der, 3) for der in ders), 3)


def message(kind: int, body: bytes) -> bytes:
    """Return a handshake message."""
    return bytes((kind,)) + vector(body, 3)


def record(fragment: bytes, kind: int = 22, version: int = 0x0301) -> bytes:
    """Return a TLS record."""
    return bytes((kind,)) + numbers(version) + vector(fragment)


def fragment(kind: int, body: bytes, start: int = 0, stop: int | None = None, sequence: int = 0) -> bytes:
    """Return a part of a DTLS handshake message with its header; the whole of it by default."""
    part = body[start:stop]
    head = bytes((kind,)) + len(body).to_bytes(3, "big") + numbers(sequence)
    return head + start.to_bytes(3, "big") + vector(part, 3)


def dtls_record(payload: bytes, kind: int = 22, epoch: int = 0, version: int = 0xFEFD) -> bytes:
    """Return a DTLS record."""
    return bytes((kind,)) + numbers(version, epoch) + bytes(6) + vector(payload)
