"""IPv4 (RFC 791), IPv6 (RFC 8200) and its extension headers, authentication headers (RFC 4302).

An IP length field is believed even where it says more than the frame held: mirrors cut frames and do not always say so.
"""

import numpy as np

from monitor.compiling import part
from monitor.decode._bytes import be16, be32, be64, u8
from monitor.decode._kernel import Row, int64
from monitor.decode._walk import (
    EXTENSION,
    FRAGMENT,
    IPV4,
    IPV6,
    MAX_DEPTH,
    MAX_EXTENSIONS,
    OUTCOME_MALFORMED,
    OUTCOME_NOT_IP,
    OUTCOME_TOO_DEEP,
    TRANSPORT,
    go,
    need,
    stop,
)
from monitor.model.address import V4_MAPPED

HOP_BY_HOP = 0
ROUTING = 43
FRAGMENT_HEADER = 44
AUTHENTICATION = 51
NO_NEXT_HEADER = 59
DESTINATION_OPTIONS = 60
MOBILITY = 135
HOST_IDENTITY = 139
SHIM6 = 140
_SKIPPED = np.isin(np.arange(256), (HOP_BY_HOP, ROUTING, DESTINATION_OPTIONS, MOBILITY, HOST_IDENTITY, SHIM6))
"""Extension headers with a length in 8-byte units, the first not counted (RFC 8200 section 4, RFC 6564)."""

_MORE_FRAGMENTS = 0x2000
_OFFSET = 0x1FFF


@part
def ip(walk: Row) -> None:
    """IP of the version that its first four bits say."""
    if not need(walk, 1):
        return
    version = u8(walk, walk.position) >> 4
    if version == 4:
        walk.layer = IPV4
    elif version == 6:
        walk.layer = IPV6
    else:
        stop(walk, OUTCOME_NOT_IP)


@part
def ipv4(walk: Row) -> None:
    """RFC 791 section 3.1."""
    if not _descend(walk) or not need(walk, 20):
        return
    at = walk.position
    first = u8(walk, at)
    header = (first & 15) * 4
    total = be16(walk, at + 2)
    if first >> 4 != 4 or header < 20 or 0 < total < header:
        stop(walk, OUTCOME_MALFORMED)
        return
    if not need(walk, header):
        return
    _limit(walk, total)
    fragment = be16(walk, at + 6)
    walk.version = 4
    walk.ip_id = be16(walk, at + 4)
    walk.protocol = u8(walk, at + 9)
    walk.src_high = np.uint64(0)
    walk.src_low = np.uint64(V4_MAPPED | be32(walk, at + 12))
    walk.dst_high = np.uint64(0)
    walk.dst_low = np.uint64(V4_MAPPED | be32(walk, at + 16))
    go(walk, header, TRANSPORT)
    if fragment & (_MORE_FRAGMENTS | _OFFSET):
        _fragment(walk, walk.ip_id, (fragment & _OFFSET) * 8, fragment & _MORE_FRAGMENTS)


@part
def ipv6(walk: Row) -> None:
    """RFC 8200 section 3."""
    if not _descend(walk) or not need(walk, 40):
        return
    at = walk.position
    if u8(walk, at) >> 4 != 6:
        stop(walk, OUTCOME_MALFORMED)
        return
    payload = be16(walk, at + 4)
    protocol = u8(walk, at + 6)
    empty = payload == 0 and protocol != NO_NEXT_HEADER
    _limit(walk, 0 if empty else 40 + payload)
    walk.version = 6
    walk.ip_id = 0
    walk.protocol = protocol
    walk.src_high = np.uint64(be64(walk, at + 8))
    walk.src_low = np.uint64(be64(walk, at + 16))
    walk.dst_high = np.uint64(be64(walk, at + 24))
    walk.dst_low = np.uint64(be64(walk, at + 32))
    go(walk, 40, EXTENSION)


@part
def _descend(walk: Row) -> bool:
    walk.depth += 1
    walk.extensions = 0
    if walk.depth <= MAX_DEPTH:
        return True
    stop(walk, OUTCOME_TOO_DEEP)
    return False


@part
def _limit(walk: Row, total: int) -> None:
    """Let the datagram end where its header says; 0 stands for segmentation off-load or a jumbogram (RFC 2675)."""
    walk.unlimited = 1 if total == 0 else 0
    if total != 0:
        walk.wire_end = walk.position + total
        walk.captured_end = min(walk.captured_end, walk.wire_end)
    walk.ip_bytes = walk.wire_end - walk.position


@part
def extension(walk: Row) -> None:
    """One extension header of IPv6, or on to the transport header."""
    protocol = walk.protocol
    if _SKIPPED[protocol]:
        _skip(walk, int64(8), int64(8))
    elif protocol == FRAGMENT_HEADER:
        _fragment_header(walk)
    else:
        walk.layer = TRANSPORT


@part
def authentication(walk: Row) -> None:
    """RFC 4302 section 2: the length counts 4-byte words, the first two not counted."""
    _skip(walk, int64(8), int64(4))


@part
def _skip(walk: Row, base: int, unit: int) -> None:
    """Step over a header of ``base`` bytes and as many units as its second byte says."""
    walk.extensions += 1
    if walk.extensions > MAX_EXTENSIONS:
        stop(walk, OUTCOME_TOO_DEEP)
        return
    if not need(walk, base):
        return
    size = base + u8(walk, walk.position + 1) * unit
    if not need(walk, size):
        return
    walk.protocol = u8(walk, walk.position)
    go(walk, size, EXTENSION if walk.version == 6 else TRANSPORT)


@part
def _fragment_header(walk: Row) -> None:
    """RFC 8200 section 4.5; an atomic fragment (RFC 6946) is a whole datagram."""
    if not need(walk, 8):
        return
    at = walk.position
    word = be16(walk, at + 2)
    walk.protocol = u8(walk, at)
    walk.extensions += 1
    if walk.extensions > MAX_EXTENSIONS:
        stop(walk, OUTCOME_TOO_DEEP)
        return
    go(walk, 8, EXTENSION)
    if word & 0xFFF9:
        _fragment(walk, be32(walk, at + 4), word & 0xFFF8, word & 1)


@part
def _fragment(walk: Row, identification: int, offset: int, more: int) -> None:
    walk.fragment_id = identification
    walk.fragment_offset = offset
    walk.fragment_more = more
    walk.layer = FRAGMENT
