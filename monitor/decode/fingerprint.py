"""A number that two packets share only when a mirror delivered the very same IP packet twice.

It covers what neither a router nor a switch on the way changes: not the time to live, the IP checksum, tags or MAC addresses.
"""

from monitor.compiling import part
from monitor.decode._bytes import be64, u8
from monitor.decode._kernel import Row, int64

MAX_PAYLOAD_BYTES = 32
"""How much of a payload is mixed in where the transport has no sequence number: checksums are often left to the hardware."""
_ODD_1 = -0x61C8864680B583EB
_ODD_2 = -0x3D4D51C2D82B14B1
_ODD_3 = 0x165667B19E3779F9
_ODD_4 = 0x27D4EB2F165667C5
_ODD_5 = -0x4B47D0C5A1D3E8D1
_LOW_32 = 0xFFFF_FFFF


@part
def fingerprint(walk: Row, transport: int, checksum: int, size: int) -> int:
    """Mix the addresses, the ports, the IPv4 identification and the transport's own words; never 0."""
    source = mix(mix(int64(walk.src_low)) + int64(walk.src_high))
    destination = mix(mix(int64(walk.dst_low) ^ _ODD_2) + int64(walk.dst_high))
    ports = mix(walk.src_port << 48 | walk.dst_port << 32 | walk.ip_id << 16 | checksum)
    words = mix(mix(transport) + (walk.protocol << 56 | size))
    mixed = mix(source + destination * _ODD_3 + mix(words + ports * _ODD_5))
    return mixed if mixed != 0 else 1


@part
def mix(word: int) -> int:
    """Let every bit reach the low ones and back."""
    word = (word ^ (word >> 32 & _LOW_32)) * _ODD_1
    return word ^ (word >> 32 & _LOW_32)


@part
def payload(walk: Row, at: int, end: int) -> int:
    """Mix the first bytes of a payload."""
    end = min(end, at + MAX_PAYLOAD_BYTES)
    word: int = int64(end - at)
    while at + 8 <= end:
        word = mix(word + be64(walk, at) * _ODD_2)
        at += 8
    tail: int = int64(0)
    while at < end:
        tail = tail << 8 | u8(walk, at)
        at += 1
    return mix(word + tail * _ODD_4)
