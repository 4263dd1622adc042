"""Makes one DNS query on each link type, each in a capture of its own, and a frame on a link nobody reads."""

import struct
import sys
from pathlib import Path

from scapy.layers.dns import DNS, DNSQR
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.packet import Packet, Raw

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from wire import Wire  # noqa: E402 - the folder of scripts is no package

START = 1_792_310_000.0
MAC, GATEWAY_MAC = bytes.fromhex("025100000017"), bytes.fromhex("02005e000001")
IPV4, IPV6 = 0x0800, 0x86DD
SNAP = bytes.fromhex("aaaa03000000")
RADIOTAP = bytes.fromhex("0000080000000000")

LINKS = {
    # name: LINKTYPE number, what stands before the IP datagram, IPv6 instead of IPv4
    "null": (0, struct.pack("<I", 2), False),
    "loop": (108, struct.pack(">I", 2), False),
    "ethernet": (1, GATEWAY_MAC + MAC + struct.pack("!H", IPV4), False),
    "raw": (101, b"", False),
    "raw6": (101, b"", True),
    "ipv4": (228, b"", False),
    "ipv6": (229, b"", True),
    "sll": (113, struct.pack("!HHH", 0, 1, 6) + MAC + b"\0\0" + struct.pack("!H", IPV4), False),
    "sll2": (276, struct.pack("!HHIHBB", IPV6, 0, 2, 1, 4, 6) + MAC + b"\0\0", True),
    "ppp": (9, struct.pack("!BBH", 0xFF, 3, 0x0021), False),
    "ppp-hdlc": (50, struct.pack("!BBH", 0xFF, 3, 0x0057), True),
    "c-hdlc": (104, struct.pack("!BBH", 0x0F, 0, IPV4), False),
    "wifi": (
        105,
        b"\x08\x01\0\0" + GATEWAY_MAC + MAC + GATEWAY_MAC + b"\0\0" + SNAP + struct.pack("!H", IPV4),
        False,
    ),
    "radiotap": (
        127,
        RADIOTAP
        + b"\x08\x01\0\0"
        + GATEWAY_MAC
        + MAC
        + GATEWAY_MAC
        + b"\x10\0"
        + SNAP
        + struct.pack("!H", IPV6),
        True,
    ),
    "unknown": (147, b"\x2a", False),
}


def main(folder: Path = HERE) -> None:
    """Write a capture for each link type, beside this file if nothing else is said."""
    for number, (name, (link_type, header, six)) in enumerate(LINKS.items()):
        wire = Wire(START + number, gateway_mac="", resolver="")
        wire.put(0, Raw(header + bytes(query(name, six=six))))
        wire.write(folder / f"{name}.pcap", link_type)


def query(name: str, *, six: bool) -> Packet:
    """Return an IP datagram that asks for ``<name>.link.example``."""
    network = (
        IPv6(src="2001:db8:20::17", dst="2001:db8:20::1")
        if six
        else IP(src="10.20.0.17", dst="10.20.0.1", id=len(name))
    )
    source = 42000 + sum(map(ord, name))
    return (
        network
        / UDP(sport=source, dport=53)
        / DNS(id=4711, rd=1, qd=DNSQR(qname=f"{name}.link.example", qtype="A"))
    )


if __name__ == "__main__":
    main()
