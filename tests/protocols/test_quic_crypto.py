"""Known answers are those of RFC 9001 appendix A and RFC 9369 appendix A."""

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from monitor.protocols._quic_crypto import initial_keys, open_initial
from monitor.protocols._quic_packet import DRAFT_29, DRAFT_34, VERSION_1, VERSION_2, LongHeader, PacketKind

CONNECTION_ID = bytes.fromhex("8394c8f03e515708")


@pytest.mark.parametrize(
    ("version", "key", "iv"),
    [
        (VERSION_1, "1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c"),
        (DRAFT_34, "1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c"),
        (DRAFT_29, "175257a31eb09dea9366d8bb79ad80ba", "6b26114b9cba2b63a9e8dd4f"),
        (VERSION_2, "8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f"),
    ],
)
def test_client_keys_are_those_of_the_rfc(version: int, key: str, iv: str) -> None:
    keys = initial_keys(version, CONNECTION_ID)
    nonce = keys.iv.to_bytes(12, "big")
    assert nonce.hex() == iv
    sealed = AESGCM(bytes.fromhex(key)).encrypt(nonce, b"text", b"header")
    assert keys.packet.decrypt(nonce, sealed, b"header") == b"text"


def test_header_mask_is_that_of_the_rfc() -> None:
    keys = initial_keys(VERSION_1, CONNECTION_ID)
    mask = keys.header.update(bytes.fromhex("d1b1c98dd7689fb8ec11d242b123dc9b"))
    assert mask[:5].hex() == "437b9aec36"


def test_packet_too_short_for_its_sample_does_not_open() -> None:
    header = LongHeader(PacketKind.INITIAL, VERSION_1, CONNECTION_ID, 0, 10, 29)
    assert open_initial(initial_keys(VERSION_1, CONNECTION_ID), bytes(40), header) is None


def test_packet_of_other_keys_does_not_open() -> None:
    header = LongHeader(PacketKind.INITIAL, VERSION_1, CONNECTION_ID, 0, 10, 100)
    assert open_initial(initial_keys(VERSION_1, b"other"), bytes(100), header) is None
