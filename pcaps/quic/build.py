"""Makes the beginnings of QUIC connections: versions 1 and 2, a ClientHello in pieces out of order, a Retry."""

import sys
from itertools import pairwise
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from wire import Host, Wire  # noqa: E402 - the folder of scripts is no package
from wire_quic import QUIC_V2, crypto_frame, quic_initial, quic_packet, quic_retry  # noqa: E402
from wire_tls import client_hello  # noqa: E402

START = 1_792_330_000.0
METER = Host("10.20.0.17", "02:51:00:00:00:17")
PING = b"\x01"  # RFC 9000 section 19.2


def main(folder: Path = HERE) -> None:
    """Write capture.pcap, beside this file if nothing else is said."""
    wire = Wire(START, gateway_mac="02:00:5e:00:00:01", resolver="10.20.0.1", seed=4)
    entropy = wire.random
    answer = ("down", b"\x4a" + entropy.randbytes(1000))
    wire.datagrams(0, METER, "198.51.100.11", 443, ("up", quic_initial("v1.quic.example", entropy)), answer)
    wire.datagrams(
        1, METER, "198.51.100.12", 443, ("up", quic_initial("v2.quic.example", entropy, QUIC_V2)), answer
    )
    wire.datagrams(2, METER, "198.51.100.13", 443, *in_pieces(wire, "pieces.quic.example"), answer)
    wire.datagrams(3, METER, "198.51.100.14", 443, *retried(wire, "retry.quic.example"), answer)
    wire.write(folder / "capture.pcap")


def in_pieces(wire: Wire, name: str) -> list[tuple[str, bytes]]:
    """Return two Initials; the later CRYPTO frames come first, with other frames between (RFC 9001 section 4.1.3)."""
    hello = client_hello(name, wire.random, quic=True)
    connection = wire.random.randbytes(8)
    places = (0, 40, 90, 130, len(hello))
    pieces = [crypto_frame(hello[start:end], start) for start, end in pairwise(places)]
    first = quic_packet(pieces[3] + PING + pieces[1], connection, number=0)
    second = quic_packet(pieces[2] + PING + pieces[0], connection, number=1)
    return [("up", first), ("up", second)]


def retried(wire: Wire, name: str) -> list[tuple[str, bytes]]:
    """Return an Initial, the server's Retry, and the Initial again with the token and new keys (RFC 9000 section 17.2.5)."""
    hello = crypto_frame(client_hello(name, wire.random, quic=True))
    first, chosen, token = wire.random.randbytes(8), wire.random.randbytes(8), wire.random.randbytes(24)
    again = quic_packet(hello, chosen, token=token, number=1)
    # The first ClientHello is not readable: it is sealed with the keys of another connection, as if it were damaged.
    lost = quic_packet(hello, first, keyed_by=b"damaged!")
    return [("up", lost), ("down", quic_retry(chosen, first, token)), ("up", again)]


if __name__ == "__main__":
    main()
