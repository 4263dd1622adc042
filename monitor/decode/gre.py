"""GRE (RFC 2784, 2890) and what rides on it: NVGRE (RFC 7637), ERSPAN, PPTP (RFC 2637), MikroTik EoIP; and EtherIP (RFC 3378)."""

from monitor.compiling import part
from monitor.decode._bytes import be16, be32, le16, u8
from monitor.decode._kernel import Row
from monitor.decode._walk import (
    ETHERNET,
    IP,
    OUTCOME_MALFORMED,
    OUTCOME_OPAQUE,
    PPP,
    enter,
    go,
    go_ether_type,
    need,
    shrink,
    stop,
)
from monitor.decode.ethernet import TYPE_PPP, TYPE_TRANSPARENT_BRIDGING
from monitor.model.packet import Tunnel

TYPE_ERSPAN = 0x88BE
TYPE_ERSPAN_III = 0x22EB
TYPE_EOIP = 0x6400
_CHECKSUM = 0x8000
_ROUTING = 0x4000
_KEY = 0x2000
_SEQUENCE = 0x1000
_ACKNOWLEDGEMENT = 0x0080
"""Version 1 only (RFC 2637 section 4.1)."""
_VERSION = 0x0007
_ERSPAN_TRUNCATED = 0x0400
"""draft-foschiano-erspan-03 sections 4.2 and 4.3: T bit."""
_ERSPAN_SESSION = 0x03FF
_ERSPAN_PLATFORM = 0x0001
_ERSPAN_FRAME_TYPE = 0x7C00
_ERSPAN_FRAME_IP = 2
_ETHERIP_VERSION = 3
_GRE = int(Tunnel.GRE)
_NVGRE = int(Tunnel.NVGRE)
_ERSPAN = int(Tunnel.ERSPAN)
_PPTP = int(Tunnel.PPTP)
_ETHERIP = int(Tunnel.ETHERIP)


@part
def gre(walk: Row) -> None:
    """RFC 2784 section 2: flags and version, protocol type."""
    if not need(walk, 4):
        return
    flags = be16(walk, walk.position)
    kind = be16(walk, walk.position + 2)
    version = flags & _VERSION
    if version == 0 and not flags & _ROUTING:
        _version_0(walk, flags, kind)
    elif version == 1 and kind == TYPE_PPP:
        _pptp(walk, flags)
    elif version == 1 and kind == TYPE_EOIP:
        _eoip(walk)
    else:
        stop(walk, OUTCOME_OPAQUE)


@part
def _version_0(walk: Row, flags: int, kind: int) -> None:
    checksum = 4 if flags & _CHECKSUM else 0
    size = 4 + checksum + (4 if flags & _KEY else 0) + (4 if flags & _SEQUENCE else 0)
    if not need(walk, size):
        return
    key = be32(walk, walk.position + 4 + checksum) if flags & _KEY else 0
    enter(walk, _GRE, key)
    if kind == TYPE_ERSPAN:
        walk.position += size
        _erspan(walk, flags & _SEQUENCE)
    elif kind == TYPE_ERSPAN_III:
        walk.position += size
        _erspan_iii(walk)
    else:
        if kind == TYPE_TRANSPARENT_BRIDGING and flags & _KEY:
            enter(walk, _NVGRE, key >> 8)  # RFC 7637 section 3.2: the low byte of the key is a flow's entropy
            walk.vni = key >> 8
        go_ether_type(walk, size, kind)


@part
def _erspan(walk: Row, sequenced: int) -> None:
    """Type I has no header of its own and no GRE sequence number, type II has eight bytes."""
    if not sequenced:
        enter(walk, _ERSPAN, 0)
        walk.layer = ETHERNET
    elif need(walk, 8):
        if u8(walk, walk.position) >> 4 != 1:
            stop(walk, OUTCOME_OPAQUE)
            return
        _erspan_session(walk)
        go(walk, 8, ETHERNET)


@part
def _erspan_iii(walk: Row) -> None:
    """Twelve bytes, and eight more where the last bit says so."""
    if not need(walk, 12):
        return
    last = be16(walk, walk.position + 10)
    if u8(walk, walk.position) >> 4 != 2:
        stop(walk, OUTCOME_OPAQUE)
        return
    size = 20 if last & _ERSPAN_PLATFORM else 12
    if need(walk, size):
        _erspan_session(walk)
        go(walk, size, IP if (last & _ERSPAN_FRAME_TYPE) >> 10 == _ERSPAN_FRAME_IP else ETHERNET)


@part
def _erspan_session(walk: Row) -> None:
    word = be16(walk, walk.position + 2)
    enter(walk, _ERSPAN, word & _ERSPAN_SESSION)
    if word & _ERSPAN_TRUNCATED:
        walk.snapped = 1


@part
def _pptp(walk: Row, flags: int) -> None:
    """RFC 2637 section 4.1: payload length, call id, sequence number if there is a payload."""
    size = 8 + (4 if flags & _SEQUENCE else 0) + (4 if flags & _ACKNOWLEDGEMENT else 0)
    if not need(walk, size):
        return
    if not flags & _KEY:
        stop(walk, OUTCOME_MALFORMED)
    elif not flags & _SEQUENCE:
        stop(walk, OUTCOME_OPAQUE)  # an acknowledgement without a payload
    else:
        enter(walk, _PPTP, be16(walk, walk.position + 6))
        shrink(walk, walk.position + size + be16(walk, walk.position + 4))
        go(walk, size, PPP)


@part
def _eoip(walk: Row) -> None:
    """MikroTik's framing: length, tunnel id in little endian."""
    if need(walk, 8):
        enter(walk, _GRE, le16(walk, walk.position + 6))
        shrink(walk, walk.position + 8 + be16(walk, walk.position + 4))
        go(walk, 8, ETHERNET)


@part
def etherip(walk: Row) -> None:
    """RFC 3378 section 3: version 3 in the first four bits."""
    if not need(walk, 2):
        return
    if u8(walk, walk.position) >> 4 != _ETHERIP_VERSION:
        stop(walk, OUTCOME_OPAQUE)
    else:
        enter(walk, _ETHERIP, 0)
        go(walk, 2, ETHERNET)
