"""Makes TLS handshakes that are awkward to read: segments out of order, a certificate, an encrypted ClientHello."""

import random
import struct
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from wire import Host, Wire  # noqa: E402 - the folder of scripts is no package
from wire_tls import ECH, client_hello, extension, handshake, server_hello, tls_record, tls_session  # noqa: E402

START = 1_792_320_000.0
METER = Host("10.20.0.17", "02:51:00:00:00:17")
REMOTE = "198.51.100.7"
SEGMENT = 600
ECDHE_ECDSA_AES128 = 0xC02B
POST_QUANTUM_SHARE = 0x11EC  # X25519MLKEM768: 1,216 bytes, the reason why a ClientHello spans segments


def main(folder: Path = HERE) -> None:
    """Write capture.pcap, beside this file if nothing else is said."""
    wire = Wire(START, gateway_mac="02:00:5e:00:00:01", resolver="10.20.0.1", seed=3)
    hello_out_of_order(wire)
    certificate_chain(wire)
    encrypted_hello(wire)
    wire.connection(
        30, METER, REMOTE, 8883, *tls_session(wire.random, "resumed.tls.example", 400, 900), segment_bytes=7
    )
    wire.write(folder / "capture.pcap")


def hello_out_of_order(wire: Wire) -> None:
    """A ClientHello of three segments that come as third, first, second."""
    share = struct.pack("!HH", POST_QUANTUM_SHARE, 1216) + wire.random.randbytes(1216)
    hello = client_hello("segments.tls.example", wire.random, more=extension(0xFE0E, share))
    first = len(wire.frames) + 3  # after the handshake of TCP
    wire.connection(0, METER, REMOTE, 443, ("up", tls_record(22, hello)), segment_bytes=SEGMENT)
    times = [at for at, _ in wire.frames[first : first + 3]]
    for place, at in zip((2, 0, 1), times, strict=True):
        wire.frames[first + place] = (at, wire.frames[first + place][1])


def certificate_chain(wire: Wire) -> None:
    """TLS 1.2: the server shows a certificate and the one above it."""
    authority_key, server_key = (
        Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2)
    )
    authority = certificate("Example Root", authority_key, "Example Root", authority_key)
    server = certificate(
        "fota.tls.example", server_key, "Example Root", authority_key, "fota.tls.example", "*.dl.tls.example"
    )
    listed = b"".join(len(one).to_bytes(3, "big") + one for one in (server, authority))
    flight = (
        server_hello(wire.random, ECDHE_ECDSA_AES128)
        + handshake(11, len(listed).to_bytes(3, "big") + listed)
        + handshake(14, b"")
    )
    wire.connection(
        10, METER, REMOTE, 443,
        ("up", tls_record(22, client_hello("fota.tls.example", wire.random))),
        ("down", tls_record(22, flight)),
        segment_bytes=SEGMENT,
    )  # fmt: skip


def encrypted_hello(wire: Wire) -> None:
    """The outer name of an encrypted ClientHello is not where the device goes."""
    sealed = (
        b"\0"
        + struct.pack("!HHB", 1, 1, 9)
        + struct.pack("!H", 32)
        + wire.random.randbytes(32)
        + struct.pack("!H", 144)
        + wire.random.randbytes(144)
    )
    hello = client_hello("public.ech.example", wire.random, more=extension(ECH, sealed))
    wire.connection(20, METER, "198.51.100.8", 443, ("up", tls_record(22, hello)))


def certificate(
    subject: str, key: Ed25519PrivateKey, issuer: str, signer: Ed25519PrivateKey, *names: str
) -> bytes:
    """Return a certificate in DER; nothing in it depends on the day."""
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    number = random.Random(subject).getrandbits(64)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(number)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=3650))
    )
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
        )
    return builder.sign(signer, None).public_bytes(Encoding.DER)


if __name__ == "__main__":
    main()
