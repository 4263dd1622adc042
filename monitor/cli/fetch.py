"""Fetches files over HTTPS, and trusts the other side with nothing: not with our time, our memory or its redirects.

Used only when a person or their timer asks for it, by ``umbilical signatures update`` and ``umbilical geoip update``.
What follows the ``?`` of an address may be a key; it is never shown.
"""

import http.client
import ssl
import time
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import IO, Any, BinaryIO, NamedTuple, NoReturn
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit

from monitor import __version__

MAX_SECONDS = 120
"""For everything together, however slowly the other side speaks."""
MAX_SILENT_SECONDS = 20
MAX_REDIRECTS = 5
_PIECE_BYTES = 1 << 16
_MAX_HEADER = 200
_OK, _NOT_MODIFIED = 200, 304
_REDIRECTS = frozenset({301, 302, 303, 307, 308})  # RFC 9110 section 15.4; those that are followed
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""What a server says that may serve us another time."""


class FetchError(ValueError):
    """The file could not be had; the text says why."""

    def __init__(self, problem: str, *, status: int | None = None, is_passing: bool = False) -> None:
        super().__init__(problem)
        self.status = status
        """What the server said, if it said so much."""
        self.is_passing = is_passing
        """It may go well another time, without anybody doing anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What to fetch, and how much of it at most."""

    url: str
    max_bytes: int
    max_seconds: float = MAX_SECONDS
    etag: str | None = None
    """Of what is here already; then it may be that nothing comes."""
    modified: str | None = None
    """Likewise: what the server gave as its Last-Modified."""
    login: tuple[str, str] | None = field(default=None, repr=False)
    """Name and password; never sent on to where the server may redirect to."""
    only_look: bool = False
    """Ask what there is, and take nothing."""


class Answer(NamedTuple):
    """What the server said about what it sent."""

    is_new: bool
    """False when what is here already is what is there."""
    etag: str | None
    modified: str | None


def fetch(
    url: str, max_bytes: int, *, tls: ssl.SSLContext | None = None, max_seconds: float = MAX_SECONDS
) -> bytes:
    """Return what is at an https address; raises FetchError."""
    taken = BytesIO()
    fetch_into(taken, Ask(url=url, max_bytes=max_bytes, max_seconds=max_seconds), tls=tls)
    return taken.getvalue()


def fetch_into(stream: BinaryIO, ask: Ask, *, tls: ssl.SSLContext | None = None) -> Answer:
    """Write what is at an https address to a stream; raises FetchError, and OSError when the stream cannot take it."""
    _check(ask.url)
    deadline = time.monotonic() + ask.max_seconds
    opener = _opener(tls or ssl.create_default_context(), deadline)
    with _told(ask.url):
        try:
            answer = opener.open(_request(ask), timeout=min(MAX_SILENT_SECONDS, ask.max_seconds))
        except HTTPError as error:
            if error.code == _NOT_MODIFIED and (ask.etag or ask.modified):
                error.close()
                return Answer(is_new=False, etag=ask.etag, modified=ask.modified)
            raise
    with answer:
        stream.writelines(() if ask.only_look else _body(answer, ask, deadline))
        return _answer(answer, ask)


def shown(url: str) -> str:
    """Return an address without what follows its ``?``."""
    return url.partition("?")[0]


def _request(ask: Ask) -> urllib.request.Request:
    headers = {"User-Agent": f"umbilical/{__version__}"}
    if ask.etag:
        headers["If-None-Match"] = ask.etag
    if ask.modified:
        headers["If-Modified-Since"] = ask.modified
    method = "HEAD" if ask.only_look else "GET"
    request = urllib.request.Request(ask.url, headers=headers, method=method)  # noqa: S310 - checked
    if ask.login is not None:
        name = b64encode(":".join(ask.login).encode()).decode("ascii")
        request.add_unredirected_header("Authorization", f"Basic {name}")
    return request


@contextmanager
def _told(url: str) -> Iterator[None]:
    """Turn whatever goes wrong on the network into one sentence."""
    name = shown(url)
    try:
        yield
    except FetchError:
        raise
    except HTTPError as error:
        error.close()
        is_passing = error.code in _PASSING
        raise FetchError(
            f"{name}: the server says {_said(error)}", status=error.code, is_passing=is_passing
        ) from error
    except URLError as error:
        raise FetchError(f"{name}: {_reason(error.reason)}", is_passing=_passes(error.reason)) from error
    except TimeoutError as error:
        raise FetchError(f"{name}: gave up, it takes too long", is_passing=True) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise FetchError(f"{name}: {_reason(error)}", is_passing=_passes(error)) from error


def _check(url: str) -> None:
    """Raise FetchError for anything but a plain https address."""
    try:
        parts = urlsplit(url)
        has_host = parts.port != 0 and bool(parts.hostname)
    except ValueError:
        _refuse(url, "not an address")
    if parts.scheme != "https":
        _refuse(url, "only https addresses are fetched from")
    if not has_host or not url.isascii() or not url.isprintable() or " " in url:
        _refuse(url, "not an address")
    if parts.username is not None or parts.password is not None:
        _refuse(url, "an address with a user name or password is not used; it would show in logs")


def _refuse(url: str, problem: str) -> NoReturn:
    raise FetchError(f"{shown(url)}: {problem}")


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a few redirects, from https to https."""

    max_redirections = MAX_REDIRECTS

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        fp.close()  # the library would read what comes with a redirect to its end, which need not come
        _check(urljoin(req.full_url, newurl))
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener(tls: ssl.SSLContext, deadline: float) -> urllib.request.OpenerDirector:
    """Return an opener that knows https and the site's proxy, and no other scheme."""
    tls.sslsocket_class = _socket_until(deadline)
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPSHandler(context=tls),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Redirects(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _socket_until(deadline: float) -> type[ssl.SSLSocket]:
    """Return a kind of socket that reads until a moment, even if the other side sends a byte now and then."""

    class TimedSocket(ssl.SSLSocket):
        def recv_into(self, *arguments: Any, **named: Any) -> int:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.settimeout(min(left, MAX_SILENT_SECONDS))
            return super().recv_into(*arguments, **named)

    return TimedSocket


def _body(answer: Any, ask: Ask, deadline: float) -> Iterator[bytes]:
    """Yield what comes, as long as it is not too much; only reading is guarded, not what is done with it."""
    name = shown(answer.url)
    if answer.status != _OK:
        raise FetchError(f"{name}: the server says {_one_line(f'{answer.status} {answer.reason}')}")
    promised = answer.length
    if promised is not None and promised > ask.max_bytes:
        raise FetchError(f"{name}: too large: {promised} bytes, at most {ask.max_bytes} are taken")
    size = 0
    while piece := _piece(answer, deadline):
        size += len(piece)
        if size > ask.max_bytes:
            raise FetchError(f"{name}: too large: more than {ask.max_bytes} bytes")
        yield piece
    if promised is not None and size != promised:
        raise FetchError(f"{name}: cut short: {size} of {promised} bytes came", is_passing=True)


def _piece(answer: Any, deadline: float) -> bytes:
    with _told(answer.url):
        if time.monotonic() > deadline:
            raise TimeoutError
        piece: bytes = answer.read1(_PIECE_BYTES)
        return piece


def _answer(answer: Any, ask: Ask) -> Answer:
    etag, modified = _header(answer.headers, "ETag"), _header(answer.headers, "Last-Modified")
    is_same = (etag or modified) is not None and (etag, modified) == (ask.etag, ask.modified)
    return Answer(is_new=not is_same, etag=etag, modified=modified)


def _header(headers: Any, name: str) -> str | None:
    """Return a header that can be sent back as it is; None for one that cannot."""
    value: str | None = headers.get(name)
    fits = value is not None and len(value) <= _MAX_HEADER and value.isascii() and value.isprintable()
    return value if fits else None


def _reason(error: object) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not accepted: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return "gave up, it takes too long"
    if isinstance(error, http.client.IncompleteRead):
        return "cut short"
    words = error.strerror if isinstance(error, OSError) else None
    return _one_line(words or error or type(error).__name__)


def _passes(error: object) -> bool:
    """Whether it may go well another time: the network, not what somebody wrote or signed."""
    is_cut = isinstance(error, http.client.IncompleteRead | http.client.RemoteDisconnected)
    return is_cut or (isinstance(error, OSError) and not isinstance(error, ssl.SSLCertVerificationError))


def _said(error: HTTPError) -> str:
    if error.code in _REDIRECTS:
        return "to look elsewhere, too often or not over https"
    return _one_line(f"{error.code} {error.reason}") + _asked_to_wait(error)


def _asked_to_wait(error: HTTPError) -> str:
    """Return what the server says of when to come back (RFC 9110 section 10.2.3)."""
    wait = _header(error.headers, "Retry-After") if error.headers else None
    if wait is None:
        return ""
    return f"; it asks to wait {wait} seconds" if wait.isdecimal() else f"; it asks to wait until {wait}"


def _one_line(words: object) -> str:
    """Return words of the other side without its line ends."""
    return " ".join(str(words).split())
