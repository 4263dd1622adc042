"""Known answers are those that the authors of JA3 and JA4 publish with their inputs."""

import hashlib

import pytest

from monitor.protocols import _fingerprint
from monitor.protocols._fingerprint import CACHED_EXTENSIONS, Habits, Transport, fingerprint
from tests.kit.tls_bytes import numbers

CHROME_CIPHERS = (
    0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9,
    0xCCA8, 0xC013, 0xC014, 0x009C, 0x009D, 0x002F, 0x0035,
)  # fmt: skip
CHROME_EXTENSIONS = (
    0x001B, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002D, 0x000D,
    0x0005, 0x0023, 0x0012, 0x002B, 0xFF01, 0x000B, 0x000A, 0x0015,
)  # fmt: skip
CHROME_SIGNATURES = (0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601)


def habits(
    *,
    ciphers: tuple[int, ...] = CHROME_CIPHERS,
    extensions: tuple[int, ...] = CHROME_EXTENSIONS,
    signatures: tuple[int, ...] = CHROME_SIGNATURES,
    groups: tuple[int, ...] = (29, 23, 24),
    legacy_version: int = 0x0303,
    version: int = 0x0304,
    alpn: bytes = b"h2",
    transport: Transport = Transport.TCP,
    point_formats: bytes = b"\0",
) -> Habits:
    return Habits(
        transport,
        legacy_version,
        version,
        numbers(*ciphers),
        extensions,
        numbers(*groups),
        point_formats,
        numbers(*signatures),
        alpn,
    )


def test_ja4_of_the_published_example() -> None:
    assert fingerprint(habits()).ja4 == "t13d1516h2_8daaf6152771_e5627efa2ab1"


def test_ja4_without_signature_algorithms_has_no_underscore_to_hash() -> None:
    assert fingerprint(habits(signatures=())).ja4.endswith("_6d807ffa2a79")


def test_ja3_of_the_published_examples() -> None:
    full = habits(
        legacy_version=769,
        ciphers=(47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4),
        extensions=(0, 10, 11),
        groups=(23, 24, 25),
    )
    bare = habits(
        legacy_version=769,
        ciphers=(4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99),
        extensions=(),
        groups=(),
        point_formats=b"",
    )
    assert fingerprint(full).ja3 == "ada70206e40642a3e4461f35503241d5"
    assert fingerprint(bare).ja3 == "de350869b8c85de67a350c8d186f11e6"


def test_a_browser_of_today_has_the_names_that_a_public_service_gives_it() -> None:
    seen = habits(
        extensions=(45, 51, 16, 65037, 23, 17613, 0, 11, 10, 43, 65281, 35, 18, 5, 13, 27),
        groups=(4588, 29, 23, 24),
    )
    assert fingerprint(seen).ja3 == "98487aa16281980e7d1120d399efb6a4"
    assert fingerprint(seen).ja4 == "t13d1516h2_8daaf6152771_d8a2da3f94cd"


def test_grease_changes_neither_name() -> None:
    greased = habits(
        ciphers=(0x0A0A, *CHROME_CIPHERS),
        extensions=(0x1A1A, *CHROME_EXTENSIONS, 0xFAFA),
        groups=(0x2A2A, 29, 23, 24),
        signatures=(*CHROME_SIGNATURES, 0x3A3A),
    )
    assert fingerprint(habits()) == fingerprint(greased)


def test_nothing_offered_gives_zeros_instead_of_hashes() -> None:
    bare = habits(ciphers=(), extensions=(), signatures=(), alpn=b"")
    assert fingerprint(bare).ja4 == "t13i000000_000000000000_000000000000"


def test_counts_stop_at_ninety_nine() -> None:
    many = habits(ciphers=tuple(range(1, 150)), extensions=tuple(range(100, 250)))
    assert fingerprint(many).ja4.startswith("t13i9999h2_")


@pytest.mark.parametrize(
    ("alpn", "expected"),
    [
        (b"", "00"),
        (b"q", "qq"),
        (b"http/1.1", "h1"),
        (b"\xab", "ab"),
        (b"\xab\xcd", "ad"),
        (b"\x30\xab", "3b"),
        (b"\x30\x31\xab\xcd", "3d"),
        (b"\x30\xab\xcd\x31", "01"),
    ],
)
def test_ja4_shows_the_ends_of_the_first_protocol(alpn: bytes, expected: str) -> None:
    assert fingerprint(habits(alpn=alpn)).ja4[8:10] == expected


@pytest.mark.parametrize(
    ("transport", "version", "expected"),
    [
        (Transport.TCP, 0x0300, "ts3"),
        (Transport.TCP, 0x0301, "t10"),
        (Transport.TCP, 0x7F1C, "t00"),
        (Transport.QUIC, 0x0304, "q13"),
        (Transport.DTLS, 0xFEFF, "dd1"),
        (Transport.DTLS, 0xFEFD, "dd2"),
        (Transport.DTLS, 0xFEFC, "dd3"),
    ],
)
def test_ja4_begins_with_transport_and_version(transport: Transport, version: int, expected: str) -> None:
    assert fingerprint(habits(transport=transport, version=version)).ja4[:3] == expected


def test_ja3_hashes_the_numbers_in_the_order_sent() -> None:
    text = b"771,2-1,10-11,24-23,1-0"
    seen = habits(ciphers=(2, 1), extensions=(10, 11), groups=(24, 23), point_formats=b"\1\0")
    assert hashlib.md5(text, usedforsecurity=False).hexdigest() == fingerprint(seen).ja3


def test_an_oversized_greeting_is_not_remembered() -> None:
    before = _fingerprint._remembered.cache_info().currsize
    fingerprint(habits(extensions=tuple(range(CACHED_EXTENSIONS + 1))))
    assert before == _fingerprint._remembered.cache_info().currsize
