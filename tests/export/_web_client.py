"""A client of the web server that says exactly what it is told to, and certificates for clients."""

import socket
import ssl
from datetime import UTC, datetime
from email.parser import BytesParser
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.x509.oid import NameOID

PATIENCE_SECONDS = 10.0


class Reply(NamedTuple):
    """What the server said."""

    status: int
    headers: dict[str, str]
    """By name in lower case."""
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


def connect(port: int, context: ssl.SSLContext | None = None) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS)
    return client if context is None else context.wrap_socket(client, server_hostname="localhost")


def say(client: socket.socket, words: bytes) -> Reply:
    """Send and read to the end."""
    client.sendall(words)
    received = b""
    while piece := client.recv(1 << 16):
        received += piece
    client.close()
    return reply_of(received)


def reply_of(received: bytes) -> Reply:
    head, _, body = received.partition(b"\r\n\r\n")
    status_line, _, headers = head.partition(b"\r\n")
    parsed = BytesParser().parsebytes(headers)
    return Reply(int(status_line.split()[1]), {name.lower(): value for name, value in parsed.items()}, body)


def request(method: str, path: str, **headers: str) -> bytes:
    named = {"Host": "localhost"} | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def get(port: int, path: str, context: ssl.SSLContext | None = None, **headers: str) -> Reply:
    return say(connect(port, context), request("GET", path, **headers))


def client_certificate(folder: Path, *names: str) -> Path:
    """Return a file with a key and a certificate of its own, for DNS names and addresses; it is its own authority."""
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "scraper")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([_general_name(one) for one in names]), critical=False)
    )
    path = folder / f"client-{'-'.join(names)}.pem".replace(":", "_").replace("/", "_")
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM) + private)
    return path


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.UniformResourceIdentifier(name) if "://" in name else x509.DNSName(name)
