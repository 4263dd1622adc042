"""QUIC as the scripts that make cases say it: a client's Initials and a server's Retry (RFC 9000, 9001, 9369)."""

import hashlib
import hmac
import random
import struct
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from wire_tls import client_hello


@dataclass(frozen=True)
class QuicVersion:
    """What differs between the versions of QUIC in an Initial packet."""

    number: int
    salt: bytes
    prefix: str
    initial_type: int
    retry_type: int
    retry_key: bytes
    retry_nonce: bytes


QUIC_V1 = QuicVersion(  # RFC 9001 sections 5.1, 5.2, 5.8
    number=1,
    salt=bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"),
    prefix="quic ",
    initial_type=0,
    retry_type=3,
    retry_key=bytes.fromhex("be0c690b9f66575a1d766b54e368c84e"),
    retry_nonce=bytes.fromhex("461599d35d632bf2239825bb"),
)
QUIC_V2 = QuicVersion(  # RFC 9369 section 3
    number=0x6B3343CF,
    salt=bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9"),
    prefix="quicv2 ",
    initial_type=1,
    retry_type=0,
    retry_key=bytes.fromhex("8fb4b01b56ac48e260fbcbcead7ccc92"),
    retry_nonce=bytes.fromhex("d86969bc2d7c6d9990efb04a"),
)
INITIAL_DATAGRAM = 1200  # RFC 9000 section 14.1


def quic_initial(name: str, entropy: random.Random, version: QuicVersion = QUIC_V1) -> bytes:
    """Return an Initial datagram of 1,200 bytes with a ClientHello (RFC 9000 section 17.2.2)."""
    connection = entropy.randbytes(8)
    return quic_packet(crypto_frame(client_hello(name, entropy, quic=True)), connection, version=version)


def crypto_frame(data: bytes, offset: int = 0) -> bytes:
    """Return a CRYPTO frame (RFC 9000 section 19.6)."""
    place = bytes([offset]) if offset < 64 else struct.pack("!H", 0x4000 | offset)
    return b"\x06" + place + struct.pack("!H", 0x4000 | len(data)) + data


def quic_packet(  # noqa: PLR0913 - a script reads best with words at the call
    frames: bytes,
    connection: bytes,
    *,
    version: QuicVersion = QUIC_V1,
    token: bytes = b"",
    keyed_by: bytes = b"",
    number: int = 0,
) -> bytes:
    """Return a client's Initial, protected with the keys of the connection id that it chose first (RFC 9001 section 5)."""
    secret = hmac.digest(version.salt, keyed_by or connection, hashlib.sha256)
    secret = _expand(secret, "client in", 32)
    key, iv, mask_key = (
        _expand(secret, version.prefix + use, size) for use, size in (("key", 16), ("iv", 12), ("hp", 16))
    )
    head = struct.pack("!IB", version.number, len(connection)) + connection + b"\0"
    head += struct.pack("!H", 0x4000 | len(token)) + token if token else b"\0"
    frames = frames.ljust(INITIAL_DATAGRAM - (1 + len(head) + 2 + 4) - 16, b"\0")
    first = 0xC3 | version.initial_type << 4
    header = bytes([first]) + head + struct.pack("!HI", 0x4000 | (4 + len(frames) + 16), number)
    nonce = (int.from_bytes(iv, "big") ^ number).to_bytes(12, "big")
    sealed = AESGCM(key).encrypt(nonce, frames, header)
    block = Cipher(algorithms.AES(mask_key), modes.ECB()).encryptor()  # noqa: S305 - header protection, RFC 9001 section 5.4.3
    mask = block.update(sealed[:16])
    protected = bytearray(header + sealed)
    protected[0] ^= mask[0] & 0x0F
    for i in range(4):
        protected[len(header) - 4 + i] ^= mask[1 + i]
    return bytes(protected)


def quic_retry(chosen: bytes, first: bytes, token: bytes, version: QuicVersion = QUIC_V1) -> bytes:
    """Return a server's Retry, sealed over the connection id that the client chose first (RFC 9001 section 5.8)."""
    packet = (
        bytes([0xC0 | version.retry_type << 4])
        + struct.pack("!IBB", version.number, 0, len(chosen))
        + chosen
        + token
    )
    pseudo = bytes([len(first)]) + first + packet
    return packet + AESGCM(version.retry_key).encrypt(version.retry_nonce, b"", pseudo)


def _expand(secret: bytes, label: str, length: int) -> bytes:
    name = b"tls13 " + label.encode("ascii")
    info = struct.pack("!HB", length, len(name)) + name + b"\0"
    return hmac.digest(secret, info + b"\x01", hashlib.sha256)[:length]
