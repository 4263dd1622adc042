import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from monitor.catalog.pack_key import is_signed, key_bytes, new_private_key, public_of, sign
from tests.kit.packs import PRIVATE, PUBLIC


def test_the_signature_is_that_of_the_standard() -> None:
    """RFC 8032 section 7.1, test 1: the empty message."""
    assert key_bytes(PUBLIC).hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert (
        sign(PRIVATE, b"")
        .hex()
        .startswith("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555f")
    )


def test_only_the_right_key_message_and_signature_fit() -> None:
    signature = sign(PRIVATE, b"a")
    other = public_of(new_private_key())
    assert is_signed(PUBLIC, b"a", signature)
    assert is_signed(f" {PUBLIC}\n", b"a", signature)
    assert not is_signed(PUBLIC, b"b", signature)
    assert not is_signed(other, b"a", signature)
    assert not is_signed(PUBLIC, b"a", signature[:-1] + bytes([signature[-1] ^ 1]))
    assert not is_signed(PUBLIC, b"a", b"")


@pytest.mark.parametrize(
    "text", ["", "x", PUBLIC[:-2], PUBLIC + "AA", base64.b64encode(bytes(31)).decode(), "ключ"]
)
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="one line of base64"):
        key_bytes(text)


def _pem(key: object, protection: serialization.KeySerializationEncryption) -> bytes:
    assert hasattr(key, "private_bytes")
    pem: bytes = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)
    return pem


@pytest.mark.parametrize(
    ("pem", "problem"),
    [
        (b"", "not a private key"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "not a private key"),
        (PUBLIC.encode(), "not a private key"),
        (
            _pem(Ed25519PrivateKey.generate(), serialization.BestAvailableEncryption(b"word")),
            "without a password",
        ),
        (_pem(generate_private_key(SECP256R1()), serialization.NoEncryption()), "Ed25519 is needed"),
    ],
)
def test_what_is_no_private_key_is_refused(pem: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        sign(pem, b"a")
