"""IEEE 802.11 data frames and the radiotap header before them; ends where LLC begins.

What is protected, or a part of a fragmented frame, stays opaque. Of an aggregate only the first frame is read.
"""

from monitor.compiling import part
from monitor.decode._bytes import be16, be48, le16, le32, u8
from monitor.decode._kernel import Row
from monitor.decode._walk import (
    LLC,
    OUTCOME_MALFORMED,
    OUTCOME_NOT_IP,
    OUTCOME_OPAQUE,
    WIFI,
    go,
    need,
    shrink,
    stop,
)
from monitor.model.packet import NO_VLAN

_TYPE_DATA = 2
_SUBTYPE_NO_DATA = 0x40
"""Section 9.2.4.1.3, as it stands in the first byte: null functions and polls carry nothing."""
_SUBTYPE_QOS = 0x80
_TO_DS = 0x01
_FROM_DS = 0x02
_MORE_FRAGMENTS = 0x04
_PROTECTED = 0x40
_ORDER = 0x80
"""On a QoS frame: an HT control field follows."""
_AGGREGATE = 0x80
"""Section 9.2.4.5.9: A-MSDU present."""
_FRAGMENT_NUMBER = 0x0F
_FCS_BYTES = 4

_MAX_PRESENT_WORDS = 32
_PRESENT_TSFT = 0x01
_PRESENT_FLAGS = 0x02
_PRESENT_MORE = 0x8000_0000
_FLAG_FCS = 0x10
_FLAG_PADDED = 0x20


@part
def radiotap(walk: Row) -> None:
    """Version 0, length, field bits; the flags say whether a frame check sequence follows the frame."""
    if not need(walk, 8):
        return
    at = walk.position
    length = le16(walk, at + 2)
    if u8(walk, at) != 0 or length < 8:
        stop(walk, OUTCOME_MALFORMED)
        return
    if not need(walk, length):
        return
    flags = _radiotap_flags(walk, at, length)
    if flags & _FLAG_PADDED:
        stop(walk, OUTCOME_OPAQUE)
        return
    if flags & _FLAG_FCS:
        shrink(walk, max(walk.wire_end - _FCS_BYTES, at + length))
    go(walk, length, WIFI)


@part
def _radiotap_flags(walk: Row, start: int, length: int) -> int:
    present = le32(walk, start + 4)
    at = start + 8
    word = present
    for _ in range(_MAX_PRESENT_WORDS):
        if not word & _PRESENT_MORE or at + 4 > start + length:
            break
        word = le32(walk, at)
        at += 4
    if present & _PRESENT_TSFT:
        at = start + (at - start + 7) // 8 * 8 + 8
    if present & _PRESENT_FLAGS and at < start + length:
        return u8(walk, at)
    return 0


@part
def wifi(walk: Row) -> None:
    """Section 9.2: frame control, addresses, QoS and HT control."""
    if not need(walk, 2):
        return
    at = walk.position
    control = u8(walk, at)
    flags = u8(walk, at + 1)
    if control >> 2 & 3 != _TYPE_DATA or control & _SUBTYPE_NO_DATA:
        stop(walk, OUTCOME_NOT_IP)
        return
    if flags & _PROTECTED:
        stop(walk, OUTCOME_OPAQUE)
        return
    size = _header_bytes(control, flags)
    if not need(walk, size):
        return
    if flags & _MORE_FRAGMENTS or u8(walk, at + 22) & _FRAGMENT_NUMBER:
        stop(walk, OUTCOME_OPAQUE)
        return
    _addresses(walk, flags)
    aggregate = control & _SUBTYPE_QOS and u8(walk, at + _qos_offset(flags)) & _AGGREGATE
    go(walk, size, LLC)
    if aggregate:
        _first_of_aggregate(walk)


@part
def _qos_offset(flags: int) -> int:
    return 30 if flags & _TO_DS and flags & _FROM_DS else 24


@part
def _header_bytes(control: int, flags: int) -> int:
    size = _qos_offset(flags)
    if control & _SUBTYPE_QOS:
        size += 6 if flags & _ORDER else 2
    return size


@part
def _addresses(walk: Row, flags: int) -> None:
    """Section 9.3.2.1, table 9-30: where source and destination stand."""
    at = walk.position
    to_ds = flags & _TO_DS
    from_ds = flags & _FROM_DS
    walk.dst_mac = be48(walk, at + 16 if to_ds else at + 4)
    if not from_ds:
        walk.src_mac = be48(walk, at + 10)
    else:
        walk.src_mac = be48(walk, at + 24 if to_ds else at + 16)
    walk.vlan = NO_VLAN


@part
def _first_of_aggregate(walk: Row) -> None:
    """Section 9.3.2.2.2: destination, source, length, then LLC."""
    if not need(walk, 14):
        return
    at = walk.position
    walk.dst_mac = be48(walk, at)
    walk.src_mac = be48(walk, at + 6)
    shrink(walk, at + 14 + be16(walk, at + 12))
    go(walk, 14, LLC)
