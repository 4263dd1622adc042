"""Which request a response answers, and what is said of the two.

Responses come in the order of their requests (RFC 9112 section 9.3.2). Nothing is read from bytes here.
"""

from collections import deque
from typing import NamedTuple

from monitor.model.observation import Seen, Value
from monitor.protocols._http_body import Digest
from monitor.protocols._http_firmware import Likeness, likeness
from monitor.protocols._http_head import RequestHead, ResponseHead

OUTSTANDING = 64
"""Requests without a response that are remembered; those beyond are only counted, so that the order is kept."""

SWITCHING = 101
"""Switching Protocols: what follows is not HTTP (RFC 9110 section 15.2.2)."""
_BODILESS = frozenset({SWITCHING, 204, 304})
"""Responses without a body whatever their fields say (RFC 9112 section 6.3, number 1)."""
_NEVER = Likeness.NEVER


class Asked(NamedTuple):
    """What a response needs to know of its request."""

    method: str | None
    host: str | None
    path: str | None


UNASKED = Asked(None, None, None)
"""The request was not seen."""


class Outstanding:
    """Requests that are not answered, in order."""

    __slots__ = ("_asked", "_forgotten")

    def __init__(self) -> None:
        self._asked: deque[Asked] = deque()
        self._forgotten = 0
        """Requests that came after those in the queue and were not remembered."""

    def add(self, asked: Asked) -> None:
        if self._forgotten or len(self._asked) >= OUTSTANDING:
            self._forgotten += 1
        else:
            self._asked.append(asked)

    def answer(self) -> Asked:
        """Return the request that the next response answers."""
        if self._asked:
            return self._asked.popleft()
        if self._forgotten:
            self._forgotten -= 1
        return UNASKED

    def clear(self) -> None:
        self._asked.clear()
        self._forgotten = 0


def request_seen(head: RequestHead) -> Seen:
    """Return the observation of a request."""
    method, host, path, user_agent, _ = head
    fields: dict[str, Value] = {"http.method": method}
    if host is not None:
        fields["http.host"] = host
    if path is not None:
        fields["http.path"] = path
    if user_agent is not None:
        fields["http.user_agent"] = user_agent
    return Seen("http_request", fields)


def opens_tunnel(asked: Asked, head: ResponseHead) -> bool:
    """Whether a proxy connects the client with another server (RFC 9110 section 9.3.6)."""
    is_wanted = asked.method == "CONNECT" or (head.from_proxy and asked.method is None)
    return is_wanted and 200 <= head.status <= 299


def has_body(asked: Asked, head: ResponseHead) -> bool:
    """Whether a body may follow (RFC 9112 section 6.3, numbers 1 and 2)."""
    return head.status not in _BODILESS and asked.method != "HEAD" and not opens_tunnel(asked, head)


def begin_digest(asked: Asked, head: ResponseHead) -> Digest:
    """Return what keeps the body of a response."""
    is_success = 200 <= head.status <= 299
    before = likeness(head.content_type, asked.path) if is_success else _NEVER
    return Digest(before, encoded=head.encoded)


def begin_response(asked: Asked, head: ResponseHead) -> dict[str, Value]:
    """Return the fields that are known before the body."""
    fields: dict[str, Value] = {"http.status": head.status}
    if asked.host is not None:
        fields["http.host"] = asked.host
    if asked.path is not None:
        fields["http.path"] = asked.path
    if head.content_type is not None:
        fields["http.content_type"] = head.content_type
    if head.content_length is not None:
        fields["http.content_length"] = head.content_length
    if head.content_range is not None:
        fields["http.content_range"] = head.content_range
    return fields


def response_seen(fields: dict[str, Value], digest: Digest, *, complete: bool) -> Seen:
    """Return the observation of a response whose body ended, or will not be seen any further."""
    digest.settle()
    complete = complete and digest.missing == 0
    fields["http.body_bytes"] = digest.count
    fields["http.body_complete"] = complete
    if digest.image:
        fields["http.body_prefix"] = digest.prefix.hex()
        sha256 = digest.sha256() if complete else None
        if sha256 is not None:
            fields["http.body_sha256"] = sha256
    return Seen("http_response", fields)
