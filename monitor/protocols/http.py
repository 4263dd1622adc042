"""HTTP/1.0 and 1.1 (RFC 9110, 9112): requests, and responses with what can be said of their bodies.

Which direction asks is told by its first bytes, so a capture may begin anywhere and may hold one direction only.
A response belongs to the oldest request that is not answered. Bytes that are no message where one should start are read
over until a segment starts with one. Content-Encoding is not undone. Nothing is decided here about what an image means.
"""

from collections.abc import Iterable, Iterator
from typing import ClassVar

from monitor.model.errors import Malformed
from monitor.model.flow import Direction, Flow
from monitor.model.observation import Seen, Value
from monitor.model.packet import IpProtocol
from monitor.model.parser import ANOTHER, FOR_NOW, FOREVER, Verdict
from monitor.protocols._http_body import Body, body_of
from monitor.protocols._http_exchange import (
    SWITCHING,
    Asked,
    Outstanding,
    begin_digest,
    begin_response,
    has_body,
    opens_tunnel,
    request_seen,
    response_seen,
)
from monitor.protocols._http_head import (
    HEAD_BYTES,
    STATUS_MARK,
    UNTIL_CLOSE,
    RequestHead,
    ResponseHead,
    Start,
    find_head_end,
    find_start,
    read_request,
    read_response,
)

RESYNC_BYTES = 1 << 22
"""Bytes of a direction that are searched for the next message before it is given up."""
LINE_BYTES = 2048
"""First bytes of a request line that are enough to believe it without its end."""
# An enumeration's member costs a look-up each time.
_CERTAIN, _UNSURE, _NOT_MINE = Verdict
_REQUEST, _RESPONSE, _SHORT, _NEITHER = Start
_EMPTY_LINE = frozenset(b"\r\n")


class _Side:
    """One direction: either inside a body, or where a message starts."""

    __slots__ = ("body", "done", "fields", "pending", "role", "searched", "strayed_bytes")

    def __init__(self) -> None:
        self.role: Start | None = None
        """REQUEST or RESPONSE; None until a message was seen in either direction."""
        self.done = False
        self.pending = b""
        """A head that is not complete."""
        self.searched = 0
        """Bytes of it that do not hold its end."""
        self.body: Body | None = None
        self.fields: dict[str, Value] = {}
        """Of the response whose body is being read."""
        self.strayed_bytes = 0


class HttpParser:
    """Reads one HTTP/1 connection."""

    NAME: ClassVar[str] = "http"
    PROTOCOL: ClassVar[frozenset[int]] = frozenset({IpProtocol.TCP})
    PORTS: ClassVar[frozenset[int]] = frozenset({80, 591, 3128, 7547, 8000, 8008, 8080, 8081, 8088, 8888})
    ANY_PORT: ClassVar[bool] = True
    PATIENCE: ClassVar[int | None] = None
    YIELDS: ClassVar[frozenset[str]] = frozenset({"http_request", "http_response"})

    def __init__(self, flow: Flow, wanted: frozenset[str]) -> None:  # noqa: ARG002 - the contract's signature
        self._wants_requests = "http_request" in wanted
        self._wants_responses = "http_response" in wanted
        self._sides = (_Side(), _Side())
        self._outstanding = Outstanding()
        self._is_tunnel = False
        self._rest = b""

    @staticmethod
    def probe(payload: bytes, flow: Flow, direction: Direction) -> Verdict:  # noqa: ARG004 - the contract's signature
        data = payload.lstrip(b"\r\n")
        start = find_start(data)
        if start is _REQUEST:
            return _probe_line(data)
        if start is _RESPONSE:
            return _probe_status(data)
        return _UNSURE if start is _SHORT else _NOT_MINE

    def feed(self, direction: Direction, payload: bytes) -> Iterable[Seen]:
        seen: list[Seen] = []
        try:
            self._read(self._sides[direction], payload, seen)
        except Malformed as fault:
            self._give_up(seen)
            return _say_then_raise(seen, fault)
        return seen

    def swallow(self, direction: Direction, payload: memoryview) -> bool:
        """Take the middle of a body, which most of a download is; one function, because it runs for every segment."""
        side = self._sides[direction]
        body, size = side.body, len(payload)
        if body is None or size >= body.remaining or side.pending:
            return False
        digest = body.digest
        if digest is not None:
            if digest.undecided:
                return False
            digest.count += size
            if digest.hash is not None:
                digest.hash.update(payload)
        body.remaining -= size
        return True

    def span(self, direction: Direction) -> int:
        side = self._sides[direction]
        return 0 if side.body is None or side.pending else side.body.span

    def absorbed(self, direction: Direction, count: int) -> None:
        body = self._sides[direction].body
        if body is not None:
            body.absorb(count)

    def gap(self, direction: Direction, missing: int) -> Iterable[Seen]:
        side = self._sides[direction]
        seen: list[Seen] = []
        if side.done:
            return seen
        if side.body is None or not side.body.skip(missing):
            _end_body(side, seen, complete=False)
            self._stray(side, 0)
        elif side.body.done:
            _end_body(side, seen, complete=True)
        return seen

    def end(self, *, closed: bool = True) -> Iterable[Seen]:
        seen: list[Seen] = []
        for side in self._sides:
            if side.body is not None and side.body.ends_with_flow:
                _end_body(side, seen, complete=closed)
        self._give_up(seen)
        return seen

    def appetite(self, direction: Direction) -> int:
        if self._is_tunnel:
            return ANOTHER
        side = self._sides[direction]
        if side.done or (side.role is _RESPONSE and not self._wants_responses):
            return 0
        return FOREVER if side.body is not None and side.body.is_kept else FOR_NOW

    def rest(self) -> bytes:
        return self._rest

    def _read(self, side: _Side, data: bytes, seen: list[Seen]) -> None:
        if side.pending:
            data, side.pending = side.pending + data, b""
        at, size = 0, len(data)
        while at < size and not side.done:
            body = side.body
            if body is None:
                at = self._read_head(side, data, at, seen)
                continue
            at = body.read(data, at)
            if body.done:
                _end_body(side, seen, complete=True)
        if self._is_tunnel:
            self._rest = data[at:]

    def _read_head(self, side: _Side, data: bytes, at: int, seen: list[Seen]) -> int:
        """Read the message that starts there; return where to go on."""
        if data[at] in _EMPTY_LINE:
            # Empty lines before a message are passed over (RFC 9112 section 2.2).
            return len(data) - len(data[at:].lstrip(b"\r\n"))
        end = find_head_end(data, at, side.searched)
        if end < 0:
            self._wait(side, data[at:])
            return len(data)
        head, side.searched = data[at:end], 0
        if len(head) > HEAD_BYTES:
            raise Malformed("http: endless head")
        if not self._take_head(side, head, seen):
            self._stray(side, len(data) - at)
            return len(data)
        side.strayed_bytes = 0
        return end

    def _wait(self, side: _Side, beginning: bytes) -> None:
        """Keep the beginning of a head."""
        start = find_start(beginning)
        expected = side.role or start
        if start is _NEITHER or start not in {expected, _SHORT}:
            self._stray(side, len(beginning))
            return
        if len(beginning) > HEAD_BYTES:
            raise Malformed("http: endless head")
        side.pending, side.searched = beginning, len(beginning)

    def _take_head(self, side: _Side, head: bytes, seen: list[Seen]) -> bool:
        """Read a whole head, if it is one that this direction can send."""
        role = _RESPONSE if head.startswith(STATUS_MARK) else _REQUEST
        if side.role is not None and side.role is not role:
            return False
        message = read_response(head) if role is _RESPONSE else read_request(head)
        if message is None:
            return False
        if side.role is None:
            self._set_roles(side, role)
        if isinstance(message, RequestHead):
            self._take_request(side, message, seen)
        else:
            self._take_response(side, message, seen)
        return True

    def _set_roles(self, side: _Side, role: Start) -> None:
        for each in self._sides:
            each.role = _RESPONSE if role is _REQUEST else _REQUEST
        side.role = role

    def _take_request(self, side: _Side, head: RequestHead, seen: list[Seen]) -> None:
        if self._wants_requests:
            seen.append(request_seen(head))
        if self._wants_responses:
            self._outstanding.add(Asked(head.method, head.host, head.path))
        if head.framing == UNTIL_CLOSE:
            side.done = True
        elif head.framing:
            side.body = body_of(head.framing, None)

    def _take_response(self, side: _Side, head: ResponseHead, seen: list[Seen]) -> None:
        if not self._wants_responses:
            side.done = True
            return
        if head.status < 200 and head.status != SWITCHING:
            return
        asked = self._outstanding.answer()
        side.fields = begin_response(asked, head)
        framing = head.framing if has_body(asked, head) else 0
        side.body = body_of(framing, begin_digest(asked, head))
        if framing == 0:
            _end_body(side, seen, complete=True)
        self._is_tunnel = opens_tunnel(asked, head)
        if self._is_tunnel or head.status == SWITCHING:
            for each in self._sides:
                each.done = True

    def _stray(self, side: _Side, dropped: int) -> None:
        """Lose the place in a direction; the next segment may start with a message."""
        side.pending, side.searched = b"", 0
        side.strayed_bytes += dropped
        side.done = side.strayed_bytes > RESYNC_BYTES
        if side.role is _RESPONSE:
            # Which of them were answered cannot be known, and a wrong host is worse than none.
            self._outstanding.clear()

    def _give_up(self, seen: list[Seen]) -> None:
        for side in self._sides:
            _end_body(side, seen, complete=False)
            side.done, side.pending = True, b""


def _end_body(side: _Side, seen: list[Seen], *, complete: bool) -> None:
    """The body ended, or its rest will not be seen; say what it was."""
    body, side.body = side.body, None
    if body is not None and body.digest is not None:
        seen.append(response_seen(side.fields, body.digest, complete=complete))


def _say_then_raise(seen: list[Seen], fault: Malformed) -> Iterator[Seen]:
    yield from seen
    raise fault


def _probe_status(data: bytes) -> Verdict:
    """Judge what begins as a status line (RFC 9112 section 4)."""
    if len(data) < 12:
        return _UNSURE
    is_status = data[7:8].isdigit() and data[8:9] == b" " and data[9:12].isdigit()
    return _CERTAIN if is_status else _NOT_MINE


def _probe_line(data: bytes) -> Verdict:
    """Judge what begins with a method and a target; HTTP/0.9 and other protocols have another end of the line."""
    end = data.find(b"\n")
    if end < 0:
        return _UNSURE if len(data) < LINE_BYTES else _CERTAIN
    version = data[:end].rstrip().rpartition(b" ")[2]
    return _CERTAIN if version.startswith(STATUS_MARK) else _NOT_MINE


PARSER = HttpParser
