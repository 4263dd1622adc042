"""Initials are sealed here with ``cryptography``'s own HKDF, which the parser does not use."""

import contextlib
import struct

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model.errors import Malformed
from monitor.model.flow import Direction
from monitor.model.parser import FOREVER, Verdict
from monitor.protocols.quic import MAX_DATAGRAMS, MAX_UNREADABLE, PARSER, QuicParser
from tests.kit.playbook import Playbook, down, make_flow, up
from tests.kit.tls_bytes import alpn, client_hello, extension, message, server_name, vector, versions

V1, V2, DRAFT_29 = 0x00000001, 0x6B3343CF, 0xFF00001D
SALTS = {
    V1: "38762cf7f55934b34d179ae6a4c80cadccbb7f0a",
    V2: "0dede3def700a6db819381be6e269dcbf9bd2ed9",
    DRAFT_29: "afbfec289993d24c9e9786f19c6111e04390a899",
}
FIRST_ID, RETRY_ID, SERVER_ID = b"first-id", b"retry-id-of-the-server"[:20], b"server"
FLOW = make_flow(protocol=17)
HELLO = message(1, client_hello(server_name(b"fota.example"), alpn(b"h3"), versions(0x0304)))
LONG_HELLO = message(
    1, client_hello(extension(51, bytes(1500)), server_name(b"pq.example"), versions(0x0304))
)


def expand(secret: bytes, label: str, size: int) -> bytes:
    info = struct.pack("!H", size) + vector(b"tls13 " + label.encode(), 1) + b"\0"
    return HKDFExpand(algorithm=SHA256(), length=size, info=info).derive(secret)


def crypto(offset: int, data: bytes) -> bytes:
    return b"\6" + struct.pack("!HH", offset | 0x4000, len(data) | 0x4000) + data


def initial(
    frames: bytes,
    *,
    connection_id: bytes = FIRST_ID,
    keyed_by: bytes | None = None,
    version: int = V1,
    token: bytes = b"",
    number: int = 0,
    pad_to: int = 1162,
    side: str = "client in",
) -> bytes:
    """Return a sealed Initial packet."""
    extract = HMAC(bytes.fromhex(SALTS[version]), SHA256())
    extract.update(connection_id if keyed_by is None else keyed_by)
    secret = expand(extract.finalize(), side, 32)
    prefix = "quicv2 " if version == V2 else "quic "
    key, iv, mask_key = (
        expand(secret, prefix + name, size) for name, size in (("key", 16), ("iv", 12), ("hp", 16))
    )
    plain = frames.ljust(pad_to, b"\0")
    header = bytearray(bytes((0xD1 if version == V2 else 0xC1,)) + version.to_bytes(4, "big"))
    header += vector(connection_id, 1) + vector(b"client", 1) + struct.pack("!H", len(token) | 0x4000) + token
    header += struct.pack("!H", (2 + len(plain) + 16) | 0x4000)
    number_at = len(header)
    header += struct.pack("!H", number)
    nonce = (int.from_bytes(iv, "big") ^ number).to_bytes(12, "big")
    packet = bytearray(header + AESGCM(key).encrypt(nonce, plain, bytes(header)))
    sample = bytes(packet[number_at + 4 : number_at + 20])
    mask = Cipher(AES(mask_key), ECB()).encryptor().update(sample)  # noqa: S305 - RFC 9001 section 5.4.3
    packet[0] ^= mask[0] & 0x0F
    packet[number_at] ^= mask[1]
    packet[number_at + 1] ^= mask[2]
    return bytes(packet)


WHOLE = initial(crypto(0, HELLO))


@pytest.mark.parametrize("version", [V1, V2, DRAFT_29])
def test_client_hello_is_read_in_every_version(version: int) -> None:
    book = Playbook(PARSER, FLOW) >> up(initial(crypto(0, HELLO), version=version))
    book << (
        "quic_client_hello",
        {
            "tls.sni": "fota.example",
            "tls.alpn": ["h3"],
            "tls.version": "1.3",
            "quic.version": f"{version:08x}",
        },
    )
    book.nothing()


def test_fingerprint_names_the_transport() -> None:
    book = Playbook(PARSER, FLOW) >> up(WHOLE)
    assert str(book.seen[0].fields["tls.ja4"]).startswith("q13d0203h3_")


def test_crypto_frames_may_come_in_any_order_over_datagrams() -> None:
    one = initial(b"\1" + crypto(900, LONG_HELLO[900:1300]) + b"\0\0" + crypto(0, LONG_HELLO[:500]))
    two = initial(
        crypto(1300, LONG_HELLO[1300:]) + b"\2\0\0\0\0" + crypto(500, LONG_HELLO[500:900]), number=1
    )
    for first, second in ((one, two), (two, one)):
        book = Playbook(PARSER, FLOW) >> up(first)
        book.nothing()
        book >> up(second) << ("quic_client_hello", {"tls.sni": "pq.example"})
        book.nothing()


def test_packets_may_be_coalesced_with_others_before_and_after() -> None:
    early = bytes((0xD0,)) + V1.to_bytes(4, "big") + vector(FIRST_ID, 1) + vector(b"", 1) + b"\5early"
    halves = [
        initial(crypto(at, HELLO[at : at + 80]), number=at, pad_to=200) for at in range(0, len(HELLO), 80)
    ]
    book = Playbook(PARSER, FLOW) >> up(early + b"".join(halves) + b"\x40short header")
    book << ("quic_client_hello", {"tls.sni": "fota.example"})
    book.nothing()


def test_after_a_retry_the_new_connection_id_makes_the_keys() -> None:
    part = initial(crypto(0, LONG_HELLO[:900]))
    retry = bytes((0xF0,)) + V1.to_bytes(4, "big") + vector(b"client", 1) + vector(RETRY_ID, 1) + bytes(40)
    again = [
        initial(crypto(at, LONG_HELLO[at : at + 900]), connection_id=RETRY_ID, token=b"t" * 60, number=at)
        for at in (0, 900)
    ]
    book = Playbook(PARSER, FLOW) >> up(part) >> down(retry) >> up(again[0])
    book.nothing()
    book >> up(again[1]) << ("quic_client_hello", {"tls.sni": "pq.example"})


def test_after_the_servers_first_packet_the_first_keys_stay() -> None:
    rest = initial(crypto(900, LONG_HELLO[900:]), connection_id=SERVER_ID, keyed_by=FIRST_ID, number=1)
    book = Playbook(PARSER, FLOW) >> up(initial(crypto(0, LONG_HELLO[:900]))) >> up(rest)
    book << ("quic_client_hello", {"tls.sni": "pq.example"})


def test_one_stray_packet_does_not_hide_the_hello() -> None:
    stray = initial(crypto(0, HELLO), keyed_by=b"something else")
    book = Playbook(PARSER, FLOW) >> up(stray) >> up(WHOLE)
    book << ("quic_client_hello", {"tls.sni": "fota.example"})


def test_initials_that_never_open_are_malformed() -> None:
    parser = QuicParser(FLOW, QuicParser.YIELDS)
    stray = initial(crypto(0, HELLO), side="server in")
    for _ in range(MAX_UNREADABLE - 1):
        assert list(parser.feed(Direction.ORIGINATOR, stray)) == []
    with pytest.raises(Malformed):
        parser.feed(Direction.ORIGINATOR, stray)
    assert parser.appetite(Direction.ORIGINATOR) == 0


def test_client_that_begins_otherwise_is_malformed() -> None:
    parser = QuicParser(FLOW, QuicParser.YIELDS)
    with pytest.raises(Malformed):
        parser.feed(Direction.ORIGINATOR, initial(crypto(0, message(2, b"abc"))))


def test_only_the_client_is_read_and_only_until_its_hello() -> None:
    parser = QuicParser(FLOW, QuicParser.YIELDS)
    assert [parser.appetite(direction) for direction in Direction] == [FOREVER, 0]
    assert list(parser.feed(Direction.RESPONDER, WHOLE)) == []
    assert len(list(parser.feed(Direction.ORIGINATOR, WHOLE))) == 1
    assert [parser.appetite(direction) for direction in Direction] == [0, 0]
    assert list(parser.feed(Direction.ORIGINATOR, WHOLE)) == []


def test_client_may_be_the_responder_when_the_answer_was_seen_first() -> None:
    turned = make_flow(protocol=17, orig_port=443, resp_port=50000)
    book = Playbook(PARSER, turned) >> down(WHOLE)
    book << ("quic_client_hello", {"tls.sni": "fota.example"})


def test_client_that_never_finishes_is_left_alone() -> None:
    parser = QuicParser(FLOW, QuicParser.YIELDS)
    for number in range(MAX_DATAGRAMS):
        assert parser.appetite(Direction.ORIGINATOR) == FOREVER
        list(parser.feed(Direction.ORIGINATOR, initial(crypto(0, HELLO[:20]), number=number)))
    assert parser.appetite(Direction.ORIGINATOR) == 0
    assert list(parser.end()) == []
    assert list(parser.gap(Direction.ORIGINATOR, 1)) == []


def test_nothing_is_read_when_nobody_wants_it() -> None:
    assert QuicParser(FLOW, frozenset()).appetite(Direction.ORIGINATOR) == 0


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (WHOLE, Verdict.CERTAIN),
        (WHOLE[:1199], Verdict.NOT_MINE),
        (initial(crypto(0, HELLO), version=V2), Verdict.CERTAIN),
        (
            bytes((0xD0,)) + V1.to_bytes(4, "big") + vector(FIRST_ID, 1) + vector(b"", 1) + b"\5early",
            Verdict.UNSURE,
        ),
        (WHOLE[:1] + bytes.fromhex("1a2a3a4a") + WHOLE[5:], Verdict.NOT_MINE),
        (WHOLE[:1] + bytes(4) + WHOLE[5:], Verdict.NOT_MINE),
        (WHOLE[:5] + b"\x15" + WHOLE[6:], Verdict.NOT_MINE),
        (b"\x40" + WHOLE[1:], Verdict.NOT_MINE),
        (b"\x80" + WHOLE[1:], Verdict.NOT_MINE),
        (b"\xc0", Verdict.NOT_MINE),
        (b"", Verdict.NOT_MINE),
    ],
)
def test_probe_knows_a_clients_initial_on_any_port(payload: bytes, expected: Verdict) -> None:
    assert QuicParser.probe(payload, FLOW, Direction.ORIGINATOR) is expected


@settings(max_examples=150, deadline=None)
@given(st.lists(st.binary(max_size=80), max_size=4))
def test_any_bytes_are_read_or_malformed(bodies: list[bytes]) -> None:
    parser = QuicParser(FLOW, QuicParser.YIELDS)
    with contextlib.suppress(Malformed):
        for body in bodies:
            for payload in (body, b"\xc3\0\0\0\1" + body):
                QuicParser.probe(payload, FLOW, Direction.ORIGINATOR)
                list(parser.feed(Direction.ORIGINATOR, payload))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=120))
def test_any_frames_of_a_client_are_read_or_malformed(frames: bytes) -> None:
    parser = QuicParser(FLOW, QuicParser.YIELDS)
    with contextlib.suppress(Malformed):
        list(parser.feed(Direction.ORIGINATOR, initial(frames, pad_to=60)))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255))
def test_any_changed_byte_is_read_or_malformed(at: int, value: int) -> None:
    changed = bytearray(WHOLE)
    changed[at] = value
    with contextlib.suppress(Malformed):
        list(QuicParser(FLOW, QuicParser.YIELDS).feed(Direction.ORIGINATOR, bytes(changed)))
