"""Packets: decoded IP datagrams as rows of one structured array, innermost headers of every tunnel."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class IpProtocol(IntEnum):
    """IANA protocol numbers that the program treats by name."""

    ICMP = 1
    TCP = 6
    UDP = 17
    ICMP6 = 58
    SCTP = 132


class Outcome(IntEnum):
    """What became of a frame in decode; every frame has exactly one, so the ledger adds up."""

    PACKET = 0
    """An IP datagram with a flow: TCP, UDP, ICMP, SCTP or another IP protocol (ports 0)."""
    FRAGMENT = 1
    """Part of a datagram that is not complete yet; the completing fragment is a PACKET."""
    NOT_IP = 2
    """ARP, LLDP, EAPOL and other leaves."""
    UNKNOWN_LINK_TYPE = 3
    OPAQUE = 4
    """Encrypted or unreadable link payload (protected 802.11, MACsec, PPP compression)."""
    TOO_DEEP = 5
    """More nested headers than the cap."""
    SNAPPED = 6
    """The snap length cut the frame before its headers ended."""
    MALFORMED = 7
    """A header contradicts itself or the wire length."""


class Tunnel(IntEnum):
    """The innermost encapsulation a packet came through."""

    NONE = 0
    GRE = 1
    NVGRE = 2
    ERSPAN = 3
    IPIP = 4
    SIX_IN_FOUR = 5
    VXLAN = 6
    GENEVE = 7
    GTPU = 8
    L2TP = 9
    TEREDO = 10
    MPLS = 11
    PPPOE = 12
    PBB = 13
    ETHERIP = 14
    TZSP = 15
    PPTP = 16
    NSH = 17


NO_VLAN = -1

PACKET = np.dtype(
    [
        ("ts_ns", np.int64),  # as in the frame
        ("number", np.int64),  # frame number in its capture
        ("ip_bytes", np.int64),  # innermost IP datagram on the wire, header included
        ("payload_offset", np.int64),  # into the frame buffer, or into the fragment pool when pooled
        ("payload_captured", np.int64),  # transport payload bytes that we have
        ("payload_wire", np.int64),  # transport payload bytes that there were
        ("src_high", np.uint64),
        ("src_low", np.uint64),
        ("dst_high", np.uint64),
        ("dst_low", np.uint64),
        ("src_mac", np.int64),  # of the innermost Ethernet header; 0 when the link has none
        ("dst_mac", np.int64),
        ("tunnel_id", np.int64),  # TEID, VNI, GRE key, session id ... of the innermost tunnel; 0 when none
        ("key_id", np.int64),  # the part of tunnel id and VLAN that belongs to the flow key
        ("sequence", np.int64),  # TCP sequence number
        ("acknowledgement", np.int64),
        ("fingerprint", np.int64),  # equal only for a frame delivered twice; 0 when it cannot be told
        ("src_port", np.int32),  # ICMP: type, see decode
        ("dst_port", np.int32),
        ("interface", np.int32),
        ("vlan", np.int32),  # innermost VLAN id, NO_VLAN when untagged
        ("protocol", np.uint8),  # IpProtocol or another IANA number
        ("tcp_flags", np.uint8),
        ("tunnel", np.uint8),  # Tunnel
        ("outcome", np.uint8),  # Outcome
        ("pooled", np.uint8),  # 1: the payload lies in the fragment pool
    ],
    align=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketBatch:
    """Packets of one batch, one row per frame, in stream order."""

    packets: NDArray[np.void]
    """dtype PACKET."""
    buffer: NDArray[np.uint8]
    """The frame buffer that payload offsets refer to."""
    pool: NDArray[np.uint8]
    """Reassembled datagrams, for rows with ``pooled`` set."""
    first_ordinal: int
    clock_ns: int
