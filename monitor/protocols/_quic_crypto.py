"""Opens the Initial packets of a QUIC client, whose keys everybody on the path can derive (RFC 9001 section 5.2).

This takes off an envelope, not a secret. ``cryptography`` is imported at first use: most runs see no QUIC.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from monitor.protocols._quic_packet import DRAFT_33, VERSION_1, VERSION_2

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import CipherContext
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from monitor.protocols._quic_packet import LongHeader

_SALT_1 = bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a")
"""RFC 9001 section 5.2."""
_SALT_2 = bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9")
"""RFC 9369 section 3.3.1."""
_SALT_DRAFT_29 = bytes.fromhex("afbfec289993d24c9e9786f19c6111e04390a899")
"""draft-ietf-quic-tls-29 section 5.2."""

_SECRET_BYTES = 32
_BLOCK_BYTES = 64
"""Of SHA-256."""
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))
_KEY_BYTES = 16
_IV_BYTES = 12
_TAG_BYTES = 16
_SAMPLE_AT = 4
"""Bytes after the beginning of the packet number (RFC 9001 section 5.4.2)."""
_SAMPLE_BYTES = 16
_PROTECTED_BITS = 0x0F
"""Of the first byte of a long header (RFC 9001 section 5.4.1)."""


class InitialKeys(NamedTuple):
    """What opens the packets of one client."""

    packet: AESGCM
    iv: int
    header: CipherContext


def initial_keys(version: int, connection_id: bytes) -> InitialKeys:
    """Derive the client's keys from the destination connection id that it chose."""
    tools = _tools()
    inner, outer = _pads(_hmac(*_salt_pads(version), connection_id))
    inner, outer = _pads(_hmac(inner, outer, _CLIENT_LABEL))
    key_label, iv_label, header_label = _LABELS_2 if version == VERSION_2 else _LABELS_1
    return InitialKeys(
        tools.aead(_hmac(inner, outer, key_label)[:_KEY_BYTES]),
        int.from_bytes(_hmac(inner, outer, iv_label)[:_IV_BYTES]),
        tools.cipher(tools.aes(_hmac(inner, outer, header_label)[:_KEY_BYTES]), tools.ecb).encryptor(),
    )


def open_initial(keys: InitialKeys, datagram: bytes, header: LongHeader) -> bytes | None:
    """Return the frames of an Initial packet, None when the keys are not its own."""
    number_at, stop = header.number_at, header.stop
    sample_at = number_at + _SAMPLE_AT
    if sample_at + _SAMPLE_BYTES > stop:
        return None
    mask = keys.header.update(datagram[sample_at : sample_at + _SAMPLE_BYTES])
    first = datagram[header.start] ^ mask[0] & _PROTECTED_BITS
    number_bytes = (first & 3) + 1
    payload_at = number_at + number_bytes
    number = int.from_bytes(datagram[number_at:payload_at]) ^ int.from_bytes(mask[1 : 1 + number_bytes])
    associated = bytes((first,)) + datagram[header.start + 1 : number_at] + number.to_bytes(number_bytes)
    nonce = (keys.iv ^ number).to_bytes(_IV_BYTES)
    try:
        return keys.packet.decrypt(nonce, datagram[payload_at:stop], associated)
    except _tools().invalid:
        return None


def _pads(key: bytes) -> tuple[bytes, bytes]:
    """Return a key as HMAC uses it (RFC 2104): two digests of it in a row cost less than the library's HMAC."""
    block = key.ljust(_BLOCK_BYTES, b"\0")
    return block.translate(_INNER), block.translate(_OUTER)


def _hmac(inner: bytes, outer: bytes, message: bytes) -> bytes:
    return sha256(outer + sha256(inner + message).digest()).digest()


@cache
def _salt_pads(version: int) -> tuple[bytes, bytes]:
    """Versions are a closed set."""
    return _pads(_salt(version))


class _Tools(NamedTuple):
    aead: type[AESGCM]
    cipher: Any
    aes: Any
    ecb: Any
    invalid: type[Exception]


@cache
def _tools() -> _Tools:
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.ciphers import Cipher  # noqa: PLC0415
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415
    from cryptography.hazmat.primitives.ciphers.algorithms import AES  # noqa: PLC0415
    from cryptography.hazmat.primitives.ciphers.modes import ECB  # noqa: PLC0415

    return _Tools(AESGCM, Cipher, AES, ECB(), InvalidTag)  # noqa: S305 - header protection is one block


def _salt(version: int) -> bytes:
    if version == VERSION_2:
        return _SALT_2
    return _SALT_1 if version == VERSION_1 or version >= DRAFT_33 else _SALT_DRAFT_29


def _label(text: bytes, size: int) -> bytes:
    """HkdfLabel of RFC 8446 section 7.1 with the counter of HKDF's first block (RFC 5869 section 2.3)."""
    name = b"tls13 " + text
    return size.to_bytes(2) + bytes((len(name),)) + name + b"\0\1"


_CLIENT_LABEL = _label(b"client in", _SECRET_BYTES)
_LABELS_1 = (
    _label(b"quic key", _KEY_BYTES),
    _label(b"quic iv", _IV_BYTES),
    _label(b"quic hp", _KEY_BYTES),
)
_LABELS_2 = (
    _label(b"quicv2 key", _KEY_BYTES),
    _label(b"quicv2 iv", _IV_BYTES),
    _label(b"quicv2 hp", _KEY_BYTES),
)
