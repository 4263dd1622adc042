"""The web configuration file of Prometheus's exporters: certificates, passwords, headers, a limit on requests.

The format is that of the exporter toolkit. What Python's ssl cannot do is refused with a reason, never passed over.
Rule: this file says what is asked for; ``_web_tls.py`` and ``_web_users.py`` do it.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from monitor.export._web_tls import CIPHERS, CURVES, VERSIONS, TlsServer, new_context
from monitor.export._web_users import hash_cost
from monitor.export._web_yaml import Fields, Kind, Shape, read_fields
from monitor.model.instant import SECOND_NS, duration_ns

HEADERS: Mapping[str, tuple[str, ...]] = {
    "Strict-Transport-Security": (),
    "X-Content-Type-Options": ("nosniff",),
    "X-Frame-Options": ("deny", "sameorigin"),
    "X-XSS-Protection": (),
    "Content-Security-Policy": (),
}
"""Headers that may be set, and the values allowed where they are few."""
MAX_BCRYPT_COST = 16
"""Some seconds for one password; each step doubles it."""

_TLS: Shape = {
    "cert": Kind.TEXT,
    "key": Kind.TEXT,
    "client_ca": Kind.TEXT,
    "cert_file": Kind.TEXT,
    "key_file": Kind.TEXT,
    "client_auth_type": Kind.TEXT,
    "client_ca_file": Kind.TEXT,
    "client_allowed_sans": Kind.TEXTS,
    "min_version": Kind.TEXT,
    "max_version": Kind.TEXT,
    "cipher_suites": Kind.TEXTS,
    "prefer_server_cipher_suites": Kind.FLAG,
    "curve_preferences": Kind.TEXTS,
}
_SHAPE: Shape = {
    "tls_server_config": _TLS,
    "http_server_config": {"http2": Kind.FLAG, "headers": Kind.TEXT_TABLE},
    "basic_auth_users": Kind.TEXT_TABLE,
    "rate_limit": {"interval": Kind.TEXT, "burst": Kind.WHOLE},
}
_CLIENT_AUTH = {
    "NoClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}
_UNVERIFIED = ("RequestClientCert", "RequireClientCert", "RequireAnyClientCert")
_TLS_KEY = "tls_server_config"


class RateLimit(NamedTuple):
    """One request in each interval, and so many at once."""

    interval_seconds: float
    burst: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WebConfig:
    """What the file asks for; without a file, nothing."""

    tls: ssl.SSLContext | None = None
    allowed_sans: tuple[str, ...] = ()
    """Names of which a client's certificate must have one; empty when any will do."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Set in every answer; one that is blank is left out of it."""
    users: Mapping[str, str] = field(default_factory=dict)
    """bcrypt hash by name; empty when nobody need say who they are."""
    rate_limit: RateLimit | None = None
    files: tuple[Path, ...] = ()
    """What it was read from: when one of them changes, it is read again."""
    notices: tuple[str, ...] = ()
    """What is asked for and not there, one line each."""


def load(path: Path) -> WebConfig:
    """Return what a file asks for; raises ConfigError that names every fault, one in a line."""
    fields = read_fields(path, _SHAPE)
    http = fields.values.get("http_server_config", {})
    tls = _tls(fields)
    _check_headers(http.get("headers") or {}, fields)
    _check_users(fields.values.get("basic_auth_users") or {}, fields)
    limit = _rate_limit(fields)
    fields.check()
    files = [path] if tls is None else [path, *tls.files]
    return WebConfig(
        tls=None if tls is None else new_context(tls, path),
        allowed_sans=() if tls is None else tls.allowed_sans,
        headers=http.get("headers", {}),
        users=fields.values.get("basic_auth_users", {}),
        rate_limit=limit,
        files=tuple(files),
        notices=_notices(fields, http),
    )


def _tls(fields: Fields) -> TlsServer | None:
    """Return the table of TLS, with its faults noted; None when it is not there or empty."""
    given: dict[str, Any] = fields.values.get(_TLS_KEY, {})
    if not given:
        return None
    for name in ("cert", "key"):
        _one_of(given, name, fields, is_needed=True)
    has_ca = _one_of(given, "client_ca", fields, is_needed=False)
    verify = _client_auth(given, fields, has_ca=has_ca)
    if given.get("client_allowed_sans") and verify is not ssl.CERT_REQUIRED:
        _fault(fields, "client_allowed_sans", "needs client_auth_type: RequireAndVerifyClientCert")
    curves = given.get("curve_preferences", [])
    if len(curves) > 1:
        _fault(fields, "curve_preferences", "Python's ssl can prefer one curve only; name one, or none")
    return TlsServer(
        cert=given.get("cert"),
        key=given.get("key"),
        client_ca=given.get("client_ca"),
        cert_file=_beside(fields, given.get("cert_file")),
        key_file=_beside(fields, given.get("key_file")),
        client_ca_file=_beside(fields, given.get("client_ca_file")),
        verify=verify,
        allowed_sans=tuple(given.get("client_allowed_sans") or ()),
        minimum=_chosen(given, "min_version", VERSIONS, ssl.TLSVersion.TLSv1_2, fields),
        maximum=_chosen(given, "max_version", VERSIONS, ssl.TLSVersion.TLSv1_3, fields),
        ciphers=tuple(_each(given.get("cipher_suites") or [], "cipher_suites", CIPHERS, fields)),
        server_prefers=given.get("prefer_server_cipher_suites", True),
        curve=next(iter(_each(curves[:1], "curve_preferences", CURVES, fields)), None),
    )


def _one_of(given: Mapping[str, Any], name: str, fields: Fields, *, is_needed: bool) -> bool:
    inline, file = given.get(name), given.get(f"{name}_file")
    if inline and file:
        _fault(fields, name, f"give either '{name}' or '{name}_file', not both")
    if is_needed and not inline and not file:
        _fault(fields, None, f"'{name}_file' is missing")
    return bool(inline or file)


def _client_auth(given: Mapping[str, Any], fields: Fields, *, has_ca: bool) -> ssl.VerifyMode:
    kind = given.get("client_auth_type") or "NoClientCert"
    if kind in _UNVERIFIED:
        _fault(
            fields,
            "client_auth_type",
            f"'{kind}' takes certificates that nobody verified, which Python's ssl does not do; "
            "write RequireAndVerifyClientCert",
        )
    elif kind not in _CLIENT_AUTH:
        _fault(fields, "client_auth_type", f"expected one of {', '.join(_CLIENT_AUTH)}, not '{kind}'")
    verify = _CLIENT_AUTH.get(kind, ssl.CERT_NONE)
    if has_ca and kind == "NoClientCert":
        _fault(fields, "client_auth_type", "there is a client CA and nobody is asked for a certificate")
    if verify is not ssl.CERT_NONE and not has_ca:
        _fault(fields, "client_auth_type", f"'{kind}' needs 'client_ca_file'")
    return verify


def _chosen(
    given: Mapping[str, Any], key: str, known: Mapping[str, Any], default: Any, fields: Fields
) -> Any:
    if key not in given:
        return default
    return next(iter(_each([given[key]], key, known, fields)), default)


def _each(values: list[str] | None, key: str, known: Mapping[str, Any], fields: Fields) -> list[Any]:
    values = values or []
    for value in values:
        if value not in known:
            _fault(fields, key, f"'{value}' is not known here; there are {', '.join(known)}")
    return [known[value] for value in values if value in known]


def _fault(fields: Fields, key: str | None, problem: str) -> None:
    keys = (_TLS_KEY,) if key is None or (_TLS_KEY, key) not in fields.lines else (_TLS_KEY, key)
    fields.fault(f"{'.'.join(keys)}: {problem}", *keys)


def _beside(fields: Fields, name: str | None) -> Path | None:
    """Relative paths start where the file stands."""
    return None if not name else fields.path.parent / name


def _check_headers(headers: Mapping[str, str], fields: Fields) -> None:
    place = ("http_server_config", "headers")
    for name, value in headers.items():
        if name not in HEADERS:
            fields.fault(f"headers: '{name}' cannot be set; there are {', '.join(HEADERS)}", *place)
        elif HEADERS[name] and value and value not in HEADERS[name]:
            fields.fault(f"headers: {name} is {' or '.join(HEADERS[name])}, not '{value}'", *place)
        elif not value.isprintable() or not value.isascii():
            fields.fault(f"headers: {name} has letters that a header cannot have", *place)


def _check_users(users: Mapping[str, str], fields: Fields) -> None:
    for name, hashed in users.items():
        cost = hash_cost(hashed)
        if ":" in name or not name:
            fields.fault(
                f"basic_auth_users: '{name}' cannot be a name: it is empty or has a colon", "basic_auth_users"
            )
        elif cost is None:
            fields.fault(
                f"basic_auth_users: what '{name}' has is no bcrypt hash; see htpasswd -nBC 10 {name}",
                "basic_auth_users",
            )
        elif cost > MAX_BCRYPT_COST:
            fields.fault(
                f"basic_auth_users: the hash of '{name}' costs {cost}; {MAX_BCRYPT_COST} takes seconds already",
                "basic_auth_users",
            )


def _rate_limit(fields: Fields) -> RateLimit | None:
    given = fields.values.get("rate_limit", {})
    text = given.get("interval") or "0s"
    if text in {"0", "0s"}:
        return None
    try:
        interval_seconds = duration_ns(text) / SECOND_NS
    except ValueError as error:
        fields.fault(f"rate_limit.interval: {error}", "rate_limit", "interval")
        return None
    return RateLimit(interval_seconds, max(1, given.get("burst") or 1))


def _notices(fields: Fields, http: Mapping[str, Any]) -> tuple[str, ...]:
    if not http.get("http2"):
        return ()
    line = fields.lines.get(("http_server_config", "http2"))
    return (f"{fields.path}:{line}: HTTP/2 is asked for and not there; answers are HTTP/1.1",)
