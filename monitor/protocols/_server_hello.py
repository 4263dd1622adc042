"""Reads a ServerHello message, the same for TLS and DTLS (RFC 5246 section 7.4.1.3, RFC 8446 section 4.1.3).

A HelloRetryRequest is a ServerHello too and already names the version and the suite that the handshake will have.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from monitor.model.errors import Malformed
from monitor.protocols._tls_names import DTLS_1_3, TLS_1_3, version_name

if TYPE_CHECKING:
    from monitor.model.observation import Value

SERVER_HELLO = 2
"""Handshake type (RFC 8446 section 4)."""

_SUPPORTED_VERSIONS = 43
_SESSION_ID_AT = 34
"""After the version (2) and the random (32)."""
_EXTENSION = struct.Struct("!HH")
_DRAFTS = 0x7F
"""High byte of the version numbers of TLS 1.3 drafts (RFC 8446 section 4.2.1, by its drafts)."""


class ServerHello(NamedTuple):
    """What the server chose."""

    cipher: int
    fields: dict[str, Value]
    """Of an observation, to be treated as frozen."""
    encrypts_the_rest: bool
    """Whether everything after it is encrypted: TLS 1.3 hides the certificates."""


def read_server_hello(body: bytes) -> ServerHello:
    """Read a message without its handshake header; raises ``Malformed``."""
    size = len(body)
    at = _SESSION_ID_AT + 1 + body[_SESSION_ID_AT] if size > _SESSION_ID_AT else size
    if at + 3 > size:
        raise Malformed("ServerHello is too short")
    cipher = body[at] << 8 | body[at + 1]
    chosen = _chosen_version(body, at + 3)
    return _server_hello(chosen or body[0] << 8 | body[1], cipher)


@lru_cache(maxsize=256)
def _server_hello(version: int, cipher: int) -> ServerHello:
    fields: dict[str, Value] = {"tls.version": version_name(version), "tls.cipher": f"{cipher:04x}"}
    return ServerHello(cipher, fields, version in {TLS_1_3, DTLS_1_3} or version >> 8 == _DRAFTS)


def _chosen_version(body: bytes, at: int) -> int:
    """Return the version of the supported_versions extension, 0 without one."""
    stop = min(len(body), at + 2 + int.from_bytes(body[at : at + 2]))
    at += 2
    unpack = _EXTENSION.unpack_from
    while at + 4 <= stop:
        kind, length = unpack(body, at)
        at += 4
        if kind == _SUPPORTED_VERSIONS and length == 2:
            return int.from_bytes(body[at : at + 2])
        at += length
    return 0
