"""TLS: a ClientHello, and for certificates a TLS 1.2 server's answer to it (RFC 8446 section 4.1.2, RFC 5246 section 7.4)."""

import struct
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from monitor.catalog.speech._speaker import Fields, Speaker, text, texts
from monitor.catalog.wire import TCP, Conversation, down, up

PORT = 443
_HANDSHAKE = b"\x16\x03\x03"
_CLIENT_HELLO, _SERVER_HELLO, _CERTIFICATE = 1, 2, 11
_SERVER_NAME, _ALPN, _VERSIONS = 0, 16, 43
_SUITES = bytes.fromhex("1301c02bc02f")
_RANDOM = bytes(range(32))
_KEY = bytes(range(32))
"""A private key that everybody knows: the certificate is only ever looked at."""
_FIRST_DAY, _LAST_DAY = datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)


def _hello(fields: Fields) -> list[Conversation]:
    return [Conversation(TCP, PORT, (up(_client_hello(fields)),))]


def _certified(fields: Fields) -> list[Conversation]:
    hello = struct.pack("!H", 0x0303) + _RANDOM + b"\0" + _SUITES[2:4] + b"\0"
    certificate = _certificate(fields)
    chain = len(certificate).to_bytes(3, "big") + certificate
    answer = _record(_SERVER_HELLO, hello) + _record(_CERTIFICATE, len(chain).to_bytes(3, "big") + chain)
    return [Conversation(TCP, PORT, (up(_client_hello(fields)), down(answer)))]


def _client_hello(fields: Fields) -> bytes:
    name = text(fields, "tls.sni", "host.example").encode("ascii")
    entry = b"\0" + struct.pack("!H", len(name)) + name
    extensions = _extension(_SERVER_NAME, struct.pack("!H", len(entry)) + entry)
    protocols = b"".join(bytes((len(one),)) + one.encode() for one in texts(fields, "tls.alpn"))
    if protocols:
        extensions += _extension(_ALPN, struct.pack("!H", len(protocols)) + protocols)
    extensions += _extension(_VERSIONS, b"\x04\x03\x04\x03\x03")
    suites = struct.pack("!H", len(_SUITES)) + _SUITES
    body = (
        b"\x03\x03" + _RANDOM + b"\0" + suites + b"\x01\0" + struct.pack("!H", len(extensions)) + extensions
    )
    return _record(_CLIENT_HELLO, body)


def _certificate(fields: Fields) -> bytes:
    subject = x509.Name.from_rfc4514_string(text(fields, "tls.certificate_subject", "CN=host.example"))
    issuer = x509.Name.from_rfc4514_string(text(fields, "tls.certificate_issuer", "CN=issuer.example"))
    key = Ed25519PrivateKey.from_private_bytes(_KEY)
    builder = x509.CertificateBuilder(issuer, subject, key.public_key(), 1, _FIRST_DAY, _LAST_DAY)
    names = [x509.DNSName(name) for name in texts(fields, "tls.certificate_names")]
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(key, None).public_bytes(Encoding.DER)


def _record(kind: int, body: bytes) -> bytes:
    message = bytes((kind,)) + len(body).to_bytes(3, "big") + body
    return _HANDSHAKE + struct.pack("!H", len(message)) + message


def _extension(kind: int, content: bytes) -> bytes:
    return struct.pack("!HH", kind, len(content)) + content


_CERTIFICATE_FIELDS = frozenset(
    {"tls.certificate_subject", "tls.certificate_issuer", "tls.certificate_names"}
)
SPEAK = (Speaker(frozenset({"tls.sni", "tls.alpn"}), _hello), Speaker(_CERTIFICATE_FIELDS, _certified))
