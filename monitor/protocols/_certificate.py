"""Reads the server's certificates of TLS 1.2 and older (RFC 5246 section 7.4.2), X.509 by ``cryptography``.

Nothing is verified: a passive observer only says who the server claims to be.
"""

from __future__ import annotations

import hashlib
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from monitor.protocols._tls_names import printable

if TYPE_CHECKING:
    from cryptography import x509

    from monitor.model.observation import Value

CERTIFICATE = 11
"""Handshake type (RFC 5246 section 7.4)."""
MAX_CERTIFICATES = 10
MAX_NAMES = 256
"""Names of one certificate that are shown."""
CACHED_CERTIFICATES = 512
CACHED_BYTES = 8192
"""Larger certificates are not remembered, so that the memory stays bounded."""


class Certificate(NamedTuple):
    """What a certificate says of itself; the hash is there even when the rest cannot be read."""

    sha256: str
    subject: str | None
    issuer: str | None
    names: tuple[str, ...]


def certificate_fields(body: bytes) -> dict[str, Value]:
    """Read a Certificate message without its handshake header; empty when it holds none (an anonymous peer)."""
    chain = [read_certificate(der) for der in split_chain(body)]
    if not chain:
        return {}
    leaf = chain[0]
    fields: dict[str, Value] = {}
    if leaf.subject is not None:
        fields["tls.certificate_subject"] = leaf.subject
    if leaf.issuer is not None:
        fields["tls.certificate_issuer"] = leaf.issuer
    if leaf.names:
        fields["tls.certificate_names"] = list(leaf.names)
    fields["tls.certificate_sha256"] = leaf.sha256
    if len(chain) > 1:
        fields["tls.certificate_chain"] = [_record(certificate) for certificate in chain[1:]]
    return fields


def split_chain(body: bytes) -> list[bytes]:
    """Return the first DER certificates, each after its 24-bit length; one that is cut off ends the list."""
    chain: list[bytes] = []
    at, size = 3, len(body)
    while at + 3 <= size and len(chain) < MAX_CERTIFICATES:
        stop = at + 3 + int.from_bytes(body[at : at + 3], "big")
        if stop > size:
            break
        chain.append(body[at + 3 : stop])
        at = stop
    return [der for der in chain if der]


def read_certificate(der: bytes) -> Certificate:
    """Return what a DER certificate says."""
    return _remembered(der) if len(der) <= CACHED_BYTES else _read(der)


def _record(certificate: Certificate) -> dict[str, str]:
    record = {"sha256": certificate.sha256}
    if certificate.subject is not None:
        record["subject"] = certificate.subject
    if certificate.issuer is not None:
        record["issuer"] = certificate.issuer
    return record


def _read(der: bytes) -> Certificate:
    from cryptography import x509  # noqa: PLC0415 - takes long to import and many runs see no certificate

    sha256 = hashlib.sha256(der).hexdigest()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the author of a certificate is not here to read them
        try:
            certificate = x509.load_der_x509_certificate(der)
            subject = certificate.subject.rfc4514_string()
            issuer = certificate.issuer.rfc4514_string()
        except (ValueError, TypeError, x509.InvalidVersion):
            return Certificate(sha256, None, None, ())
        names = _read_names(certificate)
    return Certificate(sha256, printable(subject), printable(issuer), names)


_remembered = lru_cache(maxsize=CACHED_CERTIFICATES)(_read)


def _read_names(certificate: x509.Certificate) -> tuple[str, ...]:
    from cryptography import x509  # noqa: PLC0415 - as above

    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (
        ValueError,
        TypeError,
        x509.ExtensionNotFound,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
    ):
        return ()
    names: list[str] = []
    for name in extension.value:
        if isinstance(name, x509.DNSName):
            names.append(printable(name.value).lower().removesuffix("."))
        elif isinstance(name, x509.IPAddress):
            names.append(str(name.value))
        if len(names) == MAX_NAMES:
            break
    return tuple(names)
