"""What a walk has learnt, as one row of a ``PacketBatch``; every column is written for every frame."""

import numpy as np

from monitor.compiling import part
from monitor.decode._kernel import Numbers, Row
from monitor.decode._walk import (
    OUTCOME_FRAGMENT,
    OUTCOME_NOT_IP,
    OUTCOME_OPAQUE,
    OUTCOME_PACKET,
    OUTCOME_TOO_DEEP,
    key_id,
)
from monitor.model.packet import NO_VLAN, Outcome, Tunnel

COUNTS = (
    *(outcome.name.lower() for outcome in Outcome),
    "packets_snapped",
    *(f"tunnel_{tunnel.name.lower()}" for tunnel in Tunnel),
)
"""What ``settle`` counts, by place."""
_SNAPPED_PACKETS = len(Outcome)
_TUNNELS = _SNAPPED_PACKETS + 1


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
def settle(walk: Row, row: Row, counts: Numbers) -> None:
    """Decide what the row says: what was found inside, or the packet of the tunnel that led nowhere; and count it."""
    outcome = walk.outcome
    if outcome == OUTCOME_FRAGMENT:
        fragment(walk, row)
    elif outcome != OUTCOME_PACKET and not _stays(walk, outcome):
        nothing(row, outcome)
    counts[np.int64(row.outcome)] += 1
    if row.outcome == OUTCOME_PACKET:
        counts[_TUNNELS + np.int64(row.tunnel)] += 1
        if row.payload_captured < row.payload_wire:
            counts[_SNAPPED_PACKETS] += 1


@part
def _stays(walk: Row, outcome: int) -> bool:
    """Whether the packet of a tunnel is the frame's packet, although nothing was found inside."""
    if walk.kept == 0 or outcome == OUTCOME_TOO_DEEP:
        return False
    return walk.guessed != 0 or outcome == OUTCOME_NOT_IP or outcome == OUTCOME_OPAQUE  # noqa: PLR1714 - a tuple to look in is a loop to numba


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
