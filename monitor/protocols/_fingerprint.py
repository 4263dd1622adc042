"""JA3 and JA4: two short names for the habits of a TLS client.

JA3 follows salesforce/ja3, JA4 the BSD 3-Clause part of FoxIO's JA4; its other fingerprints have another licence and
may not be here. Only numbers come in, no messages.
"""

from __future__ import annotations

import hashlib
import struct
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from monitor.protocols._tls_names import GREASE

CACHED_FINGERPRINTS = 1024
"""A site has few kinds of clients; most greet in the same words each time."""
CACHED_BYTES = 1024
CACHED_EXTENSIONS = 64
"""Longer greetings are not remembered, so that the memory stays bounded."""

_SERVER_NAME = 0
_ALPN = 16
_NO_ALPN = "00"
_EMPTY = "000000000000"
_MAX_COUNT = 99
_HASH_CHARS = 12
_VERSION_CODES = {
    0x0304: "13",
    0x0303: "12",
    0x0302: "11",
    0x0301: "10",
    0x0300: "s3",
    0x0002: "s2",
    0xFEFF: "d1",
    0xFEFD: "d2",
    0xFEFC: "d3",
}


class Transport(StrEnum):
    """What carries the ClientHello, by JA4's letter."""

    TCP = "t"
    QUIC = "q"
    DTLS = "d"


class Habits(NamedTuple):
    """The numbers of a ClientHello that the fingerprints are made of; lists stay in wire form."""

    transport: Transport
    legacy_version: int
    version: int
    """Highest offered."""
    ciphers: bytes
    extensions: tuple[int, ...]
    """Types in the order sent."""
    groups: bytes
    point_formats: bytes
    signature_algorithms: bytes
    alpn: bytes
    """First protocol offered."""


class Fingerprint(NamedTuple):
    """Both names of the same habits."""

    ja3: str
    ja4: str


def fingerprint(habits: Habits) -> Fingerprint:
    """Return JA3 and JA4."""
    numbers = len(habits.ciphers) + len(habits.groups) + len(habits.signature_algorithms)
    if numbers > CACHED_BYTES or len(habits.extensions) > CACHED_EXTENSIONS:
        return _compute(habits)
    return _remembered(habits)


def _compute(habits: Habits) -> Fingerprint:
    ciphers = _numbers(habits.ciphers)
    extensions = [kind for kind in habits.extensions if kind not in GREASE]
    return Fingerprint(_ja3(habits, ciphers, extensions), _ja4(habits, ciphers, extensions))


_remembered = lru_cache(maxsize=CACHED_FINGERPRINTS)(_compute)


def _ja3(habits: Habits, ciphers: list[int], extensions: list[int]) -> str:
    lists = (ciphers, extensions, _numbers(habits.groups), list(habits.point_formats))
    text = ",".join([str(habits.legacy_version), *("-".join(map(str, numbers)) for numbers in lists)])
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _ja4(habits: Habits, ciphers: list[int], extensions: list[int]) -> str:
    name = "d" if _SERVER_NAME in extensions else "i"
    hashed = sorted(kind for kind in extensions if kind not in {_SERVER_NAME, _ALPN})
    signatures = _numbers(habits.signature_algorithms)
    tail = _hex_list(hashed) + ("_" + _hex_list(signatures) if signatures else "")
    return (
        f"{habits.transport.value}{_VERSION_CODES.get(habits.version, '00')}{name}"
        f"{min(len(ciphers), _MAX_COUNT):02d}{min(len(extensions), _MAX_COUNT):02d}{_alpn_ends(habits.alpn)}"
        f"_{_short_hash(_hex_list(sorted(ciphers))) if ciphers else _EMPTY}"
        f"_{_short_hash(tail) if hashed else _EMPTY}"
    )


def _alpn_ends(alpn: bytes) -> str:
    """First and last character; of the hex form where one of them is not a letter or digit (JA4.md, ALPN)."""
    if not alpn:
        return _NO_ALPN
    ends = bytes((alpn[0], alpn[-1]))
    if ends.isalnum():
        return ends.decode("ascii")
    text = alpn.hex()
    return text[0] + text[-1]


def _numbers(raw: bytes) -> list[int]:
    """Read 16-bit numbers without GREASE."""
    return [number for number in struct.unpack(f"!{len(raw) // 2}H", raw) if number not in GREASE]


def _hex_list(numbers: list[int]) -> str:
    return ",".join([f"{number:04x}" for number in numbers])


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_CHARS]
