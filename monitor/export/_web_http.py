"""Requests and answers of the web server as records: HTTP/1.1 (RFC 9112), one request for each connection.

Rule: no socket here. Bodies of requests are never read; nothing that is served needs one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from monitor.model.errors import Malformed

MAX_HEAD_BYTES = 16 << 10
"""Request line and headers; RFC 9112 section 3 asks for a request line of 8000 at least."""
MAX_HEADERS = 100
MAX_PARAMETERS = 32
TEXT = "text/plain; charset=utf-8"
HARDENING = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Headers of every answer; an answer and the web configuration may set their own."""

_END = re.compile(rb"\r?\n\r?\n")
_REQUEST_LINE = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) (\S+) HTTP/1\.[01]")
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*)")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_FORM = re.compile(r"/|https?://", re.IGNORECASE)


class Request(NamedTuple):
    """What is asked for."""

    method: str
    path: str
    """Decoded; it is compared with what there is, and never names a file."""
    query: Mapping[str, tuple[str, ...]]
    headers: Mapping[str, str]
    """By name in lower case; repeated ones are joined by commas (RFC 9110 section 5.2)."""

    def header(self, name: str) -> str:
        """Return a header, empty when it is not there."""
        return self.headers.get(name, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is said."""

    status: HTTPStatus = HTTPStatus.OK
    content_type: str = TEXT
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def text(cls, status: HTTPStatus, words: str, **headers: str) -> "Answer":
        """Return an answer of one line or some; a header's name has ``_`` for ``-``."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return cls(status=status, body=f"{words}\n".encode("utf-8", "replace"), headers=named)


def end_of_head(received: bytes | bytearray) -> int | None:
    """Return where the head ends; None when there is more to come."""
    found = _END.search(received)
    return None if found is None else found.end()


def parse_head(head: bytes) -> Request:
    """Return the request of a whole head; raises Malformed."""
    lines = head.decode("latin-1").replace("\r\n", "\n").rstrip("\n").split("\n")
    request_line = _REQUEST_LINE.fullmatch(lines[0])
    if request_line is None:
        raise Malformed("not a request line of HTTP/1.1")
    if len(lines) > MAX_HEADERS + 1:
        raise Malformed(f"more than {MAX_HEADERS} headers")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        header = _HEADER.fullmatch(line)
        if header is None or _CONTROL.search(line):
            raise Malformed("not a header")
        name, value = header[1].lower(), header[2].rstrip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    path, query = _target(request_line[2])
    return Request(request_line[1], path, query, headers)


def _target(text: str) -> tuple[str, dict[str, tuple[str, ...]]]:
    if _FORM.match(text) is None:
        raise Malformed("neither a path nor an address")
    try:
        # A path may begin with two slashes; it is no host for that.
        parts = urlsplit(f"http://host{text}" if text.startswith("/") else text)
        query = parse_qs(parts.query, keep_blank_values=True, max_num_fields=MAX_PARAMETERS, errors="replace")
    except ValueError as error:
        raise Malformed("an address that cannot be taken apart") from error
    path = unquote(parts.path or "/", errors="replace")
    return path, {name: tuple(values) for name, values in query.items()}


def answer_bytes(answer: Answer, decided: Mapping[str, str], *, has_body: bool) -> bytes:
    """Return what goes over the wire; of an answer to HEAD the head only (RFC 9110 section 9.3.2).

    ``decided`` are headers of the web configuration: they win, and one that is blank is left out.
    """
    named = {
        "Content-Type": answer.content_type,
        "Content-Length": str(len(answer.body)),
        "Connection": "close",
        **HARDENING,
        **answer.headers,
        **decided,
    }
    lines = [f"HTTP/1.1 {answer.status.value} {answer.status.phrase}"]
    lines += [f"{name}: {value}" for name, value in named.items() if value]
    head = "\r\n".join(lines) + "\r\n\r\n"
    return head.encode("latin-1", "replace") + (answer.body if has_body else b"")
