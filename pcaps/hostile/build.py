"""Makes floods and nonsense, and in the middle of them a device that asks its vendor for firmware."""

import struct
import sys
from pathlib import Path

from scapy.contrib.mpls import MPLS
from scapy.layers.dns import DNS, DNSQR
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import GRE, Dot1Q, Ether
from scapy.packet import Packet, Raw

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from wire import Host, Wire  # noqa: E402 - the folder of scripts is no package
from wire_quic import quic_initial  # noqa: E402
from wire_say import coap, mqtt_connect, request, response  # noqa: E402
from wire_tls import client_hello, tls_record  # noqa: E402

START = 1_792_380_000.0
METER = Host("10.20.0.17", "02:51:00:00:00:17")
ATTACKER = Host("10.20.0.66", "02:0b:ad:00:00:66")
REMOTE = "198.51.100.61"
LINK = Ether(src=ATTACKER.mac, dst="02:00:5e:00:00:01")


def main(folder: Path = HERE) -> None:
    """Write capture.pcap, beside this file if nothing else is said."""
    wire = Wire(START, gateway_mac="02:00:5e:00:00:01", resolver="10.20.0.1", seed=10)
    floods(wire)
    lying_headers(wire)
    broken_messages(wire)
    at = wire.look_up(5.5, METER, "cloudota.quectel.com", REMOTE)
    wire.connection(
        at,
        METER,
        REMOTE,
        8100,
        ("up", request("POST", "cloudota.quectel.com:8100", "/v1/fota/fw", "QuecPython", b"{}")),
    )
    wire.write(folder / "capture.pcap")


def floods(wire: Wire) -> None:
    """SYN from everywhere, names that nobody has, a device that changes its address all the time."""
    entropy = wire.random
    for number in range(600):
        at = number / 100
        spoofed = f"10.{entropy.getrandbits(8)}.{entropy.getrandbits(8)}.{entropy.getrandbits(8)}"
        wire.put(
            at,
            LINK
            / IP(src=spoofed, dst=REMOTE, id=number)
            / TCP(sport=entropy.randrange(1024, 65536), dport=80, flags="S", seq=number),
        )
        name = f"{entropy.randbytes(8).hex()}.flood.example"
        wire.put(
            at,
            LINK
            / IP(src=ATTACKER.ip, dst="10.20.0.1", id=number)
            / UDP(sport=10_000 + number, dport=53)
            / DNS(id=number, qd=DNSQR(qname=name)),
        )


def lying_headers(wire: Wire) -> None:
    """Lengths that contradict each other, headers without an end, fragments that overlap."""
    datagram = bytes(IP(src=ATTACKER.ip, dst=REMOTE) / UDP(sport=1, dport=53) / Raw(b"x" * 40))
    lies = [
        bytes([0x4F]) + datagram[1:],  # a header longer than the datagram's options
        bytes([0x41]) + datagram[1:],  # a header shorter than a header
        datagram[:2] + b"\xff\xff" + datagram[4:],  # longer than the frame
        datagram[:2] + b"\x00\x05" + datagram[4:],  # shorter than its header
        datagram[:24] + b"\x00\x03" + datagram[26:],  # UDP shorter than its header
        datagram[:20],
        b"",
        b"\x60" + bytes(39),
    ]
    frames: list[Packet] = [LINK / Raw(lie) for lie in lies]
    for frame in frames:
        frame.type = 0x0800
    nest: Packet = IP(src=ATTACKER.ip, dst=REMOTE) / UDP(sport=1, dport=2)
    for _ in range(20):
        nest = IP(src=ATTACKER.ip, dst=REMOTE) / GRE() / nest
    labels: Packet = LINK
    for _ in range(40):
        labels = labels / MPLS(label=3, s=0)
    tags: Packet = LINK
    for number in range(40):
        tags = tags / Dot1Q(vlan=number)
    overlap = [
        LINK
        / IP(src=ATTACKER.ip, dst=REMOTE, id=7, flags="MF" if start < 24 else 0, frag=start // 8, proto=17)
        / Raw(bytes([start]) * 48)
        for start in (0, 8, 24, 16)
    ]
    endless = LINK / IPv6(src="fd00::66", dst="fd00::1", nh=0) / Raw(b"\0\0" * 200)
    for number, frame in enumerate([*frames, LINK / nest, labels, tags, *overlap, endless]):
        wire.put(2 + number / 50, frame)


def broken_messages(wire: Wire) -> None:
    """Messages that begin well: names that point at themselves, lengths beyond the end, the wrong protocol on a port."""
    entropy = wire.random
    loop = struct.pack("!6H", 1, 0x8180, 1, 200, 0, 0) + b"\xc0\x0c" * 60
    hello = tls_record(22, client_hello("broken.example", entropy))
    initial = bytearray(quic_initial("broken.example", entropy))
    initial[700] ^= 0xFF
    datagrams = [
        (53, loop), (53, b"\0\1"), (5353, loop), (443, bytes(initial)), (443, bytes(initial[:60])), (5683, coap(1, 1, (11, b"a" * 20))[:9]),
        (5683, b"\x4f" + entropy.randbytes(40)), (123, b"\x23"), (67, b"\1\1\6\0" + entropy.randbytes(300)), (546, b"\1" + entropy.randbytes(50)),
        (1900, b"NOTIFY * HTTP/1.1\r\n" + b"A" * 900), (5684, b"\x16\xfe\xfd" + entropy.randbytes(60)), (9, entropy.randbytes(1200)),
    ]  # fmt: skip
    for number, (port, payload) in enumerate(datagrams):
        wire.datagrams(3 + number / 20, ATTACKER, REMOTE, port, ("up", payload), ("down", payload))
    streams = [
        (443, hello[:40] + b"\xff" * 200), (443, tls_record(22, b"\1\xff\xff\xff" + entropy.randbytes(300))), (80, b"GET " + b"/" * 9_000), (80, hello),
        (80, b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 900), (1883, mqtt_connect("a")[:8] + b"\xff" * 80), (53, b"\xff\xff" + loop), (443, request("GET", "a.example", "/", "b")),
    ]  # fmt: skip
    for number, (port, payload) in enumerate(streams):
        lie = response("application/octet-stream", b"").replace(b"Length: 0", b"Length: 99999999999999999999")
        wire.connection(4 + number / 20, ATTACKER, REMOTE, port, ("up", payload), ("down", lie), pause=0.001)


if __name__ == "__main__":
    main()
