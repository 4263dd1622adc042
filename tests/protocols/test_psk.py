import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.protocols._psk import (
    MAX_IDENTITIES,
    MAX_IDENTITY_BYTES,
    exchanged_identity,
    offered_identity,
    offers_psk,
)
from tests.kit.tls_bytes import numbers, vector

IDENTITY = b"urn:imei:490154203237518"


def ticket(identity: bytes) -> bytes:
    return vector(identity) + bytes(4)


@pytest.mark.parametrize(
    ("ciphers", "expected"),
    [
        ((0xC02F, 0xC0A8), True),  # TLS_PSK_WITH_AES_128_CCM_8
        ((0x008C,), True),  # TLS_PSK_WITH_AES_128_CBC_SHA
        ((0xD001,), True),  # TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256
        ((0x1301, 0xC02B, 0xC0AE, 0x002F), False),
        ((), False),
    ],
)
def test_offer_of_pre_shared_keys_is_told_by_its_suites(ciphers: tuple[int, ...], expected: bool) -> None:  # noqa: FBT001 - a table
    assert offers_psk(numbers(*ciphers)) is expected


@pytest.mark.parametrize("rest", [b"", vector(b"y" * 128), vector(b"\4" + b"p" * 64, 1)])
def test_identity_comes_alone_or_before_one_key_share(rest: bytes) -> None:
    assert exchanged_identity(vector(IDENTITY) + rest, agreed=True) == "urn:imei:490154203237518"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\0",
        vector(b""),
        vector(IDENTITY)[:-1],
        vector(IDENTITY) + b"junk",
        vector(b"x" * (MAX_IDENTITY_BYTES + 1)),
        vector(b"\4" + b"p" * 64, 1),
    ],
)
def test_what_does_not_fill_the_message_is_no_identity(body: bytes) -> None:
    assert exchanged_identity(body, agreed=True) is None


def test_binary_identity_counts_only_when_pre_shared_keys_were_agreed_on() -> None:
    assert exchanged_identity(vector(b"\xfe\xff"), agreed=True) == "\\xfe\\xff"
    assert exchanged_identity(vector(b"\xfe\xff"), agreed=False) is None
    assert exchanged_identity(vector(IDENTITY), agreed=False) == IDENTITY.decode()


def test_first_offered_identity_that_is_text_is_taken() -> None:
    offer = vector(ticket(b"\x9c" * 100) + ticket(IDENTITY) + ticket(b"other")) + vector(b"binders")
    assert offered_identity(offer) == IDENTITY.decode()


def test_tickets_are_no_identities_and_their_number_is_bounded() -> None:
    assert offered_identity(vector(ticket(b"\x9c" * 100))) is None
    assert offered_identity(vector(ticket(b"\x9c") * MAX_IDENTITIES + ticket(IDENTITY))) is None


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=80), st.booleans())
def test_any_bytes_are_read(data: bytes, agreed: bool) -> None:  # noqa: FBT001 - chosen by hypothesis
    offered_identity(data)
    exchanged_identity(data, agreed=agreed)
    offers_psk(data)
