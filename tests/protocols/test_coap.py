import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.contrib.coap import CoAP

from monitor.model.errors import Malformed
from monitor.model.flow import Direction
from monitor.model.observation import OBSERVATIONS, Seen
from monitor.model.parser import FOREVER, Verdict
from monitor.protocols.coap import OPTIONS, PARSER
from tests.kit.playbook import Playbook, down, make_flow, up


def message(
    code: int, *options: tuple[int, bytes], token: bytes = b"\x01\x02", payload: bytes = b""
) -> bytes:
    data = bytes((0x40 | len(token), code)) + b"\x12\x34" + token
    number = 0
    for option, value in options:
        delta, number = option - number, option
        data += option_head(delta, len(value)) + value
    return data + (b"\xff" + payload if payload else b"")


def option_head(delta: int, length: int) -> bytes:
    first, second = nibble(delta), nibble(length)
    return bytes((first[0] << 4 | second[0],)) + first[1] + second[1]


def nibble(value: int) -> tuple[int, bytes]:
    if value < 13:
        return value, b""
    return (13, bytes((value - 13,))) if value < 269 else (14, (value - 269).to_bytes(2, "big"))


def read(data: bytes) -> list[Seen]:
    return (Playbook(PARSER, make_flow(protocol=17, resp_port=5683)) >> up(data)).seen


def test_a_registration_shows_endpoint_and_lifetime() -> None:
    register = message(
        2,
        (3, b"LwM2M.Example.ORG."),
        (11, b"rd"),
        (12, b"\x28"),
        (15, b"lwm2m=1.1"),
        (15, b"ep=urn:imei:490154203237518"),
        (15, b"lt=86400"),
        payload=b"</1/0>,</5/0>",
    )
    book = Playbook(PARSER, make_flow(protocol=17, resp_port=5683)) >> up(register)
    book << (
        "coap_request",
        {
            "coap.method": "POST",
            "coap.uri_host": "lwm2m.example.org",
            "coap.uri_path": "/rd",
            "coap.uri_query": ["lwm2m=1.1", "ep=urn:imei:490154203237518", "lt=86400"],
            "lwm2m.endpoint": "urn:imei:490154203237518",
            "lwm2m.lifetime": 86400,
        },
    )
    book >> down(message(0x41, (8, b"rd"), (8, b"abc")))
    book << ("coap_response", {"coap.method": "2.01"})
    book.end().nothing()


@pytest.mark.parametrize(
    ("code", "path", "query", "expected"),
    [
        (2, b"bs", b"ep=x", "x"),
        (2, b"other", b"ep=x", None),
        (1, b"rd", b"ep=x", None),
        (2, b"rd", b"sep=x", None),
    ],
)
def test_only_registrations_have_an_endpoint(
    code: int, path: bytes, query: bytes, expected: str | None
) -> None:
    fields = read(message(code, (11, path), (15, query)))[0].fields
    assert expected == fields.get("lwm2m.endpoint")


@pytest.mark.parametrize("lifetime", [b"", b"-1", b"abc", b"1" * 19, "\u0663".encode()])
def test_a_lifetime_that_is_no_number_is_left_out(lifetime: bytes) -> None:
    fields = read(message(2, (11, b"rd"), (15, b"lt=" + lifetime)))[0].fields
    assert "lwm2m.lifetime" not in fields


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (1, "GET"),
        (2, "POST"),
        (3, "PUT"),
        (4, "DELETE"),
        (5, "FETCH"),
        (6, "PATCH"),
        (7, "iPATCH"),
        (8, "0.08"),
        (0x45, "2.05"),
        (0x84, "4.04"),
        (0xA3, "5.03"),
    ],
)
def test_codes_are_said_by_name(code: int, expected: str) -> None:
    assert [expected] == [each.fields["coap.method"] for each in read(message(code))]


@pytest.mark.parametrize(
    "data", [b"\x60\x00\x12\x34", message(0xE1), message(0x21), message(0xC1), b"\x80\x01\x12\x34"]
)
def test_empty_signalling_reserved_and_foreign_versions_say_nothing(data: bytes) -> None:
    assert read(data) == []


def test_long_options_and_deltas_are_read() -> None:
    long = b"s" * 255
    fields = read(message(1, (11, b"a"), (11, long), (15, b"q" * 20), (300, b"x" * 300), (60000, b"")))[
        0
    ].fields
    assert fields["coap.uri_path"] == "/a/" + "s" * 255
    assert fields["coap.uri_query"] == ["q" * 20]


def test_values_of_the_wrong_length_are_not_used() -> None:
    assert read(message(1, (11, b"x" * 256)))[0].fields == {"coap.method": "GET"}


def test_a_segment_cannot_pretend_to_be_two() -> None:
    assert read(message(1, (11, b"a/b"), (11, b"\nc")))[0].fields["coap.uri_path"] == "/a%2Fb/\\nc"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x40\x01\x00",
        b"\x49\x01\x00\x00" + bytes(9),
        b"\x44\x01\x00\x00\x01",
        b"\x40\x00\x00\x00\x01",
        b"\x40\x01\x00\x00\xf0",
        b"\x40\x01\x00\x00\x0f",
        b"\x40\x01\x00\x00\xd0",
        b"\x40\x01\x00\x00\xe0\x01",
        b"\x40\x01\x00\x00\x05abc",
        b"\x40\x01\x00\x00\xe0\xff\xff\x10",
        b"\x40\x01\x00\x00\xff",
        message(1, *[(11, b"")] * (OPTIONS + 1)),
    ],
)
def test_messages_against_the_format_are_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        read(data)


@given(st.binary(max_size=80))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read_or_malformed(data: bytes) -> None:
    for candidate in (data, b"\x40\x02\x00\x00" + data):
        try:
            seen = read(candidate)
        except Malformed:
            continue
        for each in seen:
            assert set(each.fields) <= set(OBSERVATIONS[each.type])


@given(
    path=st.lists(st.binary(min_size=1, max_size=20), max_size=4),
    query=st.lists(st.binary(min_size=1, max_size=30), max_size=3),
)
@settings(max_examples=60, deadline=None)
def test_options_are_those_that_scapy_wrote(path: list[bytes], query: list[bytes]) -> None:
    options = [("Uri-Path", segment) for segment in path] + [("Uri-Query", each) for each in query]
    fields = read(bytes(CoAP(code=1, options=options)))[0].fields
    assert len(path) == str(fields.get("coap.uri_path", "")).count("/")
    assert len(query) == len(fields.get("coap.uri_query", []))  # type: ignore[arg-type]  # texts


@given(st.integers(0, 40))
@settings(max_examples=40, deadline=None)
def test_a_truncated_datagram_is_survived(end: int) -> None:
    whole = message(2, (3, b"host"), (11, b"rd"), (15, b"ep=abc"), payload=b"p")
    try:
        seen = read(whole[:end])
    except Malformed:
        return
    assert [read(whole)[0].type] == [each.type for each in seen]


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (message(1, (11, b"a")), Verdict.CERTAIN),
        (b"\x60\x00\x12\x34", Verdict.CERTAIN),
        (b"\x16\xfe\xfd\x00\x00", Verdict.NOT_MINE),
        (b"\x40\x01\x00", Verdict.NOT_MINE),
        (b"\x40\x01\x00\x00\x05abc", Verdict.NOT_MINE),
        (b"\x40\x21\x00\x00", Verdict.NOT_MINE),
        (b"", Verdict.NOT_MINE),
    ],
)
def test_only_coap_is_claimed(payload: bytes, expected: Verdict) -> None:
    assert expected is PARSER.probe(payload, make_flow(protocol=17, resp_port=5683), Direction.ORIGINATOR)


def test_every_datagram_is_wanted_and_only_what_is_wanted_is_said() -> None:
    book = Playbook(PARSER, make_flow(protocol=17), frozenset({"coap_response"}))
    book >> up(message(1)) >> down(message(0x45))
    assert list(book.parser.gap(Direction.ORIGINATOR, 5)) == []
    assert [FOREVER, FOREVER] == [book.parser.appetite(each) for each in Direction]
    assert ["coap_response"] == [each.type for each in book.seen]
