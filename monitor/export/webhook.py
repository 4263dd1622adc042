"""Alerts by HTTP POST to whatever takes JSON, signed so that the far end knows who sent them and when.

Headers, beside those of the configuration: ``Content-Type: application/json``; ``User-Agent: umbilical/<version>``;
``webhook-id``, the same when a request is repeated; ``webhook-timestamp``, seconds since the epoch; with a secret
``webhook-signature: v1,<base64>``, the HMAC-SHA256 of ``<id>.<timestamp>.<body>``. That is what Standard Webhooks 1.0
says, so its libraries verify it. A secret that begins with ``whsec_`` is base64, as there; any other is taken as it is.
"""

import hashlib
import hmac
import re
import time
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import orjson

from monitor.export._format import JsonFormatName, as_object
from monitor.export._http import Way, post, target
from monitor.export._origin import Origin
from monitor.export._tls import TlsFiles, check_files, client_context
from monitor.model.errors import ConfigError
from monitor.model.instant import SECOND_NS

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
SECRET_MARK = b"whsec_"
MAX_BATCH = 500
ID_DIGITS = 32
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""RFC 9110 section 5.6.2, token."""
_OURS = frozenset({"host", "content-length", "connection", "transfer-encoding", ID, TIMESTAMP, SIGNATURE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Section ``[export.webhook]``: alerts by HTTP POST."""

    url: str
    """Where to; ``http://`` or ``https://``. Redirects are not followed."""
    format: JsonFormatName = "json"
    """"json" is Umbilical's own; "ecs" and "ocsf" are those of others."""
    batch: int = 1
    """Alerts in one request at most; above 1 the body is always an array."""
    timeout_ns: int = 10 * SECOND_NS
    """How long one request may take in all."""
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Further headers."""
    header_files: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Further headers whose values are secrets, each in a file: { Authorization = "token" }."""
    secret_file: str | None = None
    """File with the secret that signs requests."""
    ca_file: str | None = None
    """Authorities to trust, PEM; by default those of the system."""
    certificate_file: str | None = None
    """Certificate to show to the far end, PEM."""
    key_file: str | None = None
    """Its key, where it is not in the same file."""
    proxy: str | None = None
    """An ``http://`` proxy to go through; the environment's is never used."""

    def __post_init__(self) -> None:
        _check_address("url", self.url)
        if self.proxy is not None:
            _check_address("proxy", self.proxy)
            if target(self.proxy).scheme != "http":
                raise ValueError("proxy: give an address that begins with http://")
        if not 1 <= self.batch <= MAX_BATCH:
            raise ValueError(f"batch: give a number from 1 to {MAX_BATCH}")
        if self.timeout_ns <= 0:
            raise ValueError("timeout: give a duration above 0")
        for key, names in (("headers", self.headers), ("header_files", self.header_files)):
            _check_names(key, names)
        for value in self.headers.values():
            if not _is_value(value):
                raise ValueError("headers: a value holds what no header may hold")
        check_files(_tls_files(self))


class Webhook:
    """Posts alerts; every request is a connection of its own, so none is found dead."""

    def __init__(self, settings: Settings, origin: Origin) -> None:
        self.batch_size = settings.batch
        self._is_array = settings.batch > 1
        self._format = settings.format
        self._origin = origin
        self._target = target(settings.url)
        context = client_context(_tls_files(settings), origin) if self._target.scheme == "https" else None
        proxy = None if settings.proxy is None else target(settings.proxy)
        self._way = Way(settings.timeout_ns / SECOND_NS, context, proxy)
        self._secret = None if settings.secret_file is None else _secret(settings.secret_file, origin)
        self._headers = {
            "Content-Type": "application/json",
            "User-Agent": f"umbilical/{origin.version}",
            **settings.headers,
            **{name: _header(name, file, origin) for name, file in settings.header_files.items()},
        }

    def deliver(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Send one request; what it answers decides."""
        told = [as_object(self._format, one, self._origin) for one in records]
        body = orjson.dumps(told if self._is_array else told[0])
        post(self._target, body, self._headers | self._signed(body), self._way)

    def close(self) -> None:
        """Nothing stays open."""

    def _signed(self, body: bytes) -> dict[str, str]:
        webhook_id = hashlib.sha256(body).hexdigest()[:ID_DIGITS]
        timestamp = str(time.time_ns() // SECOND_NS)
        headers = {ID: webhook_id, TIMESTAMP: timestamp}
        if self._secret is not None:
            headers[SIGNATURE] = signature(self._secret, webhook_id, timestamp, body)
        return headers


def signature(secret: bytes, webhook_id: str, timestamp: str, body: bytes) -> str:
    """Return what ``webhook-signature`` says."""
    signed = f"{webhook_id}.{timestamp}.".encode("ascii") + body
    return f"v1,{b64encode(hmac.digest(secret, signed, 'sha256')).decode('ascii')}"


EXPORTER = Webhook


def _tls_files(settings: Settings) -> TlsFiles:
    return TlsFiles(settings.ca_file, settings.certificate_file, settings.key_file)


def _check_address(key: str, url: str) -> None:
    try:
        target(url)
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None


def _check_names(key: str, names: Mapping[str, str]) -> None:
    for name in names:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{key}: {name!r} is no name of a header")
        if name.lower() in _OURS:
            raise ValueError(f"{key}: {name} is made by umbilical itself")


def _is_value(text: str) -> bool:
    """RFC 9110 section 5.5: visible characters, spaces and tabs."""
    return text.isascii() and all(letter.isprintable() or letter == "\t" for letter in text)


def _secret(name: str, origin: Origin) -> bytes:
    secret = origin.secret(name, "secret_file")
    if not secret.startswith(SECRET_MARK):
        return secret
    try:
        return b64decode(secret.removeprefix(SECRET_MARK), validate=True)
    except ValueError:
        raise ConfigError(f"secret_file: {origin.path(name)}: what follows whsec_ is no base64") from None


def _header(name: str, file: str, origin: Origin) -> str:
    value = origin.secret(file, f"header_files.{name}").decode("latin-1")
    if not _is_value(value):
        raise ConfigError(f"header_files.{name}: {origin.path(file)}: holds what no header may hold")
    return value
