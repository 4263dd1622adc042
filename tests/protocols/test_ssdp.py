from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model.errors import Malformed
from monitor.model.flow import Direction
from monitor.model.observation import OBSERVATIONS
from monitor.model.parser import FOREVER, Verdict
from monitor.protocols.ssdp import (
    MAX_HEAD_BYTES,
    MAX_HEADERS,
    MAX_VALUE_CHARACTERS,
    PARSER,
    SsdpParser,
)
from tests.kit.playbook import Playbook, make_flow, up

FLOW = make_flow(17, 1900)
SEARCH = b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: ssdp:all\r\n\r\n'
NOTIFY = (
    b"NOTIFY * HTTP/1.1\r\nHost: 239.255.255.250:1900\r\nLocation: http://10.0.0.7/root.xml\r\n"
    b"Nt: upnp:rootdevice\r\nNTS: ssdp:alive\r\nServer: Linux/5.4 UPnP/1.0 acme/1\r\nUSN: uuid:1::upnp:rootdevice\r\n\r\n"
)
RESPONSE = (
    b"HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=1800\r\nEXT:\r\nLOCATION:http://10.0.0.7/root.xml\r\n"
    b"SERVER: acme\r\nST: ssdp:all\r\nUSN: uuid:1\r\n\r\n"
)


def fields(payload: bytes) -> dict[str, object]:
    play = Playbook(PARSER, FLOW) >> up(payload)
    (seen,) = play.seen
    assert seen.type == "ssdp"
    return dict(seen.fields)


def test_search_tells_its_target() -> None:
    assert fields(SEARCH) == {"ssdp.method": "M-SEARCH", "ssdp.target": "ssdp:all"}


def test_announcement_tells_all_whatever_the_case_of_its_headers() -> None:
    seen = fields(NOTIFY)
    assert seen == {
        "ssdp.method": "NOTIFY",
        "ssdp.server": "Linux/5.4 UPnP/1.0 acme/1",
        "ssdp.usn": "uuid:1::upnp:rootdevice",
        "ssdp.location": "http://10.0.0.7/root.xml",
        "ssdp.target": "upnp:rootdevice",
    }
    assert set(seen) == set(OBSERVATIONS["ssdp"])


def test_response_tells_all() -> None:
    assert fields(RESPONSE) == {
        "ssdp.method": "RESPONSE",
        "ssdp.server": "acme",
        "ssdp.usn": "uuid:1",
        "ssdp.location": "http://10.0.0.7/root.xml",
        "ssdp.target": "ssdp:all",
    }


def test_lines_may_end_with_a_line_feed_alone() -> None:
    assert fields(SEARCH.replace(b"\r", b"")) == fields(SEARCH)


def test_search_without_headers_tells_its_method() -> None:
    assert fields(b"M-SEARCH * HTTP/1.1\r\n") == {"ssdp.method": "M-SEARCH"}


def test_cut_announcement_keeps_what_was_read() -> None:
    for length in range(len(NOTIFY)):
        try:
            seen = fields(NOTIFY[:length])
        except Malformed:
            assert length < len(b"NOTIFY * HTTP/1.")
        else:
            assert seen["ssdp.method"] == "NOTIFY"


def test_first_header_of_a_name_counts() -> None:
    assert fields(b"NOTIFY * HTTP/1.1\r\nNT: a\r\nST: b\r\nNT: c\r\n\r\n")["ssdp.target"] == "a"


def test_empty_headers_and_lines_without_colon_are_left_out() -> None:
    assert fields(b"NOTIFY * HTTP/1.1\r\nServer:\r\nUSN\r\n\r\n") == {"ssdp.method": "NOTIFY"}


def test_control_characters_do_not_come_through() -> None:
    assert fields(b"NOTIFY * HTTP/1.1\r\nServer: a\x1b[31m\xff\r\n\r\n")["ssdp.server"] == "a\\x1b[31m\ufffd"


def test_values_and_headers_are_bounded() -> None:
    start = b"NOTIFY * HTTP/1.1\r\n"
    long_value = fields(start + b"Server: " + b"a" * 2000)["ssdp.server"]
    assert long_value == "a" * MAX_VALUE_CHARACTERS
    assert "ssdp.usn" not in fields(start + b"X: y\r\n" * MAX_HEADERS + b"USN: uuid:1\r\n")
    assert "ssdp.usn" not in fields(start + b"X: " + b"y" * MAX_HEAD_BYTES + b"\r\nUSN: uuid:1\r\n")


@pytest.mark.parametrize(
    "payload", [b"", b"GET / HTTP/1.1\r\n", b"HTTP/1.1 404 Not Found\r\n", b"NOTIFY sip:a@b SIP/2.0\r\n"]
)
def test_other_start_lines_are_malformed(payload: bytes) -> None:
    assert SsdpParser.probe(payload, FLOW, Direction.ORIGINATOR) is Verdict.NOT_MINE
    with pytest.raises(Malformed):
        fields(payload)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (SEARCH, Verdict.CERTAIN),
        (NOTIFY, Verdict.CERTAIN),
        (RESPONSE, Verdict.CERTAIN),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n", Verdict.NOT_MINE),
        (bytes(100), Verdict.NOT_MINE),
    ],
)
def test_probe_is_strict_enough_for_any_port(payload: bytes, expected: Verdict) -> None:
    assert PARSER.ANY_PORT
    assert expected == SsdpParser.probe(payload, make_flow(17, 49152), Direction.RESPONDER)


def test_every_datagram_is_wanted() -> None:
    parser = SsdpParser(FLOW, PARSER.YIELDS)
    assert parser.appetite(Direction.ORIGINATOR) == FOREVER
    assert list(parser.gap(Direction.ORIGINATOR, 1)) == []
    assert list(parser.end()) == []


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([b"", b"NOTIFY * HTTP/1.1\r\n", b"HTTP/1.1 200 OK\r\nST:"]), st.binary(max_size=80))
def test_any_bytes_are_seen_or_malformed(start: bytes, rest: bytes) -> None:
    SsdpParser.probe(start + rest, FLOW, Direction.ORIGINATOR)
    with suppress(Malformed):
        fields(start + rest)
