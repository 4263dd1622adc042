"""Internet and MAC addresses as the kernels hold them (two 64-bit words) and as people read them.

IPv4 is held as an IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2), so that one column layout serves both.
"""

from functools import lru_cache
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton

V4_MAPPED = 0xFFFF_0000_0000
"""Low word of ``::ffff:0.0.0.0``; the high word of a mapped address is 0."""
_TEXT_CACHE = 1 << 16


def is_v4(high: int, low: int) -> bool:
    """Whether the pair of words is an IPv4-mapped address."""
    return high == 0 and low >> 32 == 0xFFFF


@lru_cache(maxsize=_TEXT_CACHE)
def text(high: int, low: int) -> str:
    """Return the address as RFC 5952 text (dotted quad for IPv4)."""
    if is_v4(high, low):
        return inet_ntop(AF_INET, (low & 0xFFFF_FFFF).to_bytes(4, "big"))
    return inet_ntop(AF_INET6, high.to_bytes(8, "big") + low.to_bytes(8, "big"))


def words(address: str) -> tuple[int, int]:
    """Return the two words of a textual address; raises OSError when it is none."""
    if ":" in address:
        raw = inet_pton(AF_INET6, address)
        return int.from_bytes(raw[:8], "big"), int.from_bytes(raw[8:], "big")
    return 0, V4_MAPPED | int.from_bytes(inet_pton(AF_INET, address), "big")


def packed(address: str) -> bytes:
    """Return 4 or 16 bytes of a textual address; raises OSError when it is none."""
    return inet_pton(AF_INET6 if ":" in address else AF_INET, address)


@lru_cache(maxsize=_TEXT_CACHE)
def mac_text(mac: int) -> str | None:
    """Return ``aa:bb:cc:dd:ee:ff``; None for 0, which stands for a link without MAC addresses."""
    return mac.to_bytes(6, "big").hex(":") if mac else None
