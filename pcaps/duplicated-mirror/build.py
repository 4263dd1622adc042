"""Makes what a mirror port shows that mirrors both ingress and egress: every frame twice, a few microseconds apart."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from wire import Host, Wire  # noqa: E402 - the folder of scripts is no package
from wire_quic import quic_initial  # noqa: E402
from wire_say import request, response  # noqa: E402
from wire_tls import tls_session  # noqa: E402

START = 1_792_370_000.0
METER = Host("10.20.0.17", "02:51:00:00:00:17")
REMOTE = "198.51.100.51"
LATER = 0.000_040


def main(folder: Path = HERE) -> None:
    """Write capture.pcap, beside this file if nothing else is said."""
    wire = Wire(START, gateway_mac="02:00:5e:00:00:01", resolver="10.20.0.1", seed=9)
    at = wire.look_up(0, METER, "twice.mirror.example", REMOTE)
    wire.connection(at, METER, REMOTE, 443, *tls_session(wire.random, "twice.mirror.example", 500, 3_000))
    wire.connection(
        at + 5,
        METER,
        REMOTE,
        80,
        ("up", request("GET", "twice.mirror.example", "/a", "case/1.0")),
        ("down", response("text/plain", b"a" * 3_000)),
    )
    wire.datagrams(
        at + 10,
        METER,
        REMOTE,
        443,
        ("up", quic_initial("quic.mirror.example", wire.random)),
        ("down", b"\x4a" + wire.random.randbytes(500)),
    )
    wire.frames += [(at + LATER, frame.copy()) for at, frame in wire.frames]
    wire.write(folder / "capture.pcap")


if __name__ == "__main__":
    main()
