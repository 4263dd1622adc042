"""What a walk has learnt, as one row of a ``PacketBatch``; every column is written for every frame."""

import numpy as np

from monitor.decode._kernel import Row, part
from monitor.decode._walk import OUTCOME_FRAGMENT, OUTCOME_PACKET, key_id
from monitor.model.packet import NO_VLAN


@part
def packet(walk: Row, row: Row) -> None:
    """Write the packet whose payload begins at the walk's position, and keep it until an inner one is found."""
    _datagram(walk, row)
    row.outcome = OUTCOME_PACKET
    row.payload_offset = walk.position
    row.payload_captured = max(walk.captured_end - walk.position, 0)
    row.payload_wire = walk.wire_end - walk.position
    row.src_port = walk.src_port
    row.dst_port = walk.dst_port
    row.sequence = walk.sequence
    row.acknowledgement = walk.acknowledgement
    row.tcp_flags = walk.tcp_flags
    row.fingerprint = walk.fingerprint
    row.pooled = walk.pooled
    walk.kept = 1


@part
def fragment(walk: Row, row: Row) -> None:
    """Write a part of a datagram: whose it is and how long, no payload."""
    _without_transport(row)
    _datagram(walk, row)
    row.outcome = OUTCOME_FRAGMENT


@part
def nothing(row: Row, outcome: int) -> None:
    """Write a frame in which no packet was found."""
    _without_transport(row)
    row.outcome = outcome
    row.ip_bytes = 0
    row.src_high = np.uint64(0)
    row.src_low = np.uint64(0)
    row.dst_high = np.uint64(0)
    row.dst_low = np.uint64(0)
    row.src_mac = 0
    row.dst_mac = 0
    row.tunnel_id = 0
    row.key_id = 0
    row.vlan = NO_VLAN
    row.protocol = 0
    row.tunnel = 0


@part
def _datagram(walk: Row, row: Row) -> None:
    row.ip_bytes = walk.ip_bytes
    row.src_high = walk.src_high
    row.src_low = walk.src_low
    row.dst_high = walk.dst_high
    row.dst_low = walk.dst_low
    row.src_mac = walk.src_mac
    row.dst_mac = walk.dst_mac
    row.tunnel_id = walk.tunnel_id
    row.key_id = key_id(walk)
    row.vlan = walk.vlan
    row.protocol = walk.protocol
    row.tunnel = walk.tunnel


@part
def _without_transport(row: Row) -> None:
    row.payload_offset = 0
    row.payload_captured = 0
    row.payload_wire = 0
    row.src_port = 0
    row.dst_port = 0
    row.sequence = 0
    row.acknowledgement = 0
    row.tcp_flags = 0
    row.fingerprint = 0
    row.pooled = 0
