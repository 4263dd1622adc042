"""Real handshakes come from the standard library's ``ssl``, an implementation that shares nothing with ours."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import itertools
import ssl
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model.errors import Malformed
from monitor.model.flow import Direction
from monitor.model.parser import FOREVER, Verdict
from monitor.protocols._client_hello import HABITS
from monitor.protocols.tls import PARSER, TlsParser
from tests.kit.playbook import Playbook, Sent, down, make_flow, up
from tests.kit.tls_bytes import (
    alpn,
    certificates,
    client_hello,
    extension,
    message,
    numbers,
    record,
    server_hello,
    server_name,
    versions,
)

if TYPE_CHECKING:
    from pathlib import Path

    from monitor.model.observation import Seen

DAY = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
HELLO = record(message(1, client_hello(server_name(b"fota.example"), alpn(b"h2"))))
ANSWER = record(message(2, server_hello()) + message(11, certificates(b"leaf")) + message(14, b""))


class Identity(NamedTuple):
    der: bytes
    pem_path: Path


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "device.example")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 7, DAY, DAY + dt.timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("fota.example")]), critical=False)
        .sign(key, SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(secret + certificate.public_bytes(Encoding.PEM))
    return Identity(certificate.public_bytes(Encoding.DER), path)


@cache
def converse(
    identity: Identity, version: ssl.TLSVersion, curve: str | None = None, *, mutual: bool = False
) -> tuple[list[Sent], str]:
    """Return what both sides of a real handshake send, and the cipher they agree on."""
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(identity.pem_path)
    server_context.set_alpn_protocols(["mqtt", "h2"])
    if curve is not None:
        server_context.set_ecdh_curve(curve)
    client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client_context.check_hostname = False
    client_context.verify_mode = ssl.CERT_NONE
    client_context.minimum_version = client_context.maximum_version = version
    client_context.set_alpn_protocols(["h2", "http/1.1"])
    if mutual:
        client_context.load_cert_chain(identity.pem_path)
        server_context.load_verify_locations(identity.pem_path)
        server_context.verify_mode = ssl.CERT_OPTIONAL
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server, server_hostname="Fota.Example")
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    sent: list[Sent] = []
    for _ in range(5):
        for side, out, send in ((client, to_server, up), (server, to_client, down)):
            with contextlib.suppress(ssl.SSLError):  # it waits, or distrusts our certificate
                side.do_handshake()
            data = out.read()
            if data:
                sent.append(send(data))
                out.write(data)
    cipher = client.cipher()
    assert cipher is not None
    return sent, cipher[0]


def play(sent: list[Sent], wanted: frozenset[str] = TlsParser.YIELDS, size: int = 1 << 20) -> list[Seen]:
    parser = TlsParser(make_flow(), wanted)
    seen: list[Seen] = []
    for each in sent:
        for at in range(0, len(each.payload), size):
            seen += parser.feed(each.direction, each.payload[at : at + size])
    return seen


def test_real_handshake_of_tls_1_2_shows_name_suite_and_certificate(identity: Identity) -> None:
    sent, _ = converse(identity, ssl.TLSVersion.TLSv1_2)
    hello, answer, certificate = play(sent)
    assert hello.fields["tls.sni"] == "fota.example"
    assert hello.fields["tls.alpn"] == ["h2", "http/1.1"]
    assert hello.fields["tls.version"] == "1.2"
    assert answer.type == "tls_server_hello"
    assert answer.fields["tls.version"] == "1.2"
    assert certificate.fields == {
        "tls.certificate_subject": "CN=device.example",
        "tls.certificate_issuer": "CN=device.example",
        "tls.certificate_names": ["fota.example"],
        "tls.certificate_sha256": hashlib.sha256(identity.der).hexdigest(),
    }


def test_real_handshake_of_tls_1_3_shows_no_certificate(identity: Identity) -> None:
    sent, cipher = converse(identity, ssl.TLSVersion.TLSv1_3)
    hello, answer = play(sent)
    assert hello.fields["tls.version"] == "1.3"
    assert answer.fields == {
        "tls.version": "1.3",
        "tls.cipher": {"TLS_AES_256_GCM_SHA384": "1302", "TLS_AES_128_GCM_SHA256": "1301"}[cipher],
    }


def test_client_that_must_try_again_is_seen_once(identity: Identity) -> None:
    sent, _ = converse(identity, ssl.TLSVersion.TLSv1_3, "secp521r1")
    assert sum(each.payload.count(b"Fota.Example") for each in sent) == 2
    assert [seen.type for seen in play(sent)] == ["tls_client_hello", "tls_server_hello"]


def test_certificate_of_a_client_is_not_taken_for_the_servers(identity: Identity) -> None:
    sent, _ = converse(identity, ssl.TLSVersion.TLSv1_2, mutual=True)
    assert [seen.type for seen in play(sent)] == ["tls_client_hello", "tls_server_hello", "tls_certificate"]
    only_client = [each for each in sent if each.direction is Direction.ORIGINATOR]
    assert [seen.type for seen in play(only_client)] == ["tls_client_hello"]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("size", [1, 7, 100, 1460])
def test_segments_of_any_size_show_the_same(identity: Identity, version: ssl.TLSVersion, size: int) -> None:
    sent, _ = converse(identity, version)
    assert play(sent) == play(sent, size=size)


@pytest.mark.parametrize("direction", Direction)
def test_one_direction_alone_shows_what_it_holds(identity: Identity, direction: Direction) -> None:
    sent, _ = converse(identity, ssl.TLSVersion.TLSv1_2)
    expected = [["tls_client_hello"], ["tls_server_hello", "tls_certificate"]][direction]
    assert [seen.type for seen in play([each for each in sent if each.direction is direction])] == expected


def test_roles_come_from_the_messages_not_from_who_was_seen_first(identity: Identity) -> None:
    sent, _ = converse(identity, ssl.TLSVersion.TLSv1_2)
    turned = [Sent(Direction(1 - each.direction), each.payload) for each in sent]
    assert play(sent) == play(turned)
    parser = TlsParser(make_flow(orig_port=443, resp_port=50000), frozenset({"tls_client_hello"}))
    assert [parser.appetite(direction) for direction in Direction] == [0, FOREVER]
    assert [seen.type for seen in parser.feed(Direction.RESPONDER, HELLO)] == ["tls_client_hello"]


def test_post_quantum_hello_spans_segments_and_records() -> None:
    body = message(1, client_hello(extension(51, bytes(1800)), server_name(b"pq.example"), versions(0x0304)))
    parts = [record(body[:1000]) + record(body[1000:])[:200], record(body[1000:])[200:]]
    book = Playbook(PARSER) >> up(parts[0])
    book.nothing()
    book >> up(parts[1]) << ("tls_client_hello", {"tls.sni": "pq.example", "tls.version": "1.3"})
    book.nothing()


def test_ech_hides_the_destination() -> None:
    body = message(1, client_hello(server_name(b"public.example"), extension(0xFE0D, bytes(50))))
    book = Playbook(PARSER) >> up(record(body))
    assert book.seen[0].fields.get("tls.sni") is None
    book << ("tls_client_hello", {"tls.outer_sni": "public.example", "tls.ech": True})


def test_appetite_ends_with_what_is_wanted() -> None:
    parser = TlsParser(make_flow(), TlsParser.YIELDS)
    assert [parser.appetite(direction) for direction in Direction] == [FOREVER, FOREVER]
    list(parser.feed(Direction.ORIGINATOR, HELLO))
    assert [parser.appetite(direction) for direction in Direction] == [0, FOREVER]
    list(parser.feed(Direction.RESPONDER, ANSWER))
    assert [parser.appetite(direction) for direction in Direction] == [0, 0]


def test_server_is_left_alone_when_nobody_wants_it() -> None:
    parser = TlsParser(make_flow(), frozenset({"tls_client_hello"}))
    assert parser.appetite(Direction.RESPONDER) == 0
    assert list(parser.feed(Direction.RESPONDER, ANSWER)) == []


def test_client_on_the_likely_servers_side_is_read_when_it_speaks_first() -> None:
    parser = TlsParser(make_flow(resp_port=10443), frozenset({"tls_client_hello"}))
    assert list(parser.feed(Direction.RESPONDER, HELLO[:20])) == []
    assert parser.appetite(Direction.RESPONDER) == FOREVER
    assert [seen.type for seen in parser.feed(Direction.RESPONDER, HELLO[20:])] == ["tls_client_hello"]
    assert [parser.appetite(direction) for direction in Direction] == [0, 0]


def test_server_is_left_alone_after_its_hello_when_nobody_wants_certificates() -> None:
    parser = TlsParser(make_flow(), frozenset({"tls_server_hello"}))
    assert list(parser.feed(Direction.ORIGINATOR, HELLO)) == []
    assert [seen.type for seen in parser.feed(Direction.RESPONDER, ANSWER)] == ["tls_server_hello"]
    assert parser.appetite(Direction.RESPONDER) == 0


def test_certificate_may_be_wanted_alone() -> None:
    book = Playbook(PARSER, wanted=frozenset({"tls_certificate"})) >> down(ANSWER)
    book << ("tls_certificate", {"tls.certificate_sha256": hashlib.sha256(b"leaf").hexdigest()})
    book.nothing()


def test_resumed_session_ends_with_the_first_encrypted_record() -> None:
    resumed = record(message(2, server_hello())) + record(b"\1", kind=20) + record(b"x" * 40)
    book = Playbook(PARSER) >> down(resumed)
    book << ("tls_server_hello", {"tls.version": "1.2", "tls.cipher": "c02f"})
    book.nothing()
    assert book.parser.appetite(Direction.RESPONDER) == 0


def test_hole_in_a_direction_ends_it_and_leaves_the_other() -> None:
    parser = TlsParser(make_flow(), TlsParser.YIELDS)
    assert list(parser.gap(Direction.RESPONDER, 100)) == []
    assert [parser.appetite(direction) for direction in Direction] == [FOREVER, 0]
    assert list(parser.end()) == []


def test_hello_before_garbage_is_still_seen() -> None:
    parser = TlsParser(make_flow(), TlsParser.YIELDS)
    seen: list[Seen] = []
    answer = parser.feed(Direction.RESPONDER, record(message(2, server_hello())) + b"garbage")
    with pytest.raises(Malformed):
        seen.extend(answer)
    assert [each.type for each in seen] == ["tls_server_hello"]


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (HELLO, Verdict.CERTAIN),
        (ANSWER, Verdict.CERTAIN),
        (HELLO[:10], Verdict.CERTAIN),
        (HELLO[:9], Verdict.UNSURE),
        (b"\x16", Verdict.UNSURE),
        (b"", Verdict.UNSURE),
        (record(HELLO[5:8]), Verdict.CERTAIN),
        (record(b"\1\x70", kind=21) + ANSWER, Verdict.CERTAIN),
        (record(b"\1\x70", kind=21), Verdict.UNSURE),
        (record(b"\1\x70", kind=21) + b"GET /", Verdict.NOT_MINE),
        (record(b"\1\x70\0", kind=21), Verdict.NOT_MINE),
        (record(b"x" * 40, kind=23), Verdict.NOT_MINE),
        (record(message(16, b"x" * 40)), Verdict.NOT_MINE),
        (record(b"\1\1\0\0\3\3" + b"x" * 40), Verdict.NOT_MINE),
        (b"\x16\x03\x01\x00\x00\x01\x00\x00\x00\x03", Verdict.NOT_MINE),
        (b"\x16\x03\x09", Verdict.NOT_MINE),
        (b"\x16\xfe\xfd" + bytes(30), Verdict.NOT_MINE),
        (b"GET / HTTP/1.1\r\n", Verdict.NOT_MINE),
    ],
)
def test_probe_knows_a_hello_on_any_port(payload: bytes, expected: Verdict) -> None:
    assert TlsParser.probe(payload, make_flow(), Direction.ORIGINATOR) is expected


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(Direction), st.binary(max_size=60)), max_size=5))
def test_any_bytes_are_read_or_malformed(pieces: list[tuple[Direction, bytes]]) -> None:
    parser = TlsParser(make_flow(), TlsParser.YIELDS)
    with contextlib.suppress(Malformed):
        for direction, payload in pieces:
            TlsParser.probe(payload, make_flow(), direction)
            list(parser.feed(direction, payload))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(HELLO) - 1), st.integers(0, len(ANSWER) - 1), st.integers(0, 255))
def test_any_changed_byte_is_read_or_malformed(client_at: int, server_at: int, value: int) -> None:
    parser = TlsParser(make_flow(), TlsParser.YIELDS)
    for direction, whole, at in ((Direction(0), HELLO, client_at), (Direction(1), ANSWER, server_at)):
        changed = bytearray(whole)
        changed[at] = value
        with contextlib.suppress(Malformed):
            list(parser.feed(direction, bytes(changed)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, len(ANSWER)), max_size=4))
def test_answer_split_anywhere_shows_the_same(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(ANSWER)]
    pieces = [down(ANSWER[start:stop]) for start, stop in itertools.pairwise(edges)]
    assert play([down(ANSWER)]) == play(pieces)


def test_numbers_of_a_version_1_3_answer_win_over_the_old_field() -> None:
    book = Playbook(PARSER) >> down(record(message(2, server_hello(extension(43, numbers(0x0304))))))
    book << ("tls_server_hello", {"tls.version": "1.3"})
    assert book.parser.appetite(Direction.RESPONDER) == 0


def test_only_names_are_read_where_nobody_looks_at_habits() -> None:
    book = Playbook(PARSER, wanted=TlsParser.YIELDS | HABITS) >> up(HELLO)
    [seen] = book.seen
    assert {"tls.sni"} == set(seen.fields)


def test_what_follows_the_first_message_in_its_segment_is_read_too() -> None:
    book = Playbook(PARSER) >> down(record(message(2, server_hello())) + record(message(14, b"")))
    assert ["tls_server_hello"] == [seen.type for seen in book.seen]
    assert book.parser.appetite(Direction.RESPONDER) == 0
