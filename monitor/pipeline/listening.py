"""What a few seconds of frames tell of the place they were heard at: a mirror port that shows half, or twice, or nothing.

For ``umbilical doctor``. No clock and no file: batches in, facts out; what they mean for people is said elsewhere.
Everything that senders choose is bounded, so it may listen at any busy place.
"""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from monitor.decode.decoder import Decoder
from monitor.model.frame import FrameBatch
from monitor.model.instant import SECOND_NS
from monitor.model.packet import NO_VLAN, IpProtocol, Outcome, PacketBatch, Tunnel

FLOW_CAPACITY = 1 << 16
"""TCP connections that are followed; later ones are not looked at."""
RECENT_PACKETS = 1 << 12
"""Packets among which the copy of another one is looked for."""
COPY_WITHIN_NS = SECOND_NS // 10
"""A mirror delivers both copies of a packet at once; a sender that repeats itself takes its time."""
CONVERSATION_PACKETS = 4
"""Answers from one side, after which the other one must have been seen too."""
LINK_HEADER_BYTES = 14 + 3 * 4
"""Ethernet with up to three tags."""
_ACK = 0x10
_GROUP_BIT = 1 << 40
"""Of a MAC address in its number (IEEE 802-2014 section 8.2.2): meant for several stations."""
_ODD = np.uint64(0x9E37_79B9_7F4A_7C15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is known of the interface before anything is heard."""

    mtu_bytes: int = 1500
    own_macs: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What was heard; all counts are of frames unless they say otherwise."""

    frames: int = 0
    frame_bytes: int = 0
    span_ns: int = 0
    """From the first frame to the last, in event time."""
    packets: int = 0
    """That decode could read."""
    outcomes: dict[str, int] = field(default_factory=dict)
    tunnels: dict[str, int] = field(default_factory=dict)
    tagged: int = 0
    longest_bytes: int = 0
    super_frames: int = 0
    """Longer than the wire allows: built by an off-load of the receiver."""
    snapped: int = 0
    """Of which a part is missing."""
    copies: int = 0
    """Delivered a second time."""
    foreign: int = 0
    """Unicast between others than this host: what a mirror port is for."""
    conversations: int = 0
    """TCP connections that were heard long enough to be judged."""
    one_way: int = 0
    """Of those, in which only one side was heard."""
    flows_not_followed: int = 0
    """Packets of connections for which there was no room."""


class Listening:
    """Gathers what batches tell."""

    def __init__(self, place: Place | None = None) -> None:
        known = place or Place()
        self._decoder = Decoder()
        self._longest_allowed = known.mtu_bytes + LINK_HEADER_BYTES
        self._own_macs = np.array(sorted(known.own_macs), np.int64)
        self._counts: Counter[str] = Counter()
        self._outcomes = np.zeros(len(Outcome), np.int64)
        self._tunnels = np.zeros(len(Tunnel), np.int64)
        self._first_ns = self._last_ns = self._longest = 0
        self._flows: dict[int, list[int]] = {}
        self._recent = np.zeros((2, 0), np.int64)

    def take(self, batch: FrameBatch) -> None:
        """Take a batch; it is not kept."""
        if len(batch.frames):
            self._see_frames(batch)
        for packets in self._decoder.decode(batch):
            if len(packets.packets):
                self._see_packets(packets)

    def heard(self) -> Heard:
        """Return what was heard so far."""
        judged = [flow for flow in self._flows.values() if max(flow) >= CONVERSATION_PACKETS]
        outcomes = self._outcomes.tolist()
        tunnels = self._tunnels.tolist()
        return Heard(
            span_ns=self._last_ns - self._first_ns,
            longest_bytes=self._longest,
            packets=outcomes[Outcome.PACKET],
            outcomes={one.name.lower(): outcomes[one] for one in Outcome},
            tunnels={one.name.lower(): tunnels[one] for one in Tunnel if tunnels[one] and one},
            conversations=len(judged),
            one_way=sum(min(flow) == 0 for flow in judged),
            **self._counts,
        )

    def _see_frames(self, batch: FrameBatch) -> None:
        frames, wire = batch.frames, batch.frames["wire"]
        self._first_ns = self._first_ns or int(frames["ts_ns"][0])
        self._last_ns = max(self._last_ns, int(frames["ts_ns"].max()))
        self._longest = max(self._longest, int(wire.max()))
        self._counts.update(
            frames=len(frames),
            frame_bytes=int(wire.sum()),
            super_frames=int((wire > self._longest_allowed).sum()),
            snapped=int((frames["captured"] < wire).sum()),
        )

    def _see_packets(self, batch: PacketBatch) -> None:
        rows = batch.packets
        self._outcomes += np.bincount(rows["outcome"], minlength=len(Outcome))
        packets = rows[rows["outcome"] == Outcome.PACKET]
        self._tunnels += np.bincount(packets["tunnel"], minlength=len(Tunnel))
        self._counts.update(
            tagged=int((packets["vlan"] != NO_VLAN).sum()),
            foreign=int(self._is_foreign(packets).sum()),
            copies=self._copies(packets),
        )
        self._follow(packets[(packets["protocol"] == IpProtocol.TCP) & (packets["tcp_flags"] & _ACK != 0)])

    def _is_foreign(self, packets: NDArray[np.void]) -> NDArray[np.bool_]:
        source, destination = packets["src_mac"], packets["dst_mac"]
        is_own = np.isin(source, self._own_macs) | np.isin(destination, self._own_macs)
        is_unicast = (destination != 0) & (destination & _GROUP_BIT == 0)
        foreign: NDArray[np.bool_] = is_unicast & ~is_own
        return foreign

    def _copies(self, packets: NDArray[np.void]) -> int:
        """Count the packets that are copies of a recent one; those among the recent ones were counted before."""
        known = packets[packets["fingerprint"] != 0]
        seen = np.hstack([self._recent, np.array([known["fingerprint"], known["ts_ns"]])])
        copies = _pairs(seen) - _pairs(self._recent)
        self._recent = seen[:, -RECENT_PACKETS:]
        return copies

    def _follow(self, segments: NDArray[np.void]) -> None:
        """Count segments that answer the other side, by connection and side."""
        if not len(segments):
            return
        one, other = _end(segments, "src"), _end(segments, "dst")
        keys, places = np.unique(one + other, return_inverse=True)
        is_first = one < other
        firsts = np.bincount(places, weights=is_first)
        seconds = np.bincount(places, weights=~is_first)
        for key, first, second in zip(keys.tolist(), firsts.tolist(), seconds.tolist(), strict=True):
            flow = self._flow(key)
            if flow is None:
                self._counts["flows_not_followed"] += int(first + second)
                continue
            flow[0] += int(first)
            flow[1] += int(second)

    def _flow(self, key: int) -> list[int] | None:
        known = self._flows.get(key)
        if known is None and len(self._flows) < FLOW_CAPACITY:
            known = self._flows[key] = [0, 0]
        return known


def _pairs(seen: NDArray[np.int64]) -> int:
    """Count neighbours with the same fingerprint within the time of a copy."""
    ordered = seen[:, np.lexsort((seen[1], seen[0]))]
    is_same = ordered[0, 1:] == ordered[0, :-1]
    return int((is_same & (ordered[1, 1:] - ordered[1, :-1] <= COPY_WITHIN_NS)).sum())


def _end(segments: NDArray[np.void], side: str) -> NDArray[np.uint64]:
    """Return a number for one end of each segment: address and port, mixed."""
    mixed = (segments[f"{side}_high"] ^ (segments[f"{side}_low"] * _ODD)) * _ODD
    mixed = (mixed ^ (mixed >> np.uint64(32))) + segments[f"{side}_port"].astype(np.uint64)
    number: NDArray[np.uint64] = mixed * _ODD
    return number ^ (number >> np.uint64(29))
