import contextlib
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model.errors import Malformed
from monitor.model.flow import Direction
from monitor.model.parser import FOREVER, Verdict
from monitor.protocols.dtls import MAX_HELLOS, PARSER, DtlsParser
from tests.kit.playbook import Playbook, down, make_flow, up
from tests.kit.tls_bytes import (
    alpn,
    certificates,
    client_hello,
    dtls_record,
    extension,
    fragment,
    numbers,
    server_hello,
    server_name,
    vector,
    versions,
)

FLOW = make_flow(protocol=17, resp_port=5684)
PSK, ECDSA = 0xC0A8, 0xC0AE
IDENTITY = b"urn:imei:490154203237518"
CLIENT_ONLY = frozenset({"dtls_client_hello"})


def hello(*extensions: bytes, cookie: bytes = b"", ciphers: tuple[int, ...] = (PSK, ECDSA)) -> bytes:
    body = client_hello(*extensions, version=0xFEFD, cookie=cookie, ciphers=ciphers)
    return dtls_record(fragment(1, body))


def answer(*extensions: bytes, cipher: int = PSK) -> bytes:
    return dtls_record(fragment(2, server_hello(*extensions, version=0xFEFD, cipher=cipher), sequence=1))


KEY_EXCHANGE = dtls_record(fragment(16, vector(IDENTITY), sequence=2)) + dtls_record(b"\1", kind=20)
VERIFY_REQUEST = dtls_record(fragment(3, numbers(0xFEFF) + vector(b"cookie", 1)))


def test_device_with_a_pre_shared_key_is_named_after_its_hello() -> None:
    book = (
        Playbook(PARSER, FLOW, CLIENT_ONLY)
        >> up(hello(server_name(b"lwm2m.example")))
        >> down(VERIFY_REQUEST)
    )
    book << ("dtls_client_hello", {"tls.sni": "lwm2m.example", "tls.version": "DTLS 1.2"})
    book >> up(hello(server_name(b"lwm2m.example"), cookie=b"cookie")) >> down(answer()) >> up(KEY_EXCHANGE)
    assert book.seen[0].fields == {"dtls.psk_identity": IDENTITY.decode()}
    book << ("dtls_client_hello", {"dtls.psk_identity": "urn:imei:490154203237518"})
    book.nothing()
    assert [book.parser.appetite(direction) for direction in Direction] == [0, 0]


def test_identity_is_found_although_the_server_is_not_seen() -> None:
    book = Playbook(PARSER, FLOW) >> up(hello()) >> up(KEY_EXCHANGE)
    book.seen.pop(0)
    book << ("dtls_client_hello", {"dtls.psk_identity": IDENTITY.decode()})


def test_identity_is_found_although_the_hello_is_not_seen() -> None:
    book = Playbook(PARSER, FLOW, CLIENT_ONLY) >> down(answer()) >> up(KEY_EXCHANGE)
    book << ("dtls_client_hello", {"dtls.psk_identity": IDENTITY.decode()})


def test_other_key_exchanges_hold_no_identity() -> None:
    book = (
        Playbook(PARSER, FLOW, CLIENT_ONLY) >> up(hello()) >> down(answer(cipher=ECDSA)) >> up(KEY_EXCHANGE)
    )
    book.seen.pop(0)
    book.nothing()
    book = Playbook(PARSER, FLOW, CLIENT_ONLY) >> up(hello(ciphers=(ECDSA,))) >> up(KEY_EXCHANGE)
    book.seen.pop(0)
    book.nothing()


def test_binary_that_only_looks_like_an_identity_is_left_out_when_the_suite_is_not_known() -> None:
    exchange = dtls_record(fragment(16, vector(b"\xff" * 256)))
    book = Playbook(PARSER, FLOW, CLIENT_ONLY) >> up(hello()) >> up(exchange)
    book.seen.pop(0)
    book.nothing()


def test_repeated_hello_is_seen_again_only_with_another_name() -> None:
    book = (
        Playbook(PARSER, FLOW) >> up(hello(server_name(b"a.example"))) >> up(hello(server_name(b"a.example")))
    )
    book >> up(hello(server_name(b"b.example"), cookie=b"c"))
    assert [seen.fields["tls.sni"] for seen in book.seen] == ["a.example", "b.example"]


def test_names_of_one_flow_are_bounded() -> None:
    book = Playbook(PARSER, FLOW)
    for number in range(MAX_HELLOS + 3):
        book >> up(hello(server_name(b"n%d.example" % number)))
    assert len(book.seen) == MAX_HELLOS


def test_fragmented_hello_is_read() -> None:
    body = client_hello(server_name(b"far.example"), alpn(b"coap"), version=0xFEFD, cookie=b"")
    book = Playbook(PARSER, FLOW) >> up(dtls_record(fragment(1, body, 50)))
    book.nothing()
    book >> up(dtls_record(fragment(1, body, 0, 50)))
    book << ("dtls_client_hello", {"tls.sni": "far.example", "tls.alpn": ["coap"]})


def test_dtls_1_3_shows_identity_and_connection_id_in_its_hello() -> None:
    offer = vector(vector(IDENTITY) + bytes(4)) + vector(vector(bytes(32), 1))
    sent = hello(versions(0xFEFD, 0xFEFC), extension(54, vector(b"\xab\xcd", 1)), extension(41, offer))
    book = Playbook(PARSER, FLOW) >> up(sent)
    assert str(book.seen[0].fields["tls.ja4"]).startswith("dd3i0203")
    book << (
        "dtls_client_hello",
        {"tls.version": "DTLS 1.3", "dtls.connection_id": "abcd", "dtls.psk_identity": IDENTITY.decode()},
    )


def test_empty_connection_id_is_an_offer_too_and_a_broken_one_is_not() -> None:
    book = (
        Playbook(PARSER, FLOW)
        >> up(hello(extension(54, b"\0")))
        >> up(hello(server_name(b"x"), extension(54, b"\5a")))
    )
    assert book.seen[0].fields["dtls.connection_id"] == ""
    assert "dtls.connection_id" not in book.seen[1].fields


def test_server_shows_its_choice_and_its_certificate_once() -> None:
    flight = answer(cipher=ECDSA) + dtls_record(fragment(11, certificates(b"leaf"), sequence=2))
    book = Playbook(PARSER, FLOW) >> down(answer(cipher=ECDSA)) >> down(flight) >> down(flight)
    book << ("tls_server_hello", {"tls.version": "DTLS 1.2", "tls.cipher": "c0ae"})
    book << ("tls_certificate", {"tls.certificate_sha256": hashlib.sha256(b"leaf").hexdigest()})
    book.nothing()


def test_certificate_of_a_client_is_not_taken_for_the_servers() -> None:
    sent = hello(ciphers=(ECDSA,)) + dtls_record(fragment(11, certificates(b"client")))
    book = Playbook(PARSER, FLOW) >> up(sent)
    book << ("dtls_client_hello", {})
    book.nothing()


def test_dtls_1_3_server_ends_with_its_hello() -> None:
    parser = DtlsParser(FLOW, DtlsParser.YIELDS)
    seen = list(parser.feed(Direction.RESPONDER, answer(extension(43, numbers(0xFEFC)), cipher=0x1301)))
    assert seen[0].fields == {"tls.version": "DTLS 1.3", "tls.cipher": "1301"}
    assert parser.appetite(Direction.RESPONDER) == 0


def test_server_is_left_alone_when_it_cannot_matter() -> None:
    parser = DtlsParser(FLOW, CLIENT_ONLY)
    assert [parser.appetite(direction) for direction in Direction] == [FOREVER, FOREVER]
    list(parser.feed(Direction.ORIGINATOR, hello(ciphers=(ECDSA,))))
    assert [parser.appetite(direction) for direction in Direction] == [FOREVER, 0]


def test_server_flight_without_certificate_ends_with_its_done() -> None:
    parser = DtlsParser(FLOW, DtlsParser.YIELDS)
    list(parser.feed(Direction.RESPONDER, answer() + dtls_record(fragment(14, b"", sequence=2))))
    assert parser.appetite(Direction.RESPONDER) == 0
    assert list(parser.gap(Direction.RESPONDER, 1)) == []
    assert list(parser.end()) == []


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (hello(), Verdict.CERTAIN),
        (answer(), Verdict.CERTAIN),
        (VERIFY_REQUEST, Verdict.CERTAIN),
        (dtls_record(fragment(1, bytes(300), 100, 200)), Verdict.CERTAIN),
        (hello()[:-1], Verdict.NOT_MINE),
        (hello()[:24], Verdict.NOT_MINE),
        (KEY_EXCHANGE, Verdict.NOT_MINE),
        (dtls_record(fragment(1, bytes(60)), epoch=1), Verdict.NOT_MINE),
        (dtls_record(fragment(1, bytes(60)), version=0xFEFE), Verdict.NOT_MINE),
        (dtls_record(fragment(1, bytes(60)), version=0x0303), Verdict.NOT_MINE),
        (dtls_record(fragment(1, bytes(60)), kind=23), Verdict.NOT_MINE),
        (dtls_record(fragment(1, b"") + bytes(30)), Verdict.NOT_MINE),
        (b"", Verdict.NOT_MINE),
    ],
)
def test_probe_knows_a_hello_on_any_port(payload: bytes, expected: Verdict) -> None:
    assert DtlsParser.probe(payload, FLOW, Direction.ORIGINATOR) is expected


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(Direction), st.integers(0, 20), st.binary(max_size=60)), max_size=5)
)
def test_any_bytes_are_read_or_malformed(pieces: list[tuple[Direction, int, bytes]]) -> None:
    parser = DtlsParser(FLOW, DtlsParser.YIELDS)
    with contextlib.suppress(Malformed):
        for direction, kind, body in pieces:
            for payload in (body, dtls_record(body), dtls_record(fragment(kind, body))):
                DtlsParser.probe(payload, FLOW, direction)
                list(parser.feed(direction, payload))


@settings(max_examples=150, deadline=None)
@given(st.data(), st.integers(0, 255))
def test_any_changed_byte_is_read_or_malformed(data: st.DataObject, value: int) -> None:
    parser = DtlsParser(FLOW, DtlsParser.YIELDS)
    for direction, whole in ((Direction(0), hello()), (Direction(1), answer()), (Direction(0), KEY_EXCHANGE)):
        changed = bytearray(whole)
        changed[data.draw(st.integers(0, len(whole) - 1))] = value
        with contextlib.suppress(Malformed):
            list(parser.feed(direction, bytes(changed)))
