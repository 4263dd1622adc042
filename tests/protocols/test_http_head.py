import pytest

from monitor.model.errors import Malformed
from monitor.protocols._http_head import (
    CHUNKED,
    FIELD_CHARACTERS,
    HEAD_LINES,
    MEMO_BYTES,
    TARGET_CHARACTERS,
    UNTIL_CLOSE,
    RequestHead,
    ResponseHead,
    Start,
    find_head_end,
    find_start,
    read_request,
    read_response,
)


def request(line: bytes, *fields: bytes) -> RequestHead:
    head = read_request(b"\r\n".join((line, *fields, b"", b"")))
    assert head is not None
    return head


def response(line: bytes, *fields: bytes) -> ResponseHead:
    head = read_response(b"\r\n".join((line, *fields, b"", b"")))
    assert head is not None
    return head


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", Start.SHORT),
        (b"G", Start.SHORT),
        (b"GET", Start.SHORT),
        (b"GET ", Start.SHORT),
        (b"GET ht", Start.SHORT),
        (b"GET /", Start.REQUEST),
        (b"OPTIONS * HTTP/1.1", Start.REQUEST),
        (b"GET http://host/", Start.REQUEST),
        (b"CONNECT ", Start.SHORT),
        (b"CONNECT host:443", Start.REQUEST),
        (b"CONNECT /", Start.NEITHER),
        (b"HTTP/", Start.SHORT),
        (b"HTTP/1.1 200", Start.RESPONSE),
        (b"HTTP/2 200", Start.NEITHER),
        (b"PRI * HTTP/2.0", Start.NEITHER),
        (b"OPTIONS sip:alice@host SIP/2.0", Start.NEITHER),
        (b"DESCRIBE rtsp://host/ RTSP/1.0", Start.NEITHER),
        (b"get / HTTP/1.1", Start.NEITHER),
        (b"\x16\x03\x01\x02\x00", Start.NEITHER),
        (b"VERSION-CONTROLS ", Start.NEITHER),
    ],
)
def test_first_bytes_tell_requests_and_responses_from_the_rest(data: bytes, expected: Start) -> None:
    assert expected is find_start(data)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"GET / HTTP/1.1\r\nA: b\r\n\r\nbody\r\n\r\n", 24),
        (b"GET / HTTP/1.1\nA: b\n\nbody\r\n\r\n", 21),
        (b"GET / HTTP/1.1\r\nA: b\r\n\n", 23),
        (b"GET / HTTP/1.1\r\n\r\n", 18),
        (b"GET / HTTP/1.1\r\nA: b\r\n\r", -1),
    ],
)
def test_a_head_ends_with_an_empty_line_of_either_kind(head: bytes, expected: int) -> None:
    assert expected == find_head_end(head, 0, 0)


def test_the_end_of_a_head_is_found_when_its_empty_line_was_split() -> None:
    head = b"GET / HTTP/1.1\r\nA: b\r\n\r\n"
    assert {24} == {find_head_end(head, 0, searched) for searched in range(24)}


@pytest.mark.parametrize(
    ("target", "host_field", "host", "path"),
    [
        (b"/a?b=1#c", b"Example.ORG", "example.org", "/a?b=1#c"),
        (b"/", b"example.org:8080", "example.org", "/"),
        (b"/", b"example.org.", "example.org", "/"),
        (b"/", b"[2001:DB8::1]:80", "2001:db8::1", "/"),
        (b"/", b"198.51.100.1", "198.51.100.1", "/"),
        (b"http://Other.test:81/x", b"example.org", "other.test", "/x"),
        (b"http://user:pw@other.test/x", b"example.org", "other.test", "/x"),
        (b"HTTP://[::1]:8080", b"example.org", "::1", "/"),
        (b"http://other.test?q=/", b"example.org", "other.test", "/?q=/"),
        (b"*", b"example.org", "example.org", "*"),
        (b"/", b"", None, "/"),
        (b"/?to=http://x/", b"example.org", "example.org", "/?to=http://x/"),
        (b"/with blanks in it", b"h", "h", "/with blanks in it"),
        (b"/\x1b[2J", b"h", "h", "/\\x1b[2J"),
    ],
)
def test_host_and_path_come_from_target_and_host_field(
    target: bytes, host_field: bytes, host: str | None, path: str
) -> None:
    head = request(b"GET " + target + b" HTTP/1.1", b"Host: " + host_field)
    assert (host, path) == (head.host, head.path)


def test_connect_has_a_host_and_no_path() -> None:
    head = request(b"CONNECT Proxy.test:443 HTTP/1.1", b"Host: other.test")
    assert (head.method, head.host, head.path) == ("CONNECT", "proxy.test", None)


def test_field_names_have_no_case_and_values_no_surrounding_blanks() -> None:
    head = request(b"GET / HTTP/1.1", b"HOST:h.test", b"uSER-aGENT: \t Mod/1.0 \t")
    assert (head.host, head.user_agent) == ("h.test", "Mod/1.0")


def test_folded_lines_belong_to_their_field() -> None:
    head = request(b"GET / HTTP/1.1", b"User-Agent: one", b"  two", b"\tthree", b"Host: h")
    assert head.user_agent == "one two three"
    assert head.host == "h"


def test_a_name_inside_a_folded_line_is_no_field() -> None:
    assert request(b"GET / HTTP/1.1", b"X: a", b" Host: fake", b"Host: real").host == "real"


def test_bare_line_feeds_end_lines() -> None:
    head = read_request(b"GET / HTTP/1.0\nHost: h.test\nUser-Agent: a\n\n")
    assert head == RequestHead("GET", "h.test", "/", "a", 0)


def test_long_values_are_cut() -> None:
    head = request(b"GET /" + b"a" * 20000 + b" HTTP/1.1", b"Host: h", b"User-Agent: " + b"b" * 20000)
    assert len(head.path or "") == TARGET_CHARACTERS
    assert len(head.user_agent or "") == FIELD_CHARACTERS


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/0.9\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET HTTP/1.1\r\n\r\n",
        b"NOPE / HTTP/1.1\r\n\r\n",
        b"\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\n\r\n",
    ],
)
def test_other_first_lines_are_no_request(head: bytes) -> None:
    assert read_request(head) is None


@pytest.mark.parametrize(
    "head",
    [b"HTTP/1.1 2x0 OK\r\n\r\n", b"HTTP/1.1\r\n\r\n", b"HTTP/2 200\r\n\r\n", b"HTTP/1.1-200 OK\r\n\r\n"],
)
def test_other_status_lines_are_no_response(head: bytes) -> None:
    assert read_response(head) is None


def test_a_response_says_what_frames_and_describes_its_body() -> None:
    head = response(
        b"HTTP/1.1 206 Partial Content",
        b"Content-Type: Application/Octet-Stream; charset=x",
        b"Content-Length: 100",
        b"Content-Range: bytes 0-99/5000",
        b"Content-Encoding: gzip",
    )
    assert head == ResponseHead(
        206,
        "application/octet-stream",
        100,
        "bytes 0-99/5000",
        encoded=True,
        framing=100,
        from_proxy=False,
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ((), UNTIL_CLOSE),
        ((b"Content-Length: 0",), 0),
        ((b"Content-Length: 7, 7",), 7),
        ((b"Content-Length: 7", b"content-length: 7"), 7),
        ((b"Transfer-Encoding: chunked",), CHUNKED),
        ((b"Transfer-Encoding: gzip, Chunked",), CHUNKED),
        ((b"Transfer-Encoding: gzip", b"Transfer-Encoding: chunked"), CHUNKED),
        ((b"Transfer-Encoding: gzip",), UNTIL_CLOSE),
        ((b"Transfer-Encoding: chunked", b"Content-Length: 7"), CHUNKED),
        ((b"X-Content-Length: 9",), UNTIL_CLOSE),
    ],
)
def test_framing_follows_the_standard(fields: tuple[bytes, ...], expected: int) -> None:
    assert expected == response(b"HTTP/1.1 200 OK", *fields).framing


@pytest.mark.parametrize(
    "fields",
    [
        (b"Content-Length: 7", b"Content-Length: 8"),
        (b"Content-Length: 7, 8",),
        (b"Content-Length: -1",),
        (b"Content-Length: +1",),
        (b"Content-Length: 0x10",),
        (b"Content-Length:",),
        (b"Content-Length: " + b"9" * 19,),
    ],
)
def test_a_length_that_cannot_be_used_is_malformed(fields: tuple[bytes, ...]) -> None:
    with pytest.raises(Malformed):
        response(b"HTTP/1.1 200 OK", *fields)


def test_a_request_without_length_has_no_body() -> None:
    assert request(b"POST / HTTP/1.1", b"Host: h").framing == 0


def test_too_many_lines_are_malformed() -> None:
    with pytest.raises(Malformed):
        request(b"GET / HTTP/1.1", *[b"A: b"] * (HEAD_LINES + 1))


def test_a_proxy_is_told_by_its_reason_phrase() -> None:
    assert response(b"HTTP/1.0 200 Connection Established").from_proxy
    assert not response(b"HTTP/1.0 200 Connection Established", b"Content-Length: 3").from_proxy


def test_lines_that_are_remembered_say_nothing_of_another_request_line() -> None:
    lines = (b"Host: a.example", b"User-Agent: x", b"Content-Length: 3")
    first, second = request(b"GET /1 HTTP/1.1", *lines), request(b"POST http://b.example/2 HTTP/1.1", *lines)
    assert first == RequestHead("GET", "a.example", "/1", "x", 3)
    assert second == RequestHead("POST", "b.example", "/2", "x", 3)


def test_lines_too_long_to_be_remembered_are_read_alike() -> None:
    long = b"X: " + b"x" * MEMO_BYTES
    assert request(b"GET / HTTP/1.1", b"Host: a", long) == request(b"GET / HTTP/1.1", b"Host: a")


def test_lines_that_are_malformed_are_so_each_time() -> None:
    for _ in range(2):
        with pytest.raises(Malformed):
            request(b"GET / HTTP/1.1", b"Content-Length: x")
