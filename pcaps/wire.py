"""What the scripts that make cases share: a clock, a network, and hosts that speak on it. Everything is seeded.

Frames are scapy's; only what scapy has no words for (a ClientHello with given bytes, a QUIC Initial) is written out.
"""

import hashlib
import hmac
import random
import struct
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from scapy.layers.dns import DNS, DNSQR, DNSRR
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Packet, Raw
from scapy.utils import wrpcap

SEGMENT_BYTES = 1400
RESOLVER_TTL = 300
QUIC_V1_SALT = bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a")  # RFC 9001 section 5.2


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
        network = IPv6(src=source, dst=target) if ":" in remote else IP(src=source, dst=target, id=self.random.getrandbits(16))
        macs = (host.mac, self.gateway_mac) if up else (self.gateway_mac, host.mac)
        link = Ether(src=macs[0], dst=macs[1])
        if host.vlan is not None:
            link /= Dot1Q(vlan=host.vlan)
        return link / network / payload

    def datagrams(self, at: float, host: Host, remote: str, port: int, *said: tuple[str, bytes], source: int = 0) -> float:
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
        self.put(at, self.packet(host, self.resolver, UDP(sport=source, dport=53) / DNS(id=number, rd=1, qd=question)))
        answers = [DNSRR(rrname=alias or name, type=qtype, rdata=address, ttl=RESOLVER_TTL)]
        if alias:
            answers.insert(0, DNSRR(rrname=name, type="CNAME", rdata=alias, ttl=RESOLVER_TTL))
        reply = DNS(id=number, qr=1, rd=1, ra=1, qd=question, an=answers)
        self.put(at + 0.02, self.packet(host, self.resolver, UDP(sport=53, dport=source) / reply, up=False))
        return at + 0.03

    def connection(self, at: float, host: Host, remote: str, port: int, *said: tuple[str, bytes], pause: float = 0.05) -> float:
        """Open a TCP connection, say things, close it; returns when it was over."""
        source = self.port()
        numbers = [self.random.getrandbits(31), self.random.getrandbits(31)]

        def send(side: int, flags: str, payload: bytes = b"") -> None:
            nonlocal at
            ports = (source, port) if side == 0 else (port, source)
            segment = TCP(sport=ports[0], dport=ports[1], flags=flags, seq=numbers[side], ack=numbers[1 - side] if flags != "S" else 0, window=64240)
            self.put(at, self.packet(host, remote, segment / Raw(payload) if payload else segment, up=side == 0))
            numbers[side] = (numbers[side] + len(payload) + ("S" in flags or "F" in flags)) % 2**32
            at += 0.001

        send(0, "S")
        at += pause
        send(1, "SA")
        send(0, "A")
        for way, payload in said:
            side = 0 if way == "up" else 1
            at += pause
            for offset in range(0, len(payload), SEGMENT_BYTES):
                send(side, "PA", payload[offset : offset + SEGMENT_BYTES])
            send(1 - side, "A")
        send(0, "FA")
        at += pause
        send(1, "FA")
        send(0, "A")
        return at

    def write(self, path: Path) -> None:
        """Write the capture, microseconds, in order of time."""
        self.frames.sort(key=lambda entry: entry[0])
        for at, frame in self.frames:
            frame.time = round(self.start + at, 6)
        wrpcap(str(path), [frame for _, frame in self.frames], linktype=1)


def client_hello(name: str, entropy: random.Random, *, quic: bool = False) -> bytes:
    """Return a TLS 1.3 ClientHello handshake message (RFC 8446 section 4.1.2)."""
    host = name.encode("ascii")
    alpn = b"\x02h3" if quic else b"\x02h2\x08http/1.1"
    extensions = (
        _extension(0, struct.pack("!HBH", len(host) + 3, 0, len(host)) + host)
        + _extension(10, bytes.fromhex("0004001d0017"))
        + _extension(13, bytes.fromhex("0006040308040401"))
        + _extension(16, struct.pack("!H", len(alpn)) + alpn)
        + _extension(43, b"\x02\x03\x04" if quic else b"\x04\x03\x04\x03\x03")
        + _extension(51, b"\x00\x24\x00\x1d\x00\x20" + entropy.randbytes(32))
    )
    if quic:
        extensions += _extension(57, bytes.fromhex("01048000ea60"))
    body = b"\x03\x03" + entropy.randbytes(32) + (b"\0" if quic else b"\x20" + entropy.randbytes(32))
    body += bytes.fromhex("0006130113021303") + b"\x01\x00" + struct.pack("!H", len(extensions)) + extensions
    return b"\x01" + len(body).to_bytes(3, "big") + body


def tls_record(kind: int, body: bytes) -> bytes:
    """Return one TLS record (RFC 8446 section 5.1)."""
    return struct.pack("!BHH", kind, 0x0301, len(body)) + body


def quic_initial(name: str, entropy: random.Random) -> bytes:
    """Return a QUIC version 1 Initial datagram of 1,200 bytes with a ClientHello (RFC 9001 section 5)."""
    connection = entropy.randbytes(8)
    secret = _expand(hmac.digest(QUIC_V1_SALT, connection, hashlib.sha256), b"client in", 32)
    key, iv, mask_key = _expand(secret, b"quic key", 16), _expand(secret, b"quic iv", 12), _expand(secret, b"quic hp", 16)
    hello = client_hello(name, entropy, quic=True)
    frames = b"\x06\x00" + struct.pack("!H", 0x4000 | len(hello)) + hello
    head = b"\x00\x00\x00\x01" + bytes([len(connection)]) + connection + b"\x00\x00"
    frames = frames.ljust(1200 - (1 + len(head) + 2 + 4) - 16, b"\0")
    header = b"\xc3" + head + struct.pack("!H", 0x4000 | (4 + len(frames) + 16)) + bytes(4)
    sealed = AESGCM(key).encrypt(iv, frames, header)
    block = Cipher(algorithms.AES(mask_key), modes.ECB()).encryptor()  # noqa: S305 - header protection, RFC 9001 section 5.4.3
    mask = block.update(sealed[:16])
    protected = bytearray(header + sealed)
    protected[0] ^= mask[0] & 0x0F
    for i in range(4):
        protected[len(header) - 4 + i] ^= mask[1 + i]
    return bytes(protected)


def _extension(number: int, body: bytes) -> bytes:
    return struct.pack("!HH", number, len(body)) + body


def _expand(secret: bytes, label: bytes, length: int) -> bytes:
    info = struct.pack("!HB", length, 6 + len(label)) + b"tls13 " + label + b"\0"
    return hmac.digest(secret, info + b"\x01", hashlib.sha256)[:length]
