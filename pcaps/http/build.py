"""Makes HTTP/1.1 in its less simple shapes: keep-alive, pipelining, chunks, ranges, and a firmware image."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from wire import Host, Wire  # noqa: E402 - the folder of scripts is no package
from wire_say import request, response  # noqa: E402

START = 1_792_340_000.0
METER = Host("10.20.0.17", "02:51:00:00:00:17")
REMOTE = "198.51.100.21"
BINARY = "application/octet-stream"
UBOOT = bytes.fromhex("27051956")  # legacy image header


def main(folder: Path = HERE) -> None:
    """Write capture.pcap, beside this file if nothing else is said."""
    wire = Wire(START, gateway_mac="02:00:5e:00:00:01", resolver="10.20.0.1", seed=5)
    image = UBOOT + bytes(range(256)) * 100
    agent = "case/1.0"
    kept_alive = [
        message
        for number in range(3)
        for message in (
            ("up", request("GET", "alive.http.example", f"/{number}", agent)),
            ("down", response("text/plain", b"ok" * number)),
        )
    ]
    wire.connection(0, METER, REMOTE, 80, *kept_alive)
    asked = b"".join(request("GET", "pipe.http.example", f"/{number}", agent) for number in range(3))
    told = b"".join(response("text/plain", b"answer %d" % number) for number in range(3))
    wire.connection(5, METER, REMOTE, 80, ("up", asked), ("down", told))
    wire.connection(
        10,
        METER,
        REMOTE,
        8080,
        ("up", request("POST", "chunks.http.example:8080", "/up", agent, b"{}")),
        ("down", chunked(b"one two three four", 5)),
    )
    wire.connection(15, METER, REMOTE, 80, *ranges(image, 10_000, agent))
    wire.connection(
        20,
        METER,
        REMOTE,
        80,
        ("up", request("GET", "fota.http.example", "/image.bin", agent)),
        ("down", response(BINARY, image)),
    )
    wire.connection(
        25,
        METER,
        REMOTE,
        9999,
        ("up", request("GET", "port.http.example:9999", "/", agent)),
        ("down", b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
    )
    wire.write(folder / "capture.pcap")


def chunked(body: bytes, size: int) -> bytes:
    """Return a response in chunks (RFC 9112 section 7.1)."""
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (*parts, b""))
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks


def ranges(image: bytes, size: int, agent: str) -> list[tuple[str, bytes]]:
    """Return a download in ranges (RFC 9110 section 14)."""
    said = []
    for start in range(0, len(image), size):
        part = image[start : start + size]
        extent = f"{start}-{start + len(part) - 1}"
        ask = request("GET", "ranges.http.example", "/image.bin", agent)
        said.append(("up", ask.replace(b"Accept: */*\r\n", f"Range: bytes={extent}\r\n".encode())))
        head = f"HTTP/1.1 206 Partial Content\r\nContent-Type: {BINARY}\r\nContent-Range: bytes {extent}/{len(image)}\r\nContent-Length: {len(part)}\r\n\r\n"
        said.append(("down", head.encode() + part))
    return said


if __name__ == "__main__":
    main()
