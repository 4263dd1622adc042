"""Keys of signature packs: Ed25519 (RFC 8032), the private one as PEM, the public one as one line of base64."""

import base64
import binascii

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KEY_BYTES = 32  # RFC 8032 section 5.1.5
SIGNATURE_BYTES = 64  # RFC 8032 section 5.1.6
_PUBLIC_SAYS = (
    "a public key is one line of base64 with 44 characters, as 'umbilical signatures keygen' writes it"
)

_OTHER_KIND = "a key of another kind; Ed25519 is needed, as 'umbilical signatures keygen' makes it"


def new_private_key() -> bytes:
    """Return a fresh private key, PEM (PKCS #8, not encrypted: the file's mode protects it)."""
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def public_of(private_pem: bytes) -> str:
    """Return the public key of a private one."""
    raw = _private(private_pem).public_key().public_bytes_raw()
    return base64.b64encode(raw).decode("ascii")


def sign(private_pem: bytes, message: bytes) -> bytes:
    """Return the signature of a message; raises ValueError when the key is none."""
    return _private(private_pem).sign(message)


def is_signed(public: str, message: bytes, signature: bytes) -> bool:
    """Whether the holder of the key signed the message; raises ValueError when the key is none."""
    try:
        Ed25519PublicKey.from_public_bytes(key_bytes(public)).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def key_bytes(public: str) -> bytes:
    """Return the key of its text; raises ValueError."""
    try:
        raw = base64.b64decode(public.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(_PUBLIC_SAYS) from None
    if len(raw) != KEY_BYTES:
        raise ValueError(_PUBLIC_SAYS)
    return raw


def _private(pem: bytes) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:  # TypeError: it wants a password
        raise ValueError("not a private key that can be read: a PEM file without a password") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(_OTHER_KIND)  # noqa: TRY004 - what the file holds is wrong, not what was passed
    return key
