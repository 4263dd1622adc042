"""What the scripts that make cases share: a clock, a network, and hosts that speak on it. Everything is seeded.

Frames are scapy's. What hosts say is in ``wire_say`` (HTTP, MQTT, CoAP), ``wire_tls`` and ``wire_quic``. A script declares ``main(folder)``, which writes its captures there, the same bytes every time.
"""

import random
import struct
from dataclasses import dataclass, field
from pathlib import Path

from scapy.layers.dns import DNS, DNSQR, DNSRR
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Packet, Raw

SEGMENT_BYTES = 1400
SNAP_LENGTH = 0xFFFF
RESOLVER_TTL = 300
ETHERNET = 1  # LINKTYPE_ETHERNET


@dataclass(frozen=True)
class Host:
    """An end inside the site."""

    ip: str
    mac: str
    vlan: int | None = None
    ip6: str | None = None


@dataclass
class Wire:
    """Collects frames; ``write`` puts them into a capture in order of time."""

    start: float
    gateway_mac: str
    resolver: str
    seed: int = 1
    frames: list[tuple[float, Packet]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self._port = 49152

    def port(self) -> int:
        """Return the next ephemeral port."""
        self._port = self._port + 1 if self._port < 65000 else 49152
        return self._port

    def put(self, at: float, frame: Packet) -> None:
        """Put a frame on the wire, ``at`` seconds after the start."""
        self.frames.append((at, frame))

    def packet(self, host: Host, remote: str, payload: Packet, *, up: bool = True) -> Packet:
        """Return a frame between a host and a remote behind the gateway (or a multicast group)."""
        own = host.ip6 if ":" in remote and host.ip6 else host.ip
        source, target = (own, remote) if up else (remote, own)
        network = (
            IPv6(src=source, dst=target)
            if ":" in remote
            else IP(src=source, dst=target, id=self.random.getrandbits(16))
        )
        macs = (host.mac, self.gateway_mac) if up else (self.gateway_mac, host.mac)
        link = Ether(src=macs[0], dst=macs[1])
        if host.vlan is not None:
            link /= Dot1Q(vlan=host.vlan)
        return link / network / payload

    def datagrams(
        self, at: float, host: Host, remote: str, port: int, *said: tuple[str, bytes], source: int = 0
    ) -> float:
        """Exchange UDP datagrams, each ``("up", bytes)`` or ``("down", bytes)``; returns when it was over."""
        source = source or self.port()
        for way, payload in said:
            up = way == "up"
            ports = UDP(sport=source, dport=port) if up else UDP(sport=port, dport=source)
            self.put(at, self.packet(host, remote, ports / Raw(payload), up=up))
            at += 0.04 + self.random.random() * 0.02
        return at

    def look_up(self, at: float, host: Host, name: str, address: str, *, alias: str | None = None) -> float:
        """Ask the resolver for a name; returns when it was answered."""
        qtype = "AAAA" if ":" in address else "A"
        number, source = self.random.getrandbits(16), self.port()
        question = DNSQR(qname=name, qtype=qtype)
        self.put(
            at,
            self.packet(host, self.resolver, UDP(sport=source, dport=53) / DNS(id=number, rd=1, qd=question)),
        )
        answers = [DNSRR(rrname=alias or name, type=qtype, rdata=address, ttl=RESOLVER_TTL)]
        if alias:
            answers.insert(0, DNSRR(rrname=name, type="CNAME", rdata=alias, ttl=RESOLVER_TTL))
        reply = DNS(id=number, qr=1, rd=1, ra=1, qd=question, an=answers)
        self.put(at + 0.02, self.packet(host, self.resolver, UDP(sport=53, dport=source) / reply, up=False))
        return at + 0.03

    def connection(  # noqa: PLR0913 - a script reads best with words at the call
        self,
        at: float,
        host: Host,
        remote: str,
        port: int,
        *said: tuple[str, bytes],
        pause: float = 0.05,
        segment_bytes: int = SEGMENT_BYTES,
    ) -> float:
        """Open a TCP connection, say things, close it; returns when it was over."""
        source = self.port()
        numbers = [self.random.getrandbits(31), self.random.getrandbits(31)]

        def send(side: int, flags: str, payload: bytes = b"") -> None:
            nonlocal at
            ports = (source, port) if side == 0 else (port, source)
            segment = TCP(
                sport=ports[0],
                dport=ports[1],
                flags=flags,
                seq=numbers[side],
                ack=numbers[1 - side] if flags != "S" else 0,
                window=64240,
            )
            self.put(
                at, self.packet(host, remote, segment / Raw(payload) if payload else segment, up=side == 0)
            )
            numbers[side] = (numbers[side] + len(payload) + ("S" in flags or "F" in flags)) % 2**32
            at += 0.001

        send(0, "S")
        at += pause
        send(1, "SA")
        send(0, "A")
        for way, payload in said:
            side = 0 if way == "up" else 1
            at += pause
            for offset in range(0, len(payload), segment_bytes):
                send(side, "PA", payload[offset : offset + segment_bytes])
            send(1 - side, "A")
        send(0, "FA")
        at += pause
        send(1, "FA")
        send(0, "A")
        return at

    def write(self, path: Path, link_type: int = ETHERNET) -> None:
        """Write the capture, microseconds, in order of time."""
        self.frames.sort(key=lambda entry: entry[0])
        # scapy writes link type 0 as Ethernet; and a header of 24 bytes needs no library.
        parts = [struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, SNAP_LENGTH, link_type)]
        for at, frame in self.frames:
            time = round(self.start + at, 6)
            content = bytes(frame)
            parts += [
                struct.pack("<IIII", int(time), round(time % 1 * 1e6), len(content), len(content)),
                content,
            ]
        path.write_bytes(b"".join(parts))
