import hashlib
import io
from http.client import HTTPResponse

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model.errors import Malformed
from monitor.protocols._http_body import LINE_BYTES, TRAILER_BYTES, Body, Digest, Sized, body_of
from monitor.protocols._http_firmware import Likeness
from monitor.protocols._http_head import CHUNKED, UNTIL_CLOSE


def image() -> Digest:
    return Digest(Likeness.IMAGE, encoded=False)


def feed(body: Body, *segments: bytes) -> bytes:
    """Feed segments one by one and return what the body left of the last one it read."""
    for segment in segments:
        rest = segment[body.read(segment, 0) :]
        if body.done:
            return rest
    return b""


class FakeSocket:
    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def makefile(self, mode: str) -> io.BytesIO:
        return self._file


def test_a_sized_body_ends_at_its_length() -> None:
    digest = image()
    assert feed(body_of(10, digest), b"01234", b"56789next") == b"next"
    digest.settle()
    assert digest.count == 10
    assert digest.sha256() == hashlib.sha256(b"0123456789").hexdigest()


def test_a_body_until_close_takes_everything() -> None:
    digest = image()
    body = body_of(UNTIL_CLOSE, digest)
    feed(body, b"0123", b"4567")
    assert (body.done, body.ends_with_flow, digest.count) == (False, True, 8)


def test_chunks_with_extensions_and_trailers_are_decoded() -> None:
    digest = image()
    coded = b'4;name="v;w"\r\nWiki\r\n 05 \r\npedia\r\n000\r\nA: b\r\nC: d\r\n\r\nnext'
    assert feed(body_of(CHUNKED, digest), coded) == b"next"
    assert digest.count == 9
    assert digest.sha256() is None
    digest.settle()
    assert digest.sha256() == hashlib.sha256(b"Wikipedia").hexdigest()


def test_bare_line_feeds_end_chunk_lines() -> None:
    assert feed(body_of(CHUNKED, None), b"2\nab\n0\n\nnext") == b"next"


@given(
    chunks=st.lists(st.binary(min_size=1, max_size=40), max_size=8),
    extension=st.sampled_from([b"", b";a", b"; a=b"]),
    trailer=st.sampled_from([b"", b"Expires: 0\r\n"]),
    cuts=st.lists(st.integers(0, 400), max_size=6),
)
@settings(max_examples=100, deadline=None)
def test_chunked_bodies_are_those_of_the_standard_library(
    chunks: list[bytes], extension: bytes, trailer: bytes, cuts: list[int]
) -> None:
    coded = b"".join(b"%X%s\r\n%s\r\n" % (len(chunk), extension, chunk) for chunk in chunks)
    coded += b"0\r\n" + trailer + b"\r\n"
    oracle = HTTPResponse(FakeSocket(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + coded))  # type: ignore[arg-type]  # all it uses of a socket
    oracle.begin()
    expected = oracle.read()

    digest = image()
    ends = sorted({cut for cut in cuts if cut < len(coded)} | {len(coded)})
    feed(body := body_of(CHUNKED, digest), *(coded[a:b] for a, b in zip([0, *ends], ends, strict=False)))
    digest.settle()
    assert body.done
    assert len(expected) == digest.count
    assert (hashlib.sha256(expected).hexdigest() if expected else None) == digest.sha256()


@pytest.mark.parametrize(
    "coded",
    [b"\r\n", b"-1\r\n", b"0x1\r\n", b"1_0\r\n", b"g\r\n", b"f" * 16 + b"\r\n", b"1\r\nab\r\n", b";ext\r\n"],
)
def test_bad_chunks_are_malformed(coded: bytes) -> None:
    with pytest.raises(Malformed):
        feed(body_of(CHUNKED, None), coded)


@pytest.mark.parametrize("step", [1 << 20, 1000])
def test_an_endless_chunk_line_is_malformed(step: int) -> None:
    body = body_of(CHUNKED, None)
    with pytest.raises(Malformed):
        feed(body, b"1;", *[b"a" * step] * (LINE_BYTES // step + 2))


def test_an_endless_trailer_is_malformed() -> None:
    body = body_of(CHUNKED, None)
    with pytest.raises(Malformed):
        feed(body, b"0\r\n", *[b"A: " + b"b" * 1000 + b"\r\n"] * (TRAILER_BYTES // 1000 + 1))


def test_a_gap_inside_a_known_length_is_stepped_over() -> None:
    digest = image()
    body = body_of(100, digest)
    feed(body, b"a" * 30)
    assert body.skip(60)
    assert feed(body, b"b" * 10 + b"next") == b"next"
    assert (digest.count, digest.missing, digest.sha256()) == (40, 60, None)


@pytest.mark.parametrize(("framing", "start"), [(10, b"a"), (CHUNKED, b"A\r\na"), (CHUNKED, b"A")])
def test_a_gap_beyond_what_is_known_cannot_be_stepped_over(framing: int, start: bytes) -> None:
    body = body_of(framing, None)
    feed(body, start)
    assert not body.skip(10)


def test_a_gap_inside_a_chunk_is_stepped_over() -> None:
    body = body_of(CHUNKED, None)
    feed(body, b"A\r\nab")
    assert body.skip(8)
    assert feed(body, b"\r\n0\r\n\r\nnext") == b"next"


@given(content=st.binary(max_size=100), step=st.integers(1, 70))
@settings(max_examples=50, deadline=None)
def test_prefix_and_hash_do_not_depend_on_segments(content: bytes, step: int) -> None:
    digest = image()
    for at in range(0, len(content), step):
        digest.take(content[at : at + step])
    digest.settle()
    assert content[:64] == digest.prefix
    assert (hashlib.sha256(content).hexdigest() if content else None) == digest.sha256()


def test_a_page_is_counted_and_not_hashed() -> None:
    digest = Digest(Likeness.PAGE, encoded=False)
    digest.take(b"<html>" * 100)
    assert (digest.count, digest.image, digest.sha256()) == (600, False, None)


def test_a_body_of_which_nothing_is_kept_need_not_be_seen() -> None:
    body = Sized(1000, Digest(Likeness.NEVER, encoded=False))
    assert body.span == 0
    body.read(b"x" * 600, 0)
    assert (400, False) == (body.span, body.is_kept)
    body.absorb(399)
    body.read(b"y", 0)
    assert body.done
    assert body.digest is not None
    assert (1000, None) == (body.digest.count, body.digest.sha256())


def test_a_body_that_is_hashed_is_seen_whole() -> None:
    body = Sized(1000, Digest(Likeness.IMAGE, encoded=False))
    body.read(b"\x7fELF" + b"x" * 600, 0)
    assert (0, True) == (body.span, body.is_kept)
