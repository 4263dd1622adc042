"""TLS of the web server: names as Prometheus's exporters write them, as far as Python's ssl has them.

Rule: nothing older than TLS 1.2 is offered, whatever is asked for.
"""

import ssl
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from monitor.model.errors import ConfigError, Location

VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
CURVES = {"CurveP256": "prime256v1", "CurveP384": "secp384r1", "CurveP521": "secp521r1", "X25519": "X25519"}
_OF_TLS13 = ""
"""OpenSSL always offers these three."""
CIPHERS = {
    "TLS_AES_128_GCM_SHA256": _OF_TLS13,
    "TLS_AES_256_GCM_SHA384": _OF_TLS13,
    "TLS_CHACHA20_POLY1305_SHA256": _OF_TLS13,
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA": "ECDHE-ECDSA-AES128-SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA": "ECDHE-ECDSA-AES256-SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA": "ECDHE-RSA-AES128-SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA": "ECDHE-RSA-AES256-SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": "ECDHE-RSA-AES128-GCM-SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": "ECDHE-RSA-AES256-GCM-SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-RSA-CHACHA20-POLY1305",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-ECDSA-CHACHA20-POLY1305",
}
"""Cipher suites by their IANA names, and OpenSSL's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsServer:
    """What ``tls_server_config`` asks for."""

    cert: str | None
    key: str | None
    client_ca: str | None
    cert_file: Path | None
    key_file: Path | None
    client_ca_file: Path | None
    verify: ssl.VerifyMode
    allowed_sans: tuple[str, ...]
    minimum: ssl.TLSVersion
    maximum: ssl.TLSVersion
    ciphers: tuple[str, ...]
    """OpenSSL's names; empty for its own choice."""
    server_prefers: bool
    curve: str | None

    @property
    def files(self) -> list[Path]:
        return [path for path in (self.cert_file, self.key_file, self.client_ca_file) if path is not None]


def new_context(tls: TlsServer, path: Path) -> ssl.SSLContext:
    """Return what sockets are wrapped with; raises ConfigError when the certificates cannot be used."""
    if tls.minimum > tls.maximum:
        raise ConfigError("tls_server_config: min_version is above max_version", Location(str(path)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version, context.maximum_version = tls.minimum, tls.maximum
    context.verify_mode = tls.verify
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    if tls.server_prefers:
        context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_alpn_protocols(["http/1.1"])
    _choose(context, tls, path)
    _load_own(context, tls, path)
    if tls.verify is not ssl.CERT_NONE:
        _load_ca(context, tls, path)
    return context


def _choose(context: ssl.SSLContext, tls: TlsServer, path: Path) -> None:
    suites = [name for name in tls.ciphers if name]
    try:
        if suites:
            context.set_ciphers(":".join(suites))
        if tls.curve is not None:
            context.set_ecdh_curve(tls.curve)
    except (OSError, ValueError) as error:  # an OpenSSL with a policy of its own
        problem = "tls_server_config: this OpenSSL has none of the cipher suites, or not the curve"
        raise ConfigError(problem, Location(str(path))) from error


def _load_own(context: ssl.SSLContext, tls: TlsServer, path: Path) -> None:
    named = f"certificate {tls.cert_file or 'cert'} and key {tls.key_file or 'key'}"
    try:
        with tempfile.TemporaryDirectory(prefix="umbilical-") as folder:
            cert = tls.cert_file or _written(folder, "cert", tls.cert)
            key = tls.key_file or _written(folder, "key", tls.key)
            # An encrypted key would make OpenSSL ask at a terminal that a service does not have.
            context.load_cert_chain(cert, key, password=lambda: b"")
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise ConfigError(f"{named}: {_reason(error)}", Location(str(path))) from error


def _load_ca(context: ssl.SSLContext, tls: TlsServer, path: Path) -> None:
    try:
        context.load_verify_locations(
            cafile=None if tls.client_ca_file is None else str(tls.client_ca_file), cadata=tls.client_ca
        )
    except (OSError, ValueError) as error:
        named = f"client CA {tls.client_ca_file or 'client_ca'}"
        raise ConfigError(f"{named}: {_reason(error)}", Location(str(path))) from error


def _written(folder: str, name: str, text: str | None) -> Path:
    """Write what stands in the configuration itself to a private file: Python's ssl takes files only."""
    path = Path(folder, name)
    path.touch(0o600)
    path.write_text(text or "", "utf-8")
    return path


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        words = (error.reason or "not PEM").replace("_", " ").lower()
        return f"cannot be used: {words}"
    if isinstance(error, OSError):
        return f"cannot be read: {(error.strerror or str(error)).lower()}"
    return f"cannot be used: {error}"


def has_allowed_san(certificate: Mapping[str, Any] | None, allowed: Sequence[str]) -> bool:
    """Whether a client's certificate (``getpeercert()``) has one of the names: DNS, IP, e-mail or URI."""
    names = (certificate or {}).get("subjectAltName", ())
    return not {_canonical(name) for _, name in names}.isdisjoint(map(_canonical, allowed))


def _canonical(name: str) -> str:
    """One address has many spellings; of everything else only the exact one counts."""
    try:
        return str(ip_address(name.strip()))
    except ValueError:
        return name
