"""Makes DTLS 1.2 handshakes of modules: a name in fragments out of order, a cookie, a pre-shared key, a connection id."""

import struct
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from wire import Host, Wire  # noqa: E402 - the folder of scripts is no package
from wire_tls import dtls_client_hello, dtls_handshake, dtls_record, extension  # noqa: E402

START = 1_792_390_000.0
METER = Host("10.20.0.17", "02:51:00:00:00:17")
SERVER = "198.51.100.71"
HANDSHAKE, CLIENT_HELLO, HELLO_VERIFY, CLIENT_KEY_EXCHANGE = 22, 1, 3, 16
CONNECTION_ID = 54  # RFC 9146 section 3
IDENTITY = b"urn:imei:861234050000017"


def main(folder: Path = HERE) -> None:
    """Write capture.pcap, beside this file if nothing else is said."""
    wire = Wire(START, gateway_mac="02:00:5e:00:00:01", resolver="10.20.0.1", seed=11)
    wire.datagrams(0, METER, SERVER, 5684, *in_fragments(wire, "fragments.dtls.example"))
    wire.datagrams(5, METER, SERVER, 5684, *with_key(wire))
    wire.datagrams(
        10,
        METER,
        SERVER,
        4433,
        ("up", one(CLIENT_HELLO, 0, dtls_client_hello("port.dtls.example", wire.random))),
    )
    wire.write(folder / "capture.pcap")


def in_fragments(wire: Wire, name: str) -> list[tuple[str, bytes]]:
    """Return a ClientHello in two fragments; the second comes first."""
    hello = dtls_client_hello(name, wire.random)
    parts = [
        dtls_handshake(CLIENT_HELLO, 0, hello, start=start, end=end) for start, end in ((60, None), (0, 60))
    ]
    return [("up", dtls_record(HANDSHAKE, number, part)) for number, part in enumerate(parts)]


def with_key(wire: Wire) -> list[tuple[str, bytes]]:
    """Return a handshake with cookie, connection id and the identity of a pre-shared key (RFC 4279 section 2)."""
    cookie = wire.random.randbytes(20)
    offer = extension(CONNECTION_ID, b"\x04\xca\xfe\xba\xbe")
    key_exchange = struct.pack("!H", len(IDENTITY)) + IDENTITY
    return [
        ("up", one(CLIENT_HELLO, 0, dtls_client_hello("", wire.random, more=offer))),
        ("down", one(HELLO_VERIFY, 0, b"\xfe\xff" + bytes([len(cookie)]) + cookie)),
        ("up", one(CLIENT_HELLO, 1, dtls_client_hello("", wire.random, cookie=cookie, more=offer))),
        ("up", one(CLIENT_KEY_EXCHANGE, 2, key_exchange)),
    ]


def one(kind: int, sequence: int, body: bytes) -> bytes:
    """Return a record with one whole handshake message."""
    return dtls_record(HANDSHAKE, sequence, dtls_handshake(kind, sequence, body))


if __name__ == "__main__":
    main()
