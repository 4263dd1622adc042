import pytest

from monitor.protocols._http_body import Digest
from monitor.protocols._http_exchange import (
    OUTSTANDING,
    UNASKED,
    Asked,
    Outstanding,
    begin_response,
    has_body,
    opens_tunnel,
    request_seen,
    response_seen,
)
from monitor.protocols._http_firmware import Likeness
from monitor.protocols._http_head import UNTIL_CLOSE, RequestHead, ResponseHead


def head(status: int, *, from_proxy: bool = False) -> ResponseHead:
    return ResponseHead(status, None, None, None, encoded=False, framing=UNTIL_CLOSE, from_proxy=from_proxy)


def asked(number: int) -> Asked:
    return Asked("GET", "h", f"/{number}")


def test_responses_answer_the_oldest_request() -> None:
    outstanding = Outstanding()
    outstanding.add(asked(1))
    outstanding.add(asked(2))
    assert [asked(1), asked(2), UNASKED] == [outstanding.answer() for _ in range(3)]


def test_forgotten_requests_keep_their_place_in_the_order() -> None:
    outstanding = Outstanding()
    for number in range(OUTSTANDING + 3):
        outstanding.add(asked(number))
    assert [asked(number) for number in range(10)] == [outstanding.answer() for _ in range(10)]
    outstanding.add(asked(1000))
    for _ in range(OUTSTANDING - 10):
        assert outstanding.answer() != UNASKED
    assert [UNASKED] * 4 == [outstanding.answer() for _ in range(4)]
    outstanding.add(asked(2000))
    assert asked(2000) == outstanding.answer()


def test_nothing_is_outstanding_after_a_loss() -> None:
    outstanding = Outstanding()
    for number in range(OUTSTANDING + 3):
        outstanding.add(asked(number))
    outstanding.clear()
    outstanding.add(asked(7))
    assert asked(7) == outstanding.answer()


@pytest.mark.parametrize(
    ("method", "response", "expected"),
    [
        ("GET", head(101), False),
        ("CONNECT", head(200), True),
        ("CONNECT", head(407), False),
        ("GET", head(200, from_proxy=True), False),
        (None, head(200, from_proxy=True), True),
        (None, head(200), False),
    ],
)
def test_a_proxy_opens_a_tunnel_when_asked_to(
    method: str | None,
    response: ResponseHead,
    expected: bool,  # noqa: FBT001 - a table
) -> None:
    assert expected is opens_tunnel(Asked(method, None, None), response)


@pytest.mark.parametrize(
    ("method", "status", "expected"),
    [
        ("GET", 200, True),
        ("HEAD", 200, False),
        ("GET", 204, False),
        ("GET", 304, False),
        ("CONNECT", 407, True),
    ],
)
def test_some_responses_have_no_body(method: str, status: int, expected: bool) -> None:  # noqa: FBT001 - a table
    assert expected is has_body(Asked(method, None, None), head(status))


def test_what_is_not_known_is_left_out() -> None:
    assert request_seen(RequestHead("GET", None, None, None, 0)).fields == {"http.method": "GET"}
    assert begin_response(UNASKED, head(200)) == {"http.status": 200}


def test_an_image_with_a_hole_has_a_prefix_and_no_hash() -> None:
    digest = Digest(Likeness.IMAGE, encoded=False)
    digest.take(b"0123456789abcdef" * 5)
    digest.skip(3)
    seen = response_seen({}, digest, complete=True)
    assert seen.fields == {
        "http.body_bytes": 80,
        "http.body_complete": False,
        "http.body_prefix": (b"0123456789abcdef" * 4).hex(),
    }
