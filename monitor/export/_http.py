"""One HTTP request and what is made of its answer; no redirect is followed, no proxy is guessed, no answer is read for long.

Which refusals are final: those that speak of this very record (400, 409, 413, 422). What a wrong password, a moved page,
another content type or a gateway in maintenance answers (401, 403, 404, 415, any redirect ...) is about the far end, and
is tried again until somebody mends it: nothing is lost because a password ran out.
"""

import socket
import ssl
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse
from http.client import responses as REASONS  # noqa: N812 - a table
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from monitor.export._plain import plain
from monitor.export._wire import Deadline, TimedSocket, connected, secured
from monitor.model.alert import Postponed, Rejected

MAX_ANSWER_BYTES = 64 << 10
"""How much of an answer's body is read."""
MAX_SHOWN = 200
FINAL = frozenset({400, 409, 413, 422})
"""RFC 9110 section 15.5: the record is malformed, there already, too large, or makes no sense."""
_PORTS = {"http": 80, "https": 443}


class Target(NamedTuple):
    """Where to, taken apart once."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def name(self) -> str:
        """As it stands in messages and in ``Host``; never with a path, which may be a secret."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


class Way(NamedTuple):
    """How to get there."""

    timeout_seconds: float
    """Over everything, from the first packet to the end of the answer."""
    context: ssl.SSLContext | None = None
    proxy: Target | None = None


def target(url: str) -> Target:
    """Take a URL apart; raises ValueError that says what is wrong with it."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("give an address that begins with http:// or https://")
    if parts.username is not None or parts.fragment:
        raise ValueError("give neither a password nor a fragment in the address")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("give an address without spaces and in ASCII")
    path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    return Target(parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme], path)


def post(to: Target, body: bytes, headers: Mapping[str, str], way: Way) -> bytes:
    """Return the beginning of the answer to a request that was taken; raises Rejected, Postponed or OSError."""
    deadline = Deadline(way.timeout_seconds)
    try:
        link = _link(to, deadline, way)
        try:
            connection = HTTPConnection(to.host, to.port)
            connection.sock = TimedSocket(link, deadline)
            connection.putrequest("POST", to.path, skip_host=True, skip_accept_encoding=True)
            fixed = {"Host": to.name, "Content-Length": str(len(body)), "Connection": "close"}
            for name, value in {**fixed, **headers}.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            return _answer(connection.getresponse(), to)
        finally:
            link.close()
    except HTTPException as error:
        raise OSError(f"{to.name}: answered no HTTP: {plain(str(error), MAX_SHOWN)}") from None
    except ssl.SSLCertVerificationError as error:
        raise OSError(f"{to.name}: its certificate is not trusted: {error.verify_message}") from None
    except TimeoutError:
        raise TimeoutError(f"{to.name}: no answer within {way.timeout_seconds:g} s") from None
    except (Postponed, Rejected):
        raise
    except OSError as error:
        raise OSError(f"{to.name}: {error.strerror or error}") from None


def _link(to: Target, deadline: Deadline, way: Way) -> socket.socket:
    context = way.context if to.scheme == "https" else None
    if way.proxy is None:
        return connected(to.host, to.port, deadline, context)
    link = _through(way.proxy, to, deadline)
    return link if context is None else secured(link, deadline, context, to.host)


def _through(proxy: Target, to: Target, deadline: Deadline) -> socket.socket:
    """Ask a proxy for a tunnel (RFC 9110 section 9.3.6)."""
    link = connected(proxy.host, proxy.port, deadline)
    with ExitStack() as undo:
        undo.callback(link.close)
        name = f"[{to.host}]" if ":" in to.host else to.host
        timed: Any = TimedSocket(link, deadline)
        timed.sendall(f"CONNECT {name}:{to.port} HTTP/1.1\r\nHost: {name}:{to.port}\r\n\r\n".encode("ascii"))
        answer = HTTPResponse(timed, method="CONNECT")
        answer.begin()
        if answer.status != 200:
            raise OSError(f"the proxy {proxy.name} answered {answer.status}")
        undo.pop_all()
    return link


def _answer(response: HTTPResponse, to: Target) -> bytes:
    body = b""
    with suppress(OSError, HTTPException):  # the status decides, whatever becomes of the rest
        body = response.read(MAX_ANSWER_BYTES)
    if 200 <= response.status < 300:
        return body
    shown = plain(body.decode("utf-8", "replace").strip(), MAX_SHOWN)
    reason = REASONS.get(response.status, "")
    said = f"{to.name}: answered {response.status} {reason}{f': {shown}' if shown else ''}"
    if response.status in FINAL:
        raise Rejected(said)
    raise Postponed(said, _retry_after(response))


def _retry_after(response: HTTPResponse) -> float:
    """Return what ``Retry-After`` asks for (RFC 9110 section 10.2.3), by the far end's own clock where it is a date."""
    asked = response.getheader("Retry-After", "").strip()
    if asked.isascii() and asked.isdigit():
        return float(asked[:9])
    try:
        until = parsedate_to_datetime(asked)
        now = parsedate_to_datetime(response.getheader("Date", ""))
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError):
        return 0.0
