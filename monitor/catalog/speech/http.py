"""HTTP/1.1: a request, and a response with a body that looks like firmware (RFC 9112)."""

from monitor.catalog.speech._speaker import Fields, Speaker, number, text
from monitor.catalog.wire import TCP, Conversation, down, up

PORT = 80
_IMAGE_TYPE = "application/octet-stream"
_PADDING = bytes(256)
"""Bytes after the stated prefix, so that a body is longer than what is shown of it."""
_REQUEST = frozenset({"http.method", "http.host", "http.path", "http.user_agent"})
_RESPONSE = frozenset({"http.status", "http.content_type", "http.body_prefix"})


def _request(fields: Fields) -> list[Conversation]:
    return [
        Conversation(
            TCP,
            PORT,
            (up(_request_head(fields)), down(_answer(200, "text/html", b"ok"))),
        )
    ]


def _response(fields: Fields) -> list[Conversation]:
    body = bytes.fromhex(text(fields, "http.body_prefix", "7f454c46")) + _PADDING
    answer = _answer(number(fields, "http.status", 200), text(fields, "http.content_type", _IMAGE_TYPE), body)
    return [Conversation(TCP, PORT, (up(_request_head(fields)), down(answer)))]


def _request_head(fields: Fields) -> bytes:
    lines = (
        f"{text(fields, 'http.method', 'GET')} {text(fields, 'http.path', '/')} HTTP/1.1",
        f"Host: {text(fields, 'http.host', 'host.example')}",
        f"User-Agent: {text(fields, 'http.user_agent', 'agent')}",
    )
    return "\r\n".join((*lines, "", "")).encode("latin-1", "replace")


def _answer(status: int, content_type: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} Said\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode("latin-1", "replace") + body


SPEAK = (Speaker(_REQUEST, _request), Speaker(_RESPONSE | {"http.host", "http.path"}, _response))
