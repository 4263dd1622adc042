"""Fetches one file over HTTPS, and trusts the other side with nothing: not with our time, our memory or its redirects.

Used only when a person or their timer asks for it by ``umbilical signatures update https://...``.
"""

import http.client
import ssl
import time
import urllib.request
from typing import IO, Any, NoReturn
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit

from monitor import __version__

MAX_SECONDS = 120
"""For everything together, however slowly the other side speaks."""
MAX_SILENT_SECONDS = 20
MAX_REDIRECTS = 5
_PIECE_BYTES = 1 << 16
_OK = 200
_REDIRECTS = frozenset({301, 302, 303, 307, 308})  # RFC 9110 section 15.4; those that are followed


class FetchError(ValueError):
    """The file could not be had; the text says why."""


def fetch(
    url: str, max_bytes: int, *, tls: ssl.SSLContext | None = None, max_seconds: float = MAX_SECONDS
) -> bytes:
    """Return what is at an https address; raises FetchError."""
    _check(url)
    deadline = time.monotonic() + max_seconds
    opener = _opener(tls or ssl.create_default_context(), deadline)
    request = urllib.request.Request(url, headers={"User-Agent": f"umbilical/{__version__}"})  # noqa: S310 - checked
    try:
        with opener.open(request, timeout=min(MAX_SILENT_SECONDS, max_seconds)) as answer:
            return _body(answer, max_bytes, deadline)
    except HTTPError as error:
        error.close()
        raise FetchError(f"{url}: the server says {_said(error)}") from error
    except URLError as error:
        raise FetchError(f"{url}: {_reason(error.reason)}") from error
    except TimeoutError as error:
        raise FetchError(f"{url}: gave up, it takes too long") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise FetchError(f"{url}: {_reason(error)}") from error


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
    raise FetchError(f"{url}: {problem}")


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


def _body(answer: Any, max_bytes: int, deadline: float) -> bytes:
    if answer.status != _OK:
        raise FetchError(f"{answer.url}: the server says {_one_line(f'{answer.status} {answer.reason}')}")
    promised = answer.length
    if promised is not None and promised > max_bytes:
        raise FetchError(f"{answer.url}: too large: {promised} bytes, at most {max_bytes} are taken")
    pieces: list[bytes] = []
    size = 0
    while piece := answer.read1(_PIECE_BYTES):
        pieces.append(piece)
        size += len(piece)
        if size > max_bytes:
            raise FetchError(f"{answer.url}: too large: more than {max_bytes} bytes")
        if time.monotonic() > deadline:
            raise TimeoutError
    if promised is not None and size != promised:
        raise FetchError(f"{answer.url}: cut short: {size} of {promised} bytes came")
    return b"".join(pieces)


def _reason(error: object) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not accepted: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return "gave up, it takes too long"
    if isinstance(error, http.client.IncompleteRead):
        return "cut short"
    words = error.strerror if isinstance(error, OSError) else None
    return _one_line(words or error or type(error).__name__)


def _said(error: HTTPError) -> str:
    if error.code in _REDIRECTS:
        return "to look elsewhere, too often or not over https"
    return _one_line(f"{error.code} {error.reason}")


def _one_line(words: object) -> str:
    """Return words of the other side without its line ends."""
    return " ".join(str(words).split())
