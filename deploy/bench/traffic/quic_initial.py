"""QUIC v1 Initial packets as they go over the wire: sealed and with header protection (RFC 9001 section 5)."""

import hashlib
import hmac
import struct
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SALT = bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a")  # RFC 9001 section 5.2
DATAGRAM_BYTES = 1200  # RFC 9000 section 14.1
TAG_BYTES, SAMPLE_BYTES, NUMBER_BYTES = 16, 16, 4
LONG_INITIAL = 0xC3  # with a packet number of four bytes
TWO_BYTE_LENGTH = 0x4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Initial:
    """One Initial that holds one CRYPTO frame."""

    destination_id: bytes
    source_id: bytes
    first_id: bytes
    """The destination of the client's first Initial, from which both sides' keys come."""
    side: bytes
    """``client in`` or ``server in``."""

    def datagram(self, crypto: bytes) -> bytes:
        """Return the datagram, padded and protected."""
        secret = _expand(hmac.digest(SALT, self.first_id, hashlib.sha256), self.side, 32)
        head = b"\x00\x00\x00\x01" + _counted(self.destination_id) + _counted(self.source_id) + b"\0"
        body = b"\x06\x00" + struct.pack("!H", TWO_BYTE_LENGTH | len(crypto)) + crypto
        body = body.ljust(DATAGRAM_BYTES - (1 + len(head) + 2 + NUMBER_BYTES) - TAG_BYTES, b"\0")
        length = struct.pack("!H", TWO_BYTE_LENGTH | NUMBER_BYTES + len(body) + TAG_BYTES)
        header = bytes([LONG_INITIAL]) + head + length + bytes(NUMBER_BYTES)
        key, nonce = _expand(secret, b"quic key", 16), _expand(secret, b"quic iv", 12)
        sealed = AESGCM(key).encrypt(nonce, body, header)  # packet number 0 leaves the nonce as it is
        return _protected(header, sealed, _expand(secret, b"quic hp", 16))


def _protected(header: bytes, sealed: bytes, key: bytes) -> bytes:
    """Mask the first byte and the packet number (RFC 9001 section 5.4)."""
    mask = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(sealed[:SAMPLE_BYTES])  # noqa: S305 - as specified
    out = bytearray(header + sealed)
    out[0] ^= mask[0] & 0x0F
    for place in range(NUMBER_BYTES):
        out[len(header) - NUMBER_BYTES + place] ^= mask[1 + place]
    return bytes(out)


def _expand(secret: bytes, label: bytes, size: int) -> bytes:
    """HKDF-Expand-Label of one block (RFC 8446 section 7.1)."""
    info = struct.pack("!HB", size, 6 + len(label)) + b"tls13 " + label + b"\0"
    return hmac.digest(secret, info + b"\1", hashlib.sha256)[:size]


def _counted(text: bytes) -> bytes:
    return bytes([len(text)]) + text
