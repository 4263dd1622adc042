"""Makes what a mirror port shows that is set up wrong: two connections, of each only one direction."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from wire import Host, Wire  # noqa: E402 - the folder of scripts is no package
from wire_say import mqtt_session, request, response  # noqa: E402
from wire_tls import tls_session  # noqa: E402

START = 1_792_360_000.0
UP = Host("10.20.0.17", "02:51:00:00:00:17")
DOWN = Host("10.20.0.18", "02:51:00:00:00:18")
REMOTE = "198.51.100.41"


def main(folder: Path = HERE) -> None:
    """Write capture.pcap, beside this file if nothing else is said."""
    wire = Wire(START, gateway_mac="02:00:5e:00:00:01", resolver="10.20.0.1", seed=8)
    for number, host in enumerate((UP, DOWN)):
        at = wire.look_up(10 * number, host, f"{'up' if host is UP else 'down'}.mirror.example", REMOTE)
        wire.connection(at, host, REMOTE, 443, *tls_session(wire.random, "tls.mirror.example", 500, 900))
        wire.connection(
            at + 2,
            host,
            REMOTE,
            80,
            ("up", request("GET", "http.mirror.example", "/a", "case/1.0")),
            ("down", response("text/plain", b"a" * 3_000)),
        )
        wire.connection(at + 4, host, REMOTE, 1883, *mqtt_session("one-way", "one/way"))
    wire.frames = [(at, frame) for at, frame in wire.frames if frame.src == UP.mac or frame.dst == DOWN.mac]
    wire.write(folder / "capture.pcap")


if __name__ == "__main__":
    main()
