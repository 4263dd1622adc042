import hashlib
import io
from http.client import HTTPResponse
from itertools import chain, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model.errors import Malformed
from monitor.model.flow import Direction
from monitor.model.observation import OBSERVATIONS, Seen
from monitor.model.parser import ANOTHER, FOR_NOW, Verdict
from monitor.protocols._http_exchange import OUTSTANDING
from monitor.protocols._http_head import HEAD_BYTES
from monitor.protocols.http import PARSER, RESYNC_BYTES
from tests.kit.playbook import Playbook, Sent, down, make_flow, up

ORIGINATOR, RESPONDER = Direction.ORIGINATOR, Direction.RESPONDER
GET = b"GET /a HTTP/1.1\r\nHost: h.test\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def get(path: str, method: str = "GET") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: h.test\r\n\r\n".encode()


def answer(status: int, body: bytes = b"", *fields: bytes) -> bytes:
    head = b"HTTP/1.1 %d Reason" % status
    return b"\r\n".join((head, b"Content-Length: %d" % len(body), *fields, b"", body))


def play(*sent: Sent) -> list[Seen]:
    book = Playbook(PARSER)
    for each in sent:
        book >> each
    return book.end().seen


def test_a_request_and_its_response_are_seen() -> None:
    book = Playbook(PARSER)
    book >> up(b"GET /fw?v=1 HTTP/1.1\r\nHost: Fota.Test:8080\r\nUser-Agent: Mod/1\r\n\r\n")
    book << (
        "http_request",
        {
            "http.method": "GET",
            "http.host": "fota.test",
            "http.path": "/fw?v=1",
            "http.user_agent": "Mod/1",
        },
    )
    book >> down(answer(200, b"{}", b"Content-Type: application/json; charset=utf-8"))
    book << (
        "http_response",
        {
            "http.host": "fota.test",
            "http.path": "/fw?v=1",
            "http.status": 200,
            "http.content_type": "application/json",
            "http.content_length": 2,
            "http.body_bytes": 2,
            "http.body_complete": True,
        },
    )
    book.end().nothing()


def test_pages_have_no_hash() -> None:
    assert "http.body_sha256" not in play(up(GET), down(OK))[1].fields


def test_pipelined_requests_are_answered_in_order() -> None:
    seen = play(
        up(get("/1") + get("/2") + get("/3")), down(answer(200, b"a") + answer(404) + answer(200, b"ccc"))
    )
    told = [(each.fields.get("http.path"), each.fields.get("http.body_bytes")) for each in seen]
    assert told == [("/1", None), ("/2", None), ("/3", None), ("/1", 1), ("/2", 0), ("/3", 3)]


def test_a_response_to_head_has_a_length_and_no_body() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"
    seen = play(up(get("/big", "HEAD")), down(head), up(GET), down(OK))
    assert seen[1].fields["http.content_length"] == 5000
    assert seen[1].fields["http.body_bytes"] == 0
    assert seen[3].fields["http.path"] == "/a"


def test_interim_responses_answer_nothing() -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    seen = play(up(GET), down(interim), down(OK))
    assert [("http_request", None), ("http_response", 200)] == [
        (e.type, e.fields.get("http.status")) for e in seen
    ]
    assert seen[1].fields["http.path"] == "/a"


@pytest.mark.parametrize("status", [204, 304])
def test_statuses_without_body_are_followed_by_the_next_response(status: int) -> None:
    silent = b"HTTP/1.1 %d X\r\nContent-Length: 99\r\n\r\n" % status
    seen = play(up(GET + GET), down(silent + OK))
    assert [status, 200] == [each.fields["http.status"] for each in seen[2:]]


def test_after_an_upgrade_the_rest_is_not_http() -> None:
    book = Playbook(PARSER)
    book >> up(GET) >> down(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n" + OK) >> up(GET)
    book << ("http_request", {}) << ("http_response", {"http.status": 101, "http.path": "/a"})
    book.end().nothing()
    assert [0, 0] == [book.parser.appetite(each) for each in Direction]


def test_after_an_accepted_connect_another_protocol_is_looked_for() -> None:
    book = Playbook(PARSER)
    (
        book
        >> up(b"CONNECT in.test:443 HTTP/1.1\r\n\r\n")
        >> down(b"HTTP/1.1 200 OK\r\n\r\n")
        >> up(GET)
        >> down(OK)
    )
    book << ("http_request", {"http.method": "CONNECT", "http.host": "in.test"})
    book << ("http_response", {"http.status": 200, "http.host": "in.test", "http.body_complete": True})
    book.end().nothing()
    assert [ANOTHER, ANOTHER] == [book.parser.appetite(each) for each in Direction]


def test_what_comes_behind_the_answer_to_a_connect_is_not_lost() -> None:
    parser = PARSER(make_flow(6), frozenset({"http_request", "http_response"}))
    list(parser.feed(Direction.ORIGINATOR, b"CONNECT in.test:25 HTTP/1.1\r\n\r\n"))
    list(parser.feed(Direction.RESPONDER, b"HTTP/1.1 200 OK\r\n\r\n220 in.test"))
    assert parser.rest() == b"220 in.test"


def test_a_refused_connect_may_be_tried_again() -> None:
    connect = b"CONNECT in.test:443 HTTP/1.1\r\n\r\n"
    seen = play(up(connect), down(answer(407, b"no")), up(connect), down(b"HTTP/1.1 200 OK\r\n\r\n"))
    assert ["http_request", "http_response"] * 2 == [each.type for each in seen]


def test_request_bodies_are_stepped_over() -> None:
    post = b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 40\r\n\r\nGET /fake HTTP/1.1\r\nHost: x\r\n\r\n"
    chunked = b"PUT /q HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    padding = b"z" * (40 - 31)
    seen = play(up(post + padding + chunked + GET))
    assert ["/p", "/q", "/a"] == [each.fields["http.path"] for each in seen]


def test_a_body_until_close_is_complete_when_the_flow_ends() -> None:
    book = (
        Playbook(PARSER)
        >> up(GET)
        >> down(b"HTTP/1.0 200 OK\r\n\r\n\x7fELF" + b"\0" * 12)
        >> down(b"\1" * 100)
    )
    book << ("http_request", {})
    book.nothing()
    whole = b"\x7fELF" + b"\0" * 12 + b"\1" * 100
    book.end() << (
        "http_response",
        {
            "http.body_bytes": 116,
            "http.body_complete": True,
            "http.body_prefix": whole[:64].hex(),
            "http.body_sha256": hashlib.sha256(whole).hexdigest(),
        },
    )


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n",
    ],
)
def test_a_body_cut_by_the_end_of_the_flow_is_not_complete(head: bytes) -> None:
    seen = play(up(GET), down(head + b"abc"))
    assert (seen[1].fields["http.body_bytes"], seen[1].fields["http.body_complete"]) == (3, False)


def test_a_partial_firmware_download_says_its_range() -> None:
    part = answer(
        206, b"\0" * 64, b"Content-Range: bytes 0-63/4096", b"Content-Type: application/octet-stream"
    )
    fields = play(up(get("/m.bin")), down(part))[1].fields
    assert fields["http.content_range"] == "bytes 0-63/4096"
    assert fields["http.body_sha256"] == hashlib.sha256(b"\0" * 64).hexdigest()


@given(
    body=st.binary(max_size=300),
    chunked=st.booleans(),
    cuts=st.lists(st.integers(0, 600), max_size=6),
)
@settings(max_examples=100, deadline=None)
def test_bodies_are_those_of_the_standard_library(body: bytes, chunked: bool, cuts: list[int]) -> None:  # noqa: FBT001 - drawn
    coded = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    if not chunked or not body:
        coded = b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    message = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n" + coded

    class FakeSocket:
        def makefile(self, mode: str) -> io.BytesIO:
            return io.BytesIO(message)

    oracle = HTTPResponse(FakeSocket())  # type: ignore[arg-type]  # all it uses of a socket
    oracle.begin()
    expected = oracle.read()

    seen = play(*(down(part) for part in split(message, cuts)))
    assert len(seen) == 1
    assert len(expected) == seen[0].fields["http.body_bytes"]
    assert (hashlib.sha256(expected).hexdigest() if expected else None) == seen[0].fields.get(
        "http.body_sha256"
    )


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    ends = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    return [data[start:end] for start, end in pairwise(ends)]


TALK_UP = (
    GET
    + b"POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n0\r\nT: u\r\n\r\n"
    + b"\r\nHEAD /h HTTP/1.1\nHost: h\n\n"
    + b"GET /m.bin HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx"
)
TALK_DOWN = (
    b"HTTP/1.1 100 Continue\r\n\r\n"
    + OK
    + b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n2\r\nab\r\n0\r\n\r\n"
    + b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
    + b"HTTP/1.1 206 Partial\nContent-Length: 20\n\n"
    + bytes(20)
)


@given(cuts_up=st.lists(st.integers(0, 300), max_size=8), cuts_down=st.lists(st.integers(0, 300), max_size=8))
@settings(max_examples=150, deadline=None)
def test_segments_may_be_split_anywhere(cuts_up: list[int], cuts_down: list[int]) -> None:
    whole = play(up(TALK_UP), down(TALK_DOWN))
    parts = play(*map(up, split(TALK_UP, cuts_up)), *map(down, split(TALK_DOWN, cuts_down)))
    assert whole == parts
    assert ["http_request"] * 4 + ["http_response"] * 4 == [each.type for each in whole]


def test_byte_by_byte_says_the_same() -> None:
    each_up, each_down = split(TALK_UP, list(range(400))), split(TALK_DOWN, list(range(400)))
    assert play(up(TALK_UP), down(TALK_DOWN)) == play(*map(up, each_up), *map(down, each_down))


@given(end=st.integers(0, len(TALK_DOWN)))
@settings(max_examples=100, deadline=None)
def test_a_truncated_talk_says_a_beginning_of_the_whole(end: int) -> None:
    whole = play(up(TALK_UP), down(TALK_DOWN))
    cut = play(up(TALK_UP), down(TALK_DOWN[:end]))
    complete = [each for each in cut if each.fields.get("http.body_complete") is not False]
    assert complete == whole[: len(complete)]
    assert len(cut) - len(complete) <= 1


@given(
    st.lists(
        st.tuples(
            st.sampled_from(Direction),
            st.one_of(
                st.binary(max_size=60), st.sampled_from([GET, OK, TALK_UP, TALK_DOWN, b"HTTP/1.1 ", b"\r\n"])
            ),
            st.integers(0, 50),
        ),
        max_size=12,
    )
)
@settings(max_examples=150, deadline=None)
def test_any_bytes_and_gaps_are_survived(events: list[tuple[Direction, bytes, int]]) -> None:
    parser = PARSER(make_flow(), PARSER.YIELDS)
    seen: list[Seen] = []
    try:
        for direction, payload, missing in events:
            seen += parser.feed(direction, payload)
            seen += parser.gap(direction, missing)
    except Malformed:
        pass
    seen += parser.end()
    for each in seen:
        assert set(each.fields) <= set(OBSERVATIONS[each.type])


def test_requests_may_come_from_the_responder() -> None:
    book = Playbook(PARSER) >> down(GET) >> up(OK)
    (
        book
        << ("http_request", {"http.path": "/a"})
        << ("http_response", {"http.path": "/a", "http.status": 200})
    )


def test_responses_alone_are_read_without_host() -> None:
    seen = play(down(OK + OK))
    assert [2, 2] == [each.fields["http.body_bytes"] for each in seen]
    assert all("http.host" not in each.fields for each in seen)


def test_a_flow_joined_inside_a_body_is_read_from_the_next_message() -> None:
    seen = play(down(b"the end of some body\r\n\r\n"), up(GET), down(b"more of it"), down(OK))
    assert [("http_request", "/a"), ("http_response", None)] == [
        (e.type, e.fields.get("http.path")) for e in seen
    ]


def test_a_gap_in_a_body_of_known_length_keeps_the_place() -> None:
    book = Playbook(PARSER) >> up(get("/m.bin") + GET)
    book >> down(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"\0" * 400)
    book.seen += book.parser.gap(RESPONDER, 500)
    book >> down(b"\0" * 100 + OK)
    book << ("http_request", {}) << ("http_request", {})
    book << (
        "http_response",
        {
            "http.body_bytes": 500,
            "http.body_complete": False,
            "http.body_prefix": "00" * 64,
        },
    )
    book << ("http_response", {"http.path": "/a", "http.body_complete": True})


def test_a_body_with_a_hole_has_no_hash() -> None:
    book = (
        Playbook(PARSER)
        >> up(get("/m.bin"))
        >> down(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" + bytes(4))
    )
    book.seen += book.parser.gap(RESPONDER, 5)
    assert book.seen[-1].fields["http.body_prefix"] == "00" * 4
    assert "http.body_sha256" not in book.seen[-1].fields


def test_a_gap_that_ends_a_body_says_the_response() -> None:
    book = Playbook(PARSER) >> down(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234")
    book.seen += book.parser.gap(RESPONDER, 5)
    book << ("http_response", {"http.body_bytes": 5, "http.body_complete": False})


@pytest.mark.parametrize(
    "start", [b"HTTP/1.1 200 OK\r\nContent-", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"]
)
def test_after_a_gap_in_a_head_the_next_message_is_found(start: bytes) -> None:
    book = Playbook(PARSER) >> up(GET) >> down(start)
    book.seen += book.parser.gap(RESPONDER, 50)
    book >> down(b"tail of something") >> up(get("/b")) >> down(OK)
    assert [each.fields.get("http.path") for each in book.seen][-1] == "/b"
    assert book.seen[-1].fields["http.body_complete"] is True


def test_a_direction_that_stays_strange_is_given_up() -> None:
    parser = PARSER(make_flow(), PARSER.YIELDS)
    list(parser.feed(ORIGINATOR, GET))
    noise = b"\x80" * (1 << 16)
    for _ in range(RESYNC_BYTES // len(noise) + 1):
        list(parser.feed(RESPONDER, noise))
    assert parser.appetite(RESPONDER) == 0
    assert parser.appetite(ORIGINATOR) == FOR_NOW


def test_what_was_complete_is_said_before_malformed_bytes() -> None:
    parser = PARSER(make_flow(), PARSER.YIELDS)
    seen: list[Seen] = []
    with pytest.raises(Malformed):
        seen += parser.feed(
            RESPONDER, OK + b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"
        )
    assert [200] == [each.fields["http.status"] for each in seen]
    assert list(parser.end()) == []
    assert [0, 0] == [parser.appetite(each) for each in Direction]


def test_malformed_bytes_end_a_body_in_progress() -> None:
    parser = PARSER(make_flow(), PARSER.YIELDS)
    seen: list[Seen] = []
    with pytest.raises(Malformed):
        seen += parser.feed(
            RESPONDER, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n"
        )
    assert [(3, False)] == [
        (each.fields["http.body_bytes"], each.fields["http.body_complete"]) for each in seen
    ]


@pytest.mark.parametrize("step", [1 << 17, 1400])
def test_an_endless_head_is_malformed(step: int) -> None:
    parser = PARSER(make_flow(), PARSER.YIELDS)
    list(parser.feed(ORIGINATOR, b"GET / HTTP/1.1\r\nA: "))
    segments = (b"a" * step for _ in range(HEAD_BYTES // step + 2))
    with pytest.raises(Malformed):
        list(chain.from_iterable(parser.feed(ORIGINATOR, segment) for segment in segments))


def test_requests_without_end_and_without_answer_hold_little_memory() -> None:
    parser = PARSER(make_flow(), PARSER.YIELDS)
    for _ in range(100):
        list(parser.feed(ORIGINATOR, GET * 100))
    assert len(parser._outstanding._asked) == OUTSTANDING
    hosts = [each.fields.get("http.host") for each in parser.feed(RESPONDER, OK * (OUTSTANDING + 1))]
    assert ["h.test"] * OUTSTANDING + [None] == hosts


def test_nobody_wants_responses_means_no_appetite_for_them() -> None:
    parser = PARSER(make_flow(), frozenset({"http_request"}))
    assert [FOR_NOW, FOR_NOW] == [parser.appetite(each) for each in Direction]
    assert ["http_request"] == [each.type for each in parser.feed(ORIGINATOR, GET)]
    assert (FOR_NOW, 0) == (parser.appetite(ORIGINATOR), parser.appetite(RESPONDER))
    assert list(parser.feed(RESPONDER, OK)) == []


def test_nobody_wants_requests_and_responses_still_have_their_host() -> None:
    book = Playbook(PARSER, wanted=frozenset({"http_response"})) >> up(GET) >> down(OK)
    book << ("http_response", {"http.host": "h.test"})
    book.nothing()


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (GET, Verdict.CERTAIN),
        (b"\r\n" + GET, Verdict.CERTAIN),
        (b"GET /" + b"a" * 3000, Verdict.CERTAIN),
        (b"GET /unfinished", Verdict.UNSURE),
        (b"POS", Verdict.UNSURE),
        (b"HTTP/1.1 ", Verdict.UNSURE),
        (OK, Verdict.CERTAIN),
        (b"HTTP/1.1 abc nonsense", Verdict.NOT_MINE),
        (b"GET / HTTP/0.9\r\n", Verdict.NOT_MINE),
        (b"OPTIONS * RTSP/1.0\r\n", Verdict.NOT_MINE),
        (b"NOTIFY sip:x SIP/2.0\r\n", Verdict.NOT_MINE),
        (b"\x16\x03\x01", Verdict.NOT_MINE),
        (b"SSH-2.0-x\r\n", Verdict.NOT_MINE),
    ],
)
def test_only_http_is_claimed(payload: bytes, expected: Verdict) -> None:
    assert expected is PARSER.probe(payload, make_flow(resp_port=12345), ORIGINATOR)
