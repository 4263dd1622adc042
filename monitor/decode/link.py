"""The first header of a frame, by link type (draft-ietf-opsawg-pcaplinktype)."""

import numpy as np

from monitor.compiling import part
from monitor.decode._bytes import be16, be32, be48, le32, look_at, u8
from monitor.decode._kernel import Bytes, Row, int64
from monitor.decode._table import call, choice
from monitor.decode._walk import (
    ETHERNET,
    IP,
    IPV4,
    IPV6,
    LINK,
    LLC,
    OUTCOME_NOT_IP,
    OUTCOME_UNKNOWN_LINK_TYPE,
    PPP,
    PPPOE,
    WIFI,
    go,
    go_ether_type,
    need,
    start,
    stop,
)
from monitor.decode.ethernet import MIN_TYPE
from monitor.decode.ppp import cisco_hdlc, ppp_or_cisco
from monitor.decode.wifi import radiotap

LINK_NULL = 0
LINK_ETHERNET = 1
LINK_PPP = 9
LINK_RAW_BSD = 12
LINK_RAW_OPENBSD = 14
LINK_PPP_HDLC = 50
LINK_PPP_ETHER = 51
LINK_RAW = 101
LINK_C_HDLC = 104
LINK_IEEE802_11 = 105
LINK_LOOP = 108
LINK_LINUX_SLL = 113
LINK_RADIOTAP = 127
LINK_PPP_PPPD = 166
LINK_PPP_WITH_DIR = 204
LINK_IPV4 = 228
LINK_IPV6 = 229
LINK_LINUX_SLL2 = 276

_FAMILY_INET = 2
_FAMILY_INET6 = np.isin(np.arange(32), (10, 23, 24, 28, 30))
"""Linux, Windows, NetBSD and OpenBSD, FreeBSD, macOS."""
_SLL_TYPE_LLC = 4


_first_layer = choice(
    {
        LINK_ETHERNET: ETHERNET,
        LINK_RAW: IP,
        LINK_RAW_BSD: IP,
        LINK_RAW_OPENBSD: IP,
        LINK_IPV4: IPV4,
        LINK_IPV6: IPV6,
        LINK_PPP_ETHER: PPPOE,
        LINK_IEEE802_11: WIFI,
    },
    otherwise=LINK,
)


@part
def begin(walk: Row, frame: Row, row: Row, buffer: Bytes) -> None:
    """Put the walk before the first header of a frame, and into its row what the frame says of itself."""
    row.ts_ns = frame.ts_ns
    row.number = frame.number
    row.interface = frame.interface
    look_at(walk, buffer)
    start(walk, frame)
    walk.layer = _first_layer(walk.link_type)


@part
def _null(walk: Row) -> None:
    """An address family in the byte order of the machine that captured, which is not ours to know."""
    if not need(walk, 4):
        return
    family = min(le32(walk, walk.position), be32(walk, walk.position))
    if family == _FAMILY_INET:
        go(walk, 4, IPV4)
    elif _FAMILY_INET6[family & 31] and family < 32:
        go(walk, 4, IPV6)
    else:
        stop(walk, OUTCOME_NOT_IP)


@part
def _sll(walk: Row) -> None:
    """Packet type 2, hardware type 2, address length 2, address 8, protocol 2."""
    if need(walk, 16):
        at = walk.position
        if be16(walk, at + 4) == 6:
            walk.src_mac = be48(walk, at + 6)
        _sll_protocol(walk, int64(16), be16(walk, at + 14))


@part
def _sll2(walk: Row) -> None:
    """Protocol 2, reserved 2, interface 4, hardware type 2, packet type 1, address length 1, address 8."""
    if need(walk, 20):
        at = walk.position
        if u8(walk, at + 11) == 6:
            walk.src_mac = be48(walk, at + 12)
        _sll_protocol(walk, int64(20), be16(walk, at))


@part
def _sll_protocol(walk: Row, size: int, protocol: int) -> None:
    if protocol >= MIN_TYPE:
        go_ether_type(walk, size, protocol)
    elif protocol == _SLL_TYPE_LLC:
        go(walk, size, LLC)
    else:
        stop(walk, OUTCOME_NOT_IP)


@part
def _pppd(walk: Row) -> None:
    """The direction stands in place of the address byte, or before it."""
    if need(walk, 2):
        go(walk, 2 if u8(walk, walk.position + 1) == 0x03 else 1, PPP)


@part
def _ppp_with_direction(walk: Row) -> None:
    go(walk, 1, PPP)


_read = call(
    {
        LINK_LINUX_SLL: _sll,
        LINK_LINUX_SLL2: _sll2,
        LINK_NULL: _null,
        LINK_LOOP: _null,
        LINK_PPP: ppp_or_cisco,
        LINK_PPP_HDLC: ppp_or_cisco,
        LINK_C_HDLC: cisco_hdlc,
        LINK_PPP_WITH_DIR: _ppp_with_direction,
        LINK_PPP_PPPD: _pppd,
        LINK_RADIOTAP: radiotap,
    }
)


@part
def link(walk: Row, row: Row) -> None:
    """A header of the link that is no layer of its own, and does not count as a header."""
    walk.headers -= 1
    if not _read(walk.link_type, walk, row):
        stop(walk, OUTCOME_UNKNOWN_LINK_TYPE)
