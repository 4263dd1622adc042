"""Makes an ordinary hour of an office: people, a printer, a television and their protocols. Nothing of it is news."""

import gzip
import sys
from pathlib import Path

from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.dhcp6 import DUID_LL, DHCP6_Solicit, DHCP6OptClientFQDN, DHCP6OptClientId
from scapy.layers.dns import DNS, DNSQR, DNSRR, DNSRRSRV
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet, Raw

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from wire import Host, Wire  # noqa: E402 - the folder of scripts is no package
from wire_quic import quic_initial  # noqa: E402
from wire_say import request, response  # noqa: E402
from wire_tls import tls_session  # noqa: E402

START = 1_792_400_400.0
MINUTE = 60.0
RESOLVER = "10.30.0.1"
ANNA = Host("10.30.0.11", "02:0a:00:00:01:11", ip6="fd00:30::11")
BEN = Host("10.30.0.12", "02:0a:00:00:01:12", ip6="fd00:30::12")
PHONE = Host("10.30.0.13", "02:0a:00:00:01:13", ip6="fd00:30::13")
PRINTER = Host("10.30.0.14", "02:0a:00:00:01:14")
TELEVISION = Host("10.30.0.15", "02:0a:00:00:01:15")
EVERYONE = (ANNA, BEN, PHONE, PRINTER, TELEVISION)
PLACES = (
    ("www.wikipedia.org", "185.15.59.224"), ("github.com", "140.82.112.3"), ("www.bbc.co.uk", "212.58.244.1"),
    ("outlook.office365.com", "13.107.42.14"), ("www.debian.org", "2a04:4e42::644"), ("www.google.com", "142.250.74.100"),
)  # fmt: skip


def main(folder: Path = HERE) -> None:
    """Write capture.pcap, beside this file if nothing else is said."""
    wire = Wire(START, gateway_mac="02:00:5e:00:01:01", resolver=RESOLVER, seed=7)
    arrivals(wire)
    people(wire)
    neighbours(wire)
    inside(wire)
    wire.write(folder / "capture.pcap")


def arrivals(wire: Wire) -> None:
    """Leases, time and a look at the gateway."""
    for number, host in enumerate(EVERYONE):
        at = 3.0 * number
        hardware = bytes.fromhex(host.mac.replace(":", ""))
        asks = BOOTP(chaddr=hardware, xid=number + 1) / DHCP(
            options=[
                ("message-type", "discover"),
                ("hostname", f"office-{number}"),
                ("vendor_class_id", "MSFT 5.0"),
                "end",
            ]
        )
        gives = BOOTP(op=2, yiaddr=host.ip, chaddr=hardware, xid=number + 1) / DHCP(
            options=[("message-type", "ack"), ("lease_time", 86400), "end"]
        )
        blank = Host("0.0.0.0", host.mac)  # noqa: S104 - the address of a host that has none yet
        wire.put(at, wire.packet(blank, "255.255.255.255", UDP(sport=68, dport=67) / asks))
        wire.put(at + 0.01, wire.packet(host, RESOLVER, UDP(sport=67, dport=68) / gives, up=False))
        wire.put(
            at + 0.02,
            Ether(src=host.mac, dst="ff:ff:ff:ff:ff:ff") / ARP(hwsrc=host.mac, psrc=host.ip, pdst=RESOLVER),
        )
        then = wire.look_up(at + 0.1, host, "pool.ntp.org", "162.159.200.1")
        wire.datagrams(
            then,
            host,
            "162.159.200.1",
            123,
            ("up", b"\x23".ljust(48, b"\0")),
            ("down", b"\x24\x02".ljust(48, b"\1")),
            source=123,
        )
    client = DHCP6OptClientId(duid=DUID_LL(lladdr=ANNA.mac)) / DHCP6OptClientFQDN(fqdn="anna.office.example")
    ask = IPv6(src="fe80::11", dst="ff02::1:2") / UDP(sport=546, dport=547) / DHCP6_Solicit(trid=7) / client
    wire.put(20, Ether(src=ANNA.mac, dst="33:33:00:01:00:02") / ask)


def people(wire: Wire) -> None:
    """Web pages over TLS and QUIC, a download in clear, a ping."""
    for turn in range(24):
        host = (ANNA, BEN, PHONE)[turn % 3]
        name, address = PLACES[turn % len(PLACES)]
        at = wire.look_up(2 * MINUTE + turn * 2.2 * MINUTE, host, name, address)
        if turn % 5 == 4:
            wire.datagrams(
                at,
                host,
                address,
                443,
                ("up", quic_initial(name, wire.random)),
                *[("down", b"\x4a" + wire.random.randbytes(900)) for _ in range(3)],
            )
        else:
            wire.connection(at, host, address, 443, *tls_session(wire.random, name, 600, 4_000))
    at = wire.look_up(9 * MINUTE, BEN, "deb.debian.org", "151.101.2.132")
    package = gzip.compress(wire.random.randbytes(20_000), mtime=0)
    asks = request(
        "GET", "deb.debian.org", "/debian/pool/main/h/hello/hello_2.10.orig.tar.gz", "Debian APT-HTTP/1.3"
    )
    wire.connection(
        at, BEN, "151.101.2.132", 80, ("up", asks), ("down", response("application/x-gzip", package))
    )
    for number in range(4):
        echo = ICMP(type=8, id=77, seq=number) / Raw(bytes(range(56)))
        wire.put(10 * MINUTE + number, wire.packet(ANNA, "9.9.9.9", echo))
        wire.put(
            10 * MINUTE + number + 0.02,
            wire.packet(ANNA, "9.9.9.9", ICMP(type=0, id=77, seq=number) / Raw(bytes(range(56))), up=False),
        )


def neighbours(wire: Wire) -> None:
    """What machines tell everybody: mDNS, LLMNR, SSDP."""
    for number in range(6):
        at = 5 * MINUTE + number * 9 * MINUTE
        service = DNS(
            qr=1,
            aa=1,
            qd=None,
            an=[
                DNSRR(rrname="_ipp._tcp.local", type="PTR", rdata="printer._ipp._tcp.local", ttl=4500),
                DNSRRSRV(rrname="printer._ipp._tcp.local", port=631, target="printer.local", ttl=120),
            ],
        )
        wire.put(at, group(PRINTER, "224.0.0.251", UDP(sport=5353, dport=5353) / service))
        wire.put(
            at + 1,
            group(
                ANNA,
                "224.0.0.251",
                UDP(sport=5353, dport=5353) / DNS(qd=DNSQR(qname="_ipp._tcp.local", qtype="PTR")),
            ),
        )
        wire.put(
            at + 2,
            group(
                BEN,
                "224.0.0.252",
                UDP(sport=52000 + number, dport=5355) / DNS(id=number, qd=DNSQR(qname="wpad", qtype="A")),
            ),
        )
        search = b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 2\r\nST: urn:dial-multiscreen-org:service:dial:1\r\n\r\n'
        wire.put(at + 3, group(PHONE, "239.255.255.250", UDP(sport=53000 + number, dport=1900) / Raw(search)))
        alive = b"NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNT: upnp:rootdevice\r\nNTS: ssdp:alive\r\nUSN: uuid:tv::upnp:rootdevice\r\nLOCATION: http://10.30.0.15:8008/d.xml\r\nSERVER: Linux UPnP/1.0 TV/1.0\r\n\r\n"
        wire.put(at + 4, group(TELEVISION, "239.255.255.250", UDP(sport=1900, dport=1900) / Raw(alive)))


def inside(wire: Wire) -> None:
    """A page printed, and a shell: contacts that never leave the site."""
    job = request("POST", "printer.local:631", "/ipp/print", "CUPS/2.4", b"%PDF-1.7 " + bytes(3_000))
    wire.connection(
        30 * MINUTE, ANNA, PRINTER.ip, 631, ("up", job), ("down", response("application/ipp", b"\1\1\0\0"))
    )
    wire.connection(
        40 * MINUTE,
        BEN,
        ANNA.ip,
        22,
        ("down", b"SSH-2.0-OpenSSH_9.6\r\n"),
        ("up", b"SSH-2.0-OpenSSH_9.6\r\n"),
        ("up", wire.random.randbytes(1200)),
    )


def group(host: Host, address: str, payload: Packet) -> Packet:
    """Return a frame to a multicast group."""
    last = [int(part) for part in address.split(".")]
    mac = f"01:00:5e:{last[1] & 0x7F:02x}:{last[2]:02x}:{last[3]:02x}"
    return Ether(src=host.mac, dst=mac) / IP(src=host.ip, dst=address, ttl=1, id=1) / payload


if __name__ == "__main__":
    main()
