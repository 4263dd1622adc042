"""Reads a ClientHello message, the same for TLS, DTLS and QUIC (RFC 8446 section 4.1.2, RFC 6347 section 4.2.1).

One whole message comes in; records, fragments and packets are the business of others.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from monitor.model.errors import Malformed
from monitor.model.parser import UNREAD
from monitor.protocols._fingerprint import Habits, Transport, fingerprint
from monitor.protocols._tls_names import GREASE, highest_version, host_name, show, version_name

if TYPE_CHECKING:
    from monitor.model.observation import Value

CLIENT_HELLO = 1
"""Handshake type (RFC 8446 section 4)."""
MAX_ALPN = 32
"""Protocols of an offer that are shown; real clients offer a handful."""

_SERVER_NAME = 0
_GROUPS = 10
_POINT_FORMATS = 11
_SIGNATURE_ALGORITHMS = 13
_ALPN = 16
_SUPPORTED_VERSIONS = 43
_ENCRYPTED_HELLO = 0xFE0D
"""RFC 9849 section 5."""
_ENCRYPTED_NAME = 0xFFCE
"""Its forerunner, draft-ietf-tls-esni-02."""

PRE_SHARED_KEY = 41
"""RFC 8446 section 4.2.11."""
CONNECTION_ID = 54
"""RFC 9146 section 3."""
_ENCRYPTED = frozenset({_ENCRYPTED_HELLO, _ENCRYPTED_NAME})
_NAMING = _ENCRYPTED | {_SERVER_NAME}
_READ = frozenset(
    {
        _SERVER_NAME,
        _GROUPS,
        _POINT_FORMATS,
        _SIGNATURE_ALGORITHMS,
        _ALPN,
        _SUPPORTED_VERSIONS,
        _ENCRYPTED_HELLO,
        _ENCRYPTED_NAME,
        PRE_SHARED_KEY,
        CONNECTION_ID,
    }
)

HABITS = frozenset(f"{UNREAD}{field}" for field in ("tls.alpn", "tls.version", "tls.ja3", "tls.ja4"))
"""What tells clients apart and not whom they call: where it is unread, ``read_names`` is enough."""

_SESSION_ID_AT = 34
"""After the version (2) and the random (32)."""
_MIN_BYTES = 38
_EXTENSION = struct.Struct("!HH")


class ClientHello(NamedTuple):
    """What a ClientHello says, as fields of an observation, and what its parser needs besides."""

    fields: dict[str, Value]
    server_name: str | None
    """Outer or real, whichever was sent."""
    ciphers: bytes
    """Offered suites in wire form."""
    extensions: dict[int, bytes]
    """The first of each type that anybody reads."""


def read_client_hello(body: bytes, transport: Transport) -> ClientHello:
    """Read a message without its handshake header; raises ``Malformed``.

    What is wrong inside an extension only loses the field that it would have given.
    """
    dtls = transport is Transport.DTLS
    start, stop = _find_ciphers(body, dtls=dtls)
    ciphers, at = body[start:stop], stop + 1 + body[stop]
    kinds, extensions = _read_extensions(body, at)

    legacy_version = body[0] << 8 | body[1]
    version = _offered_version(
        _byte_list(extensions.get(_SUPPORTED_VERSIONS, b"")), legacy_version, dtls=dtls
    )
    protocols = _read_protocols(extensions.get(_ALPN, b""))
    names = fingerprint(
        Habits(
            transport,
            legacy_version,
            version,
            ciphers,
            kinds,
            _number_list(extensions.get(_GROUPS, b"")),
            _byte_list(extensions.get(_POINT_FORMATS, b"")),
            _number_list(extensions.get(_SIGNATURE_ALGORITHMS, b"")),
            protocols[0] if protocols else b"",
        )
    )
    server_name = _read_server_name(extensions.get(_SERVER_NAME, b""))
    encrypted = _ENCRYPTED_HELLO in extensions or _ENCRYPTED_NAME in extensions

    fields: dict[str, Value] = {}
    if server_name is not None:
        fields["tls.outer_sni" if encrypted else "tls.sni"] = server_name
    if protocols:
        fields["tls.alpn"] = [show(name) for name in protocols]
    fields["tls.version"] = version_name(version)
    fields["tls.ja3"] = names.ja3
    fields["tls.ja4"] = names.ja4
    if encrypted:
        fields["tls.ech"] = True
    return ClientHello(fields, server_name, ciphers, extensions)


def read_names(body: bytes) -> dict[str, Value]:
    """Return the fields of a TLS or QUIC hello that say who is called; raises ``Malformed`` where the whole would."""
    (_, stop), size = _find_ciphers(body, dtls=False), len(body)
    at = stop + 1 + body[stop]
    if at == size:
        return {}
    stop = at + 2 + int.from_bytes(body[at : at + 2])
    if stop > size or at + 2 > size:
        raise Malformed("extensions do not fit the ClientHello")
    at += 2
    name: bytes | None = None
    encrypted = False
    unpack = _EXTENSION.unpack_from
    last = stop - _EXTENSION.size
    while at <= last:
        kind, length = unpack(body, at)
        at += 4 + length
        if kind not in _NAMING:
            continue
        if kind != _SERVER_NAME:
            encrypted = True
        elif name is None:
            name = body[at - length : min(at, stop)]
    if at != stop:
        raise Malformed("extension does not fit the ClientHello")
    server_name = None if name is None else _read_server_name(name)
    fields: dict[str, Value] = {}
    if server_name is not None:
        fields["tls.outer_sni" if encrypted else "tls.sni"] = server_name
    if encrypted:
        fields["tls.ech"] = True
    return fields


def _find_ciphers(body: bytes, *, dtls: bool) -> tuple[int, int]:
    """Return where the cipher suites begin and end; the compression methods before the extensions follow."""
    size = len(body)
    if size < _MIN_BYTES:
        raise Malformed("ClientHello is too short")
    at = _SESSION_ID_AT + 1 + body[_SESSION_ID_AT]
    if dtls and at < size:
        at += 1 + body[at]  # the cookie
    start = at + 2
    stop = start + int.from_bytes(body[at:start])
    if stop >= size or (stop - start) & 1:
        raise Malformed("cipher suites do not fit the ClientHello")
    return start, stop


def _read_extensions(body: bytes, at: int) -> tuple[tuple[int, ...], dict[int, bytes]]:
    """Return the types in the order sent, and the first extension of each type that is read."""
    size = len(body)
    if at == size:
        return (), {}  # allowed until TLS 1.2 (RFC 5246 section 7.4.1.2)
    stop = at + 2 + int.from_bytes(body[at : at + 2])
    if stop > size or at + 2 > size:
        raise Malformed("extensions do not fit the ClientHello")
    body = body[:stop]
    at += 2
    kinds: list[int] = []
    extensions: dict[int, bytes] = {}
    unpack = _EXTENSION.unpack_from
    try:
        while at < stop:
            kind, length = unpack(body, at)
            at += 4
            kinds.append(kind)
            if kind in _READ and kind not in extensions:
                extensions[kind] = body[at : at + length]
            at += length
    except struct.error as error:
        raise Malformed("extension header is cut off") from error
    if at != stop:
        raise Malformed("extension does not fit the ClientHello")
    return tuple(kinds), extensions


def _read_server_name(data: bytes) -> str | None:
    """Read a server_name extension (RFC 6066 section 3): list length, type 0, length, name."""
    if len(data) < 5 or data[2] != 0:
        return None
    stop = 5 + (data[3] << 8 | data[4])
    return host_name(data[5:stop]) if stop <= len(data) else None


def _read_protocols(data: bytes) -> list[bytes]:
    """Read the names of an ALPN extension (RFC 7301 section 3.1) without GREASE and empty ones."""
    protocols: list[bytes] = []
    at, size = 2, len(data)
    while at < size and len(protocols) < MAX_ALPN:
        stop = at + 1 + data[at]
        name = data[at + 1 : stop]
        at = stop
        if name and stop <= size and (len(name) != 2 or (name[0] << 8 | name[1]) not in GREASE):
            protocols.append(name)
    return protocols


@lru_cache(maxsize=256)
def _offered_version(raw: bytes, legacy_version: int, *, dtls: bool) -> int:
    """Return the highest version of a supported_versions extension (RFC 8446 section 4.2.1), else the old field."""
    numbers = struct.unpack(f"!{len(raw) // 2}H", raw[: len(raw) & ~1])
    offered = tuple(number for number in numbers if number not in GREASE)
    return highest_version(offered, dtls=dtls) if offered else legacy_version


def _number_list(data: bytes) -> bytes:
    """Return the 16-bit numbers after a 16-bit length, in wire form."""
    length = int.from_bytes(data[:2])
    numbers = data[2 : 2 + length]
    return numbers if not len(numbers) & 1 else numbers[:-1]


def _byte_list(data: bytes) -> bytes:
    """Return the bytes after a length of one byte."""
    return data[1 : 1 + data[0]] if data else b""
