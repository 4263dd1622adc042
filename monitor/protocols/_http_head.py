"""Heads of HTTP/1 messages: where one starts, where it ends, and the few fields that are said or that frame a body.

RFC 9112 sections 2 to 6. A head is read from its bytes alone; whose turn it is and what a body holds is not known here.
"""

import re
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from monitor.model.errors import Malformed
from monitor.protocols._clean_text import clean_text

HEAD_BYTES = 1 << 16
"""Longest head that is read."""
HEAD_LINES = 512
"""Most lines of a head that is read."""
TARGET_CHARACTERS = 8192
"""Request targets are cut after this (RFC 9110 section 4.1 asks for 8000 octets at least)."""
HOST_CHARACTERS = 512
FIELD_CHARACTERS = 1024
"""Other field values are cut after this."""
MEMO_BYTES = 512
"""Lines of longer requests are not remembered."""
MEMO_ENTRIES = 1024
LENGTH_DIGITS = 18
"""Longest Content-Length that is read; an exabyte."""

CHUNKED = -1
"""Framing: chunks say where the body ends (RFC 9112 section 7.1)."""
UNTIL_CLOSE = -2
"""Framing: nothing says it, so the end of the connection does (section 6.3, number 8)."""

STATUS_MARK = b"HTTP/1."
_METHOD_NAMES = (
    "GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH QUERY"
    " ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT COPY LABEL LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL"
    " MKREDIRECTREF MKWORKSPACE MOVE ORDERPATCH PROPFIND PROPPATCH REBIND REPORT SEARCH UNBIND UNCHECKOUT UNLINK"
    " UNLOCK UPDATE UPDATEREDIRECTREF VERSION-CONTROL PURGE M-POST M-SEARCH NOTIFY SUBSCRIBE UNSUBSCRIBE"
)
METHODS = {name.encode(): name for name in _METHOD_NAMES.split()}
"""The IANA HTTP Method Registry (without PRI, which opens HTTP/2), PURGE, and the methods of UPnP."""
_HEAD_END = re.compile(rb"\n\r?\n")
"""A bare line feed ends a line too (RFC 9112 section 2.2)."""
_VALUE = rb"):([^\n]*(?:\n[ \t][^\n]*)*)"
"""A field's value with its folded lines (RFC 9112 section 5.2); each byte fits one way only, so the time is linear."""
_REQUEST_FIELD = re.compile(rb"\n(host|user-agent|content-length|transfer-encoding" + _VALUE, re.IGNORECASE)
_RESPONSE_FIELD = re.compile(
    rb"\n(content-(?:type|length|range|encoding)|transfer-encoding" + _VALUE, re.IGNORECASE
)
_LISTS = frozenset({b"content-length", b"transfer-encoding"})
"""Fields whose repetition matters; of others the first counts."""
_CACHED = 1 << 12
_LONGEST_METHOD = max(map(len, METHODS))
_METHOD_BEGINNINGS = frozenset(method[:length] for method in METHODS for length in range(1, len(method) + 1))
_TARGET_FORMS = (b"/", b"http://", b"https://", b"*", b"HTTP://", b"HTTPS://")
"""Origin, absolute and asterisk form (RFC 9112 section 3.2); SIP, RTSP and ICAP use other schemes."""


class Start(Enum):
    """What the first bytes of a message can be."""

    REQUEST = 1
    RESPONSE = 2
    SHORT = 3
    """Either; more bytes are needed."""
    NEITHER = 4


# An enumeration's member costs a look-up each time.
_REQUEST, _RESPONSE, _SHORT, _NEITHER = Start


class RequestHead(NamedTuple):
    """What is read of a request's head."""

    method: str
    host: str | None
    path: str | None
    """None for CONNECT, whose target is an authority."""
    user_agent: str | None
    framing: int
    """Bytes of the body, or CHUNKED, or UNTIL_CLOSE, which in a request means that nobody can tell."""


class ResponseHead(NamedTuple):
    """What is read of a response's head."""

    status: int
    content_type: str | None
    content_length: int | None
    content_range: str | None
    encoded: bool
    """A Content-Encoding is stated (RFC 9110 section 8.4)."""
    framing: int
    """As if it answered a GET: HEAD, CONNECT and the status are judged by who knows the request."""
    from_proxy: bool
    """Its reason phrase is what proxies say to CONNECT, and nothing frames a body."""


def find_start(data: bytes) -> Start:
    """Say what the message can be that starts the data."""
    if data.startswith(STATUS_MARK):
        return _RESPONSE
    beginning = data[: _LONGEST_METHOD + 1]
    method, space, _ = beginning.partition(b" ")
    if not space:
        may_be = beginning in _METHOD_BEGINNINGS or STATUS_MARK.startswith(beginning)
        return _SHORT if may_be else _NEITHER
    if method not in METHODS:
        return _NEITHER
    return _start_of_target(method, data[len(method) + 1 : len(method) + 9])


def find_head_end(data: bytes, at: int, searched: int) -> int:
    """Return where the body starts, or -1; the head starts at ``at`` and does not end before ``searched``."""
    end = _HEAD_END.search(data, max(at, searched - 2))
    return -1 if end is None else end.end()


def read_request(head: bytes) -> RequestHead | None:
    """Read a whole request head, None when it is not one; raises ``Malformed``."""
    line_end = head.find(b"\n")
    words = head[:line_end].split()
    if len(words) < 3 or not words[-1].startswith(STATUS_MARK):
        return None
    method = METHODS.get(words[0])
    if method is None:
        return None
    # A target with blanks in it is wrong and yet served by many (RFC 9112 section 3).
    authority, path = _split_target(method, words[1] if len(words) == 3 else b" ".join(words[1:-1]))
    lines = head[line_end:]
    read = _read_request_fields if len(lines) > MEMO_BYTES else _read_request_fields_again
    host, agent, framing = read(lines)
    if authority is not None:
        host = _host(authority[:HOST_CHARACTERS])
    return RequestHead(
        method, host, None if path is None else clean_text(path, TARGET_CHARACTERS), agent, framing
    )


def read_response(head: bytes) -> ResponseHead | None:
    """Read a whole response head, None when it is not one; raises ``Malformed``."""
    status = head[9:12]
    if not head.startswith(STATUS_MARK) or head[8:9] != b" " or not status.isdigit():
        return None
    fields = _read_fields(_RESPONSE_FIELD, head)
    kind = fields.get(b"content-type")
    content_range = fields.get(b"content-range")
    length = _content_length(fields)
    framing = _framing(fields, length)
    return ResponseHead(
        int(status),
        None if kind is None else _media_type(kind[:FIELD_CHARACTERS]),
        length,
        None if content_range is None else clean_text(content_range, FIELD_CHARACTERS),
        b"content-encoding" in fields,
        UNTIL_CLOSE if framing is None else framing,
        framing is None and head[13:36].lower() == b"connection established\r",
    )


def _start_of_target(method: bytes, target: bytes) -> Start:
    """Judge the first bytes after the method and its space."""
    if not target:
        return _SHORT
    if method == b"CONNECT":
        return _REQUEST if target[:1].isalnum() or target.startswith(b"[") else _NEITHER
    if target.startswith(_TARGET_FORMS):
        return _REQUEST
    return _SHORT if any(form.startswith(target) for form in _TARGET_FORMS) else _NEITHER


def _read_request_fields(lines: bytes) -> tuple[str | None, str | None, int]:
    """Return host, user agent and framing that the lines after a request line state; raises ``Malformed``."""
    fields = _read_fields(_REQUEST_FIELD, lines)
    host, agent = fields.get(b"host"), fields.get(b"user-agent")
    framing = _framing(fields, _content_length(fields))
    return (
        _host(host[:HOST_CHARACTERS]) if host else None,
        None if agent is None else clean_text(agent, FIELD_CHARACTERS),
        0 if framing is None else framing,
    )


_read_request_fields_again = lru_cache(maxsize=MEMO_ENTRIES)(_read_request_fields)
"""A device says the same in all its requests to a host."""


def _read_fields(pattern: re.Pattern[bytes], head: bytes) -> Mapping[bytes, bytes]:
    """Return the fields of interest by lower-case name; elements of repeated fields are joined (RFC 9110 section 5.3)."""
    if head.count(b"\n") > HEAD_LINES:
        raise Malformed("http: too many lines in a head")
    fields: dict[bytes, bytes] = {}
    for name, raw in pattern.findall(head):
        key, value = name.lower(), raw.strip()
        if b"\n" in value:
            value = b" ".join(map(bytes.strip, value.split(b"\n")))
        if key not in fields:
            fields[key] = value
        elif key in _LISTS:
            fields[key] += b"," + value
    return fields


def _framing(fields: Mapping[bytes, bytes], length: int | None) -> int | None:
    """Return how the body ends; None when no field says it. Transfer-Encoding wins (RFC 9112 section 6.3)."""
    codings = fields.get(b"transfer-encoding")
    if codings is None:
        return length
    return CHUNKED if codings.rpartition(b",")[2].strip().lower() == b"chunked" else UNTIL_CLOSE


def _content_length(fields: Mapping[bytes, bytes]) -> int | None:
    length = fields.get(b"content-length")
    if length is None:
        return None
    if b"," in length:
        # Equal values may be repeated, in one field or in several (RFC 9110 section 8.6).
        first, *others = {value.strip() for value in length.split(b",")}
        length = b"" if others else first
    if not length.isdigit() or len(length) > LENGTH_DIGITS:
        raise Malformed("http: no usable Content-Length")
    return int(length)


def _split_target(method: str, target: bytes) -> tuple[bytes | None, bytes | None]:
    """Return authority and path of a request target (RFC 9112 section 3.2); the first outranks the Host field."""
    if target.startswith(b"/"):
        return None, target
    if method == "CONNECT":
        return target, None
    if b"://" not in target[:8]:
        return None, target
    rest = target[target.find(b"://") + 3 :]
    end = min((at for at in map(rest.find, (b"/", b"?", b"#")) if at >= 0), default=len(rest))
    path = rest[end:]
    return rest[:end], path if path.startswith(b"/") else b"/" + path


@lru_cache(maxsize=_CACHED)
def _host(authority: bytes) -> str | None:
    """Return the host of an authority: no user, no port, no brackets, lower case, no final dot."""
    host = authority.rpartition(b"@")[2]
    if host.startswith(b"["):
        host = host[1:].partition(b"]")[0]
    else:
        host = host.partition(b":")[0]
    return clean_text(host.strip().rstrip(b"."), HOST_CHARACTERS).lower() or None


@lru_cache(maxsize=_CACHED)
def _media_type(value: bytes) -> str | None:
    """Return type and subtype (RFC 9110 section 8.3.1)."""
    return clean_text(value.partition(b";")[0].rstrip().lower(), FIELD_CHARACTERS) or None
