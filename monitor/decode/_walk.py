"""The walk through one frame: where it stands, what it has learnt, and which header it expects next.

Every header function of this room takes the walk, checks that its header is there, and either says which header
comes next or stops the walk with an outcome. None calls the next one: the loop in ``decoder.py`` does, so that no
frame can make the program recurse.
"""

import numpy as np
from numba import boolean, from_dtype, int64, void

from monitor.compiling import part
from monitor.decode._kernel import Row, inlined
from monitor.model.packet import NO_VLAN, Outcome

MAX_DEPTH = 8
"""IP headers in one frame."""
MAX_HEADERS = 64
"""Headers of any kind in one frame."""
MAX_EXTENSIONS = 16
"""IPv6 extension headers, and authentication headers, of one IP header."""

(
    DONE,
    ETHERNET,
    ETHER_TYPE,
    LLC,
    MPLS,
    NSH,
    PPPOE,
    PPP,
    WIFI,
    IP,
    IPV4,
    IPV6,
    EXTENSION,
    TRANSPORT,
    FRAGMENT,
    GRE,
    VXLAN,
    VXLAN_GPE,
    GENEVE,
    GTPU,
    L2TP,
    TEREDO,
    TZSP,
    ETHERIP,
    LINK,
    VLAN,
    TAG,
) = range(27)
"""Layers: what the walk expects at its position."""

OUTCOME_PACKET = int(Outcome.PACKET)
OUTCOME_FRAGMENT = int(Outcome.FRAGMENT)
OUTCOME_NOT_IP = int(Outcome.NOT_IP)
OUTCOME_UNKNOWN_LINK_TYPE = int(Outcome.UNKNOWN_LINK_TYPE)
OUTCOME_OPAQUE = int(Outcome.OPAQUE)
OUTCOME_TOO_DEEP = int(Outcome.TOO_DEEP)
OUTCOME_SNAPPED = int(Outcome.SNAPPED)
OUTCOME_MALFORMED = int(Outcome.MALFORMED)

WALK = np.dtype(
    [
        ("base", np.int64),  # address of the bytes that positions count from, set by ``look_at``
        ("extent", np.int64),  # how many they are
        ("position", np.int64),  # of the next header
        ("captured_end", np.int64),  # where the bytes we have end, within the innermost length field
        ("wire_end", np.int64),  # where the bytes there were end, within the innermost length field
        ("layer", np.int64),
        ("link_type", np.int64),
        ("outcome", np.int64),
        ("headers", np.int64),  # seen so far
        ("depth", np.int64),  # IP headers seen so far
        ("extensions", np.int64),  # of this IP header
        ("snapped", np.int64),  # 1: a header that is not there may have been cut off by the capture
        ("kept", np.int64),  # 1: the row holds the packet of a tunnel, in case nothing is found inside
        ("guessed", np.int64),  # 1: a tunnel was recognised by a UDP port only
        ("pooled", np.int64),  # 1: positions are in the fragment pool
        ("ether_type", np.int64),
        ("src_mac", np.int64),
        ("dst_mac", np.int64),
        ("vlan", np.int64),
        ("vni", np.int64),
        ("tunnel", np.int64),
        ("tunnel_id", np.int64),
        ("version", np.int64),  # of the IP header
        ("ip_start", np.int64),
        ("ip_bytes", np.int64),
        ("ip_id", np.int64),
        ("unlimited", np.int64),  # 1: the IP length field was 0 (segmentation off-load, jumbogram)
        ("protocol", np.int64),
        ("src_high", np.uint64),
        ("src_low", np.uint64),
        ("dst_high", np.uint64),
        ("dst_low", np.uint64),
        ("fragment_id", np.int64),
        ("fragment_offset", np.int64),
        ("fragment_more", np.int64),
        ("src_port", np.int64),
        ("dst_port", np.int64),
        ("sequence", np.int64),
        ("acknowledgement", np.int64),
        ("tcp_flags", np.int64),
        ("fingerprint", np.int64),
    ],
    align=True,
)
_WALK = from_dtype(WALK)


@part
def start(walk: Row, frame: Row) -> None:
    """Put the walk at the first byte of a frame."""
    walk.position = frame.offset
    walk.captured_end = frame.offset + frame.captured
    walk.wire_end = frame.offset + max(frame.wire, frame.captured)
    walk.snapped = 1 if frame.captured < frame.wire else 0
    walk.link_type = frame.link_type
    walk.layer = DONE
    walk.outcome = OUTCOME_NOT_IP
    walk.headers = 0
    walk.depth = 0
    walk.kept = 0
    walk.guessed = 0
    walk.pooled = 0
    walk.src_mac = 0
    walk.dst_mac = 0
    walk.vlan = NO_VLAN
    walk.vni = 0
    walk.tunnel = 0
    walk.tunnel_id = 0


@inlined(void(_WALK, int64))
def stop(walk: Row, outcome: int) -> None:
    """End the walk."""
    walk.outcome = outcome
    walk.layer = DONE


@part
def is_too_long(walk: Row) -> bool:
    """Count one header more; ends the walk when it is one too many."""
    walk.headers += 1
    if walk.headers <= MAX_HEADERS:
        return False
    stop(walk, OUTCOME_TOO_DEEP)
    return True


@inlined(boolean(_WALK, int64))
def need(walk: Row, size: int) -> bool:
    """Whether the next ``size`` bytes are there; ends the walk when they are not."""
    end = walk.position + size
    if end <= walk.captured_end:
        return True
    stop(walk, OUTCOME_SNAPPED if walk.snapped != 0 and end <= walk.wire_end else OUTCOME_MALFORMED)
    return False


@inlined(void(_WALK, int64, int64))
def go(walk: Row, size: int, layer: int) -> None:
    """Step over ``size`` bytes to a header of the given layer."""
    walk.position += size
    walk.layer = layer


@inlined(void(_WALK, int64))
def leave_to(walk: Row, layer: int) -> None:
    """Let another function read the header that was to be read here; it still counts once."""
    walk.headers -= 1
    walk.layer = layer


@inlined(void(_WALK, int64, int64))
def go_ether_type(walk: Row, size: int, ether_type: int) -> None:
    """Step over ``size`` bytes to what an EtherType stands for."""
    walk.position += size
    walk.ether_type = ether_type
    walk.layer = ETHER_TYPE


@inlined(void(_WALK, int64))
def shrink(walk: Row, end: int) -> None:
    """Let what follows end at ``end`` if that is earlier: a length field below IP, padding after it."""
    walk.wire_end = min(walk.wire_end, end)
    walk.captured_end = min(walk.captured_end, end)


@inlined(void(_WALK, int64, int64))
def enter(walk: Row, tunnel: int, tunnel_id: int) -> None:
    """Note the innermost encapsulation."""
    walk.tunnel = tunnel
    walk.tunnel_id = tunnel_id


@inlined(int64(_WALK))
def key_id(walk: Row) -> int:
    """Return what else but the 5-tuple tells flows apart: innermost VLAN id plus one, and VNI.

    Ids that differ per direction (TEID, GRE key, ERSPAN id, MPLS label) are not in it.
    """
    return walk.vlan - NO_VLAN | walk.vni << 16  # type: ignore[no-any-return]  # a field of the row
