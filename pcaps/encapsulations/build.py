"""Makes one DNS query for each encapsulation, each with the encapsulation in its name."""

import sys
from pathlib import Path

from scapy.contrib.erspan import ERSPAN_II
from scapy.contrib.geneve import GENEVE
from scapy.contrib.gtp import GTP_U_Header
from scapy.contrib.mpls import MPLS
from scapy.layers.dns import DNS, DNSQR
from scapy.layers.inet import IP, UDP, fragment
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment, fragment6
from scapy.layers.l2 import GRE, Dot1AD, Dot1Q, Ether
from scapy.layers.ppp import PPP, PPPoE
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet, Raw

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from wire import Wire  # noqa: E402 - the folder of scripts is no package

START = 1_792_300_000.0
MACS = {"src": "02:51:00:00:00:17", "dst": "02:00:5e:00:00:01"}
TUNNEL_MACS = {"src": "02:00:5e:00:00:10", "dst": "02:00:5e:00:00:11"}
DEVICE, RESOLVER = "10.20.0.17", "10.20.0.1"
DEVICE6, RESOLVER6 = "2001:db8:20::17", "2001:db8:20::1"
SITE, CENTRE = "192.0.2.10", "192.0.2.20"
SITE6, CENTRE6 = "2001:db8:ffff::10", "2001:db8:ffff::20"
TEID, VNI, SEGMENT, KEY, SESSION = 0x00C0FFEE, 5001, 7002, 42, 0x0B0B
TYPES = {"ether": 0x6558, "ip": 0x0800, "erspan2": 0x88BE}  # transparent Ethernet bridging, IPv4, ERSPAN II


def main(folder: Path = HERE) -> None:
    """Write capture.pcap, beside this file if nothing else is said."""
    wire = Wire(START, gateway_mac=MACS["dst"], resolver=RESOLVER, seed=1)
    frames = [frame for group in (links(), tunnels(), in_udp(), fragments()) for frame in group]
    for number, frame in enumerate(frames):
        wire.put(number, frame)
    wire.write(folder / "capture.pcap")


def links() -> list[Packet]:
    """Tags and labels between Ethernet and IP."""
    return [
        Ether(**MACS) / Dot1AD(vlan=200) / Dot1Q(vlan=30) / query("qinq"),
        Ether(**MACS) / MPLS(label=16, s=0, ttl=64) / MPLS(label=18, s=1, ttl=64) / query("mpls"),
        Ether(**MACS, type=0x8864) / PPPoE(sessionid=SESSION) / PPP(proto=0x21) / query("pppoe"),
        Ether(**MACS) / query("plain"),
        Ether(**MACS) / query("plain6", six=True),
        Ether(**MACS) / Dot1Q(vlan=31) / query("vlan"),
    ]


def tunnels() -> list[Packet]:
    """IP in IP and GRE."""
    outer = Ether(**TUNNEL_MACS) / IP(src=SITE, dst=CENTRE)
    mirrored = Ether(**MACS) / query("erspan")
    return [
        outer / GRE(key_present=1, key=KEY, proto=TYPES["ip"]) / query("gre"),
        outer
        / GRE(seqnum_present=1, seqence_number=7, proto=TYPES["erspan2"])
        / ERSPAN_II(vlan=30, session_id=9)
        / mirrored,
        Ether(**TUNNEL_MACS) / IPv6(src=SITE6, dst=CENTRE6) / query("4in6"),
        outer / query("6in4", six=True),
        outer / query("ipip"),
    ]


def in_udp() -> list[Packet]:
    """Tunnels over UDP."""
    outer = Ether(**TUNNEL_MACS) / IP(src=SITE, dst=CENTRE)
    return [
        outer
        / UDP(sport=50001, dport=4789)
        / VXLAN(vni=VNI, flags="Instance")
        / Ether(**MACS)
        / query("vxlan"),
        outer
        / UDP(sport=50002, dport=6081)
        / GENEVE(vni=SEGMENT, proto=TYPES["ether"])
        / Ether(**MACS)
        / query("geneve"),
        outer / UDP(sport=2152, dport=2152) / GTP_U_Header(teid=TEID, gtp_type=255) / query("gtpu"),
        Ether(**TUNNEL_MACS)
        / Dot1Q(vlan=77)
        / IP(src=SITE, dst=CENTRE)
        / UDP(sport=2152, dport=2152)
        / GTP_U_Header(teid=TEID + 1, gtp_type=255)
        / query("gtpu6", six=True),
    ]


def fragments() -> list[Packet]:
    """Queries that are longer than the path allows; the pieces of one come out of order."""
    pieces = fragment(IP(bytes(query("fragments", padding=600))), fragsize=256)
    first, second, *others = [Ether(**MACS) / piece for piece in pieces]
    with_header = (
        IPv6(src=DEVICE6, dst=RESOLVER6)
        / IPv6ExtHdrFragment(id=99)
        / UDP(sport=40000, dport=53)
        / asked("fragments6")
        / Raw(bytes(600))
    )
    return [second, first, *others, *(Ether(**MACS) / piece for piece in fragment6(with_header, 400))]


def query(what: str, *, six: bool = False, padding: int = 0) -> Packet:
    """Return an IP datagram that asks for ``<what>.encapsulation.example``."""
    source = 41000 + sum(map(ord, what))
    network = IPv6(src=DEVICE6, dst=RESOLVER6) if six else IP(src=DEVICE, dst=RESOLVER, id=source)
    datagram = network / UDP(sport=source, dport=53) / asked(what)
    return datagram / Raw(bytes(padding)) if padding else datagram


def asked(what: str) -> Packet:
    """Return a DNS query."""
    return DNS(id=4711, rd=1, qd=DNSQR(qname=f"{what}.encapsulation.example", qtype="A"))


if __name__ == "__main__":
    main()
