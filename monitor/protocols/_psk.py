"""Finds the identity of a pre-shared key, which in many devices is the name they are managed by.

In clear in a ClientKeyExchange (RFC 4279, RFC 5489) and in the pre_shared_key extension (RFC 8446 section 4.2.11).
"""

from __future__ import annotations

from monitor.protocols._tls_names import show

CLIENT_KEY_EXCHANGE = 16
"""Handshake type (RFC 5246 section 7.4)."""
MAX_IDENTITY_BYTES = 1024
MAX_IDENTITIES = 8
"""Identities of an offer that are looked at."""

PSK_CIPHERS = frozenset(
    [
        *range(0x002C, 0x002F),  # NULL_SHA (RFC 4785)
        *range(0x008A, 0x0096),  # RC4, 3DES, AES CBC (RFC 4279)
        *range(0x00A8, 0x00AE),  # AES GCM (RFC 5487)
        *range(0x00AE, 0x00BA),  # AES CBC and NULL with SHA-2 (RFC 5487)
        *range(0xC033, 0xC03C),  # ECDHE_PSK (RFC 5489)
        *range(0xC064, 0xC072),  # ARIA (RFC 6209)
        *range(0xC08E, 0xC09C),  # Camellia (RFC 6367)
        *range(0xC0A4, 0xC0AC),  # AES CCM (RFC 6655)
        *range(0xCCAB, 0xCCAF),  # ChaCha20 (RFC 7905)
        *range(0xD001, 0xD006),  # ECDHE_PSK with AES GCM and CCM (RFC 8442)
    ]
)
"""Suites whose key exchange begins with an identity."""


def offers_psk(ciphers: bytes) -> bool:
    """Whether a suite of the offer (in wire form) uses a pre-shared key."""
    return any((ciphers[at] << 8 | ciphers[at + 1]) in PSK_CIPHERS for at in range(0, len(ciphers) - 1, 2))


def exchanged_identity(body: bytes, *, agreed: bool) -> str | None:
    """Return the identity in a ClientKeyExchange.

    When it was not seen that a PSK suite was agreed on, other key exchanges have the same shape: then only text counts.
    """
    stop = 2 + int.from_bytes(body[:2], "big")
    if not 2 < stop <= len(body) or stop - 2 > MAX_IDENTITY_BYTES or not _is_key_share(body[stop:]):
        return None
    identity = body[2:stop]
    return show(identity) if agreed else _text(identity)


def offered_identity(data: bytes) -> str | None:
    """Return the first identity of a pre_shared_key extension that is text; the others are tickets."""
    stop = min(len(data), 2 + int.from_bytes(data[:2], "big"))
    at = 2
    for _ in range(MAX_IDENTITIES):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > stop or end > stop:
            return None
        text = _text(data[at + 2 : end])
        if text is not None:
            return text
        at = end + 4  # the obfuscated age of the ticket
    return None


def _is_key_share(rest: bytes) -> bool:
    """Whether nothing, or exactly one public value with its length in two bytes or in one, follows the identity."""
    if not rest:
        return True
    return int.from_bytes(rest[:2], "big") == len(rest) - 2 or rest[0] == len(rest) - 1


def _text(raw: bytes) -> str | None:
    if not raw or len(raw) > MAX_IDENTITY_BYTES:
        return None
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() else None
