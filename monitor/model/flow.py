"""Flows: all packets of one 5-tuple in both directions until it ends, and what happens in them."""

import base64
import hashlib
import struct
from collections.abc import Callable, Sequence
from enum import IntEnum, StrEnum
from typing import NamedTuple, Protocol, TypeVar

from monitor.model import address
from monitor.model.packet import IpProtocol

_PROTOCOL_NAMES = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmp6", 132: "sctp"}
_TWO_WAY_ICMP = {IpProtocol.ICMP, IpProtocol.ICMP6}


class Direction(IntEnum):
    """Who sent a packet of a flow."""

    ORIGINATOR = 0
    RESPONDER = 1


class ConnState(StrEnum):
    """Zeek's ``conn_state`` (base/protocols/conn/main.zeek), a summary of how a flow went."""

    S0 = "S0"
    """Attempt seen, no reply."""
    S1 = "S1"
    """Established, not ended."""
    SF = "SF"
    """Established and ended normally; both sides spoke for UDP and others."""
    REJ = "REJ"
    """Attempt rejected."""
    S2 = "S2"
    """Established, the originator closed, no reply from the responder."""
    S3 = "S3"
    """Established, the responder closed, no reply from the originator."""
    RSTO = "RSTO"
    """Established, the originator aborted."""
    RSTR = "RSTR"
    """Established, the responder aborted."""
    RSTOS0 = "RSTOS0"
    """The originator sent SYN then RST; no SYN-ACK seen."""
    RSTRH = "RSTRH"
    """The responder sent SYN-ACK then RST; no SYN seen."""
    SH = "SH"
    """The originator sent SYN then FIN; no SYN-ACK seen (half open)."""
    SHR = "SHR"
    """The responder sent SYN-ACK then FIN; no SYN seen."""
    OTH = "OTH"
    """No SYN seen: midstream traffic."""


class EndReason(StrEnum):
    """Why a flow ended."""

    CLOSED = "closed"
    """TCP closed or reset, and stayed silent for its linger time."""
    TIMEOUT = "timeout"
    REUSED = "reused"
    """A new connection attempt came on the same 5-tuple."""
    EVICTED = "evicted"
    """The table was full and this was the flow longest silent."""
    CAPTURE_END = "capture-end"
    ACTIVE = "active"
    """It has not ended: it lives long and is told of on its way (IPFIX flowEndReason 2, active timeout)."""


class Flow(NamedTuple):
    """The two ends of a flow, and what names it; shared by every observation of the flow."""

    id: int
    """Ordinal of its first packet: unique in a run, the same for any number of workers."""
    start_ns: int
    orig_ip: str
    orig_port: int
    resp_ip: str
    resp_port: int
    protocol: int
    """IANA number of the transport protocol."""
    orig_mac: int = 0
    """48 bits; 0 where the link has no MAC addresses."""
    resp_mac: int = 0
    vlan: int = -1
    """Innermost VLAN id, -1 when untagged."""
    tunnel: int = 0
    """``model.packet.Tunnel`` of the innermost encapsulation."""
    tunnel_id: int = 0
    interface: int = 0
    internal: bool = False
    """Both ends are the site's own, as far as the flow table was told what that is."""

    @property
    def protocol_name(self) -> str:
        """``tcp``, ``udp``, ``icmp``, ... or the number as text."""
        return _PROTOCOL_NAMES.get(self.protocol, str(self.protocol))

    @property
    def community_id(self) -> str:
        """Community ID version 1 with seed 0 (corelight/community-id-spec)."""
        return community_id(self.protocol, self.orig_ip, self.orig_port, self.resp_ip, self.resp_port)


def community_id(protocol: int, orig_ip: str, orig_port: int, resp_ip: str, resp_port: int) -> str:
    """Return the flow hash that Zeek, Suricata and Arkime share; ports are ICMP type and counterpart there."""
    orig, resp = (address.packed(orig_ip), orig_port), (address.packed(resp_ip), resp_port)
    one_way_icmp = protocol in _TWO_WAY_ICMP and not icmp_is_two_way(protocol, orig_port)
    low, high = (orig, resp) if one_way_icmp or orig < resp else (resp, orig)
    digest = hashlib.sha1(usedforsecurity=False)
    digest.update(b"\0\0" + low[0] + high[0] + bytes((protocol, 0)))
    if protocol in {IpProtocol.TCP, IpProtocol.UDP, IpProtocol.SCTP} | _TWO_WAY_ICMP:
        digest.update(struct.pack("!HH", low[1], high[1]))
    return "1:" + base64.b64encode(digest.digest()).decode("ascii")


ICMP_COUNTERPART = {8: 0, 0: 8, 13: 14, 14: 13, 15: 16, 16: 15, 17: 18, 18: 17, 10: 9, 9: 10}
"""ICMP types that answer each other (RFC 792, 950, 1256), as the community id counts them."""
ICMP6_COUNTERPART = {
    128: 129,
    129: 128,
    133: 134,
    134: 133,
    135: 136,
    136: 135,
    130: 131,
    131: 130,
    144: 145,
    145: 144,
    139: 140,
    140: 139,
}
"""ICMPv6 types that answer each other (RFC 4443, 4861, 2710, 6275, 4620)."""


def icmp_is_two_way(protocol: int, icmp_type: int) -> bool:
    """Whether messages of the type are answered by another type, so that both make one flow."""
    return icmp_type in (ICMP_COUNTERPART if protocol == IpProtocol.ICMP else ICMP6_COUNTERPART)


class FlowTotals(NamedTuple):
    """What a flow amounted to when it ended, or so far."""

    end_ns: int
    """Event time of its last packet."""
    orig_packets: int
    resp_packets: int
    orig_bytes: int
    """IP bytes on the wire, headers included."""
    resp_bytes: int
    duplicates: int
    """Packets that the mirror delivered twice; not in the counts above."""
    state: ConnState
    reason: EndReason
    last_ordinal: int
    """Ordinal of its last packet: orders flows that end at the same instant."""
    told_orig_bytes: int = 0
    """Of ``orig_bytes``, what was told before while the flow lived."""
    told_resp_bytes: int = 0


Moment = tuple[int, int, int]
"""When something in a flow happened: event time in nanoseconds, ordinal, frame number.

What a flow's silence brings happens when it is due, has the ordinal of the next packet, and frame number 0: no packet
brought it. A bare tuple, because one is made for every payload.
"""


Said_co = TypeVar("Said_co", covariant=True)


class FlowReader(Protocol[Said_co]):
    """Who is told what happens in one flow, in order, and says what it makes of it.

    The flow table opens one for each flow; to be called without events in between costs less than an event would.
    """

    swallow: Callable[[Direction, memoryview], bool] | None
    """Asked before ``payload`` with bytes that need not be kept; True when it has taken them and says nothing."""

    def span(self, direction: Direction) -> int:
        """Return how many of the next bytes it would swallow whatever they are; asked of one that has ``swallow``."""
        ...

    def absorbed(self, direction: Direction, count: int) -> None:
        """So many of these bytes came, in order."""
        ...

    def wants(self, direction: Direction) -> bool:
        """Whether any payload of the direction is wanted; asked once, at the start."""
        ...

    def payload(self, direction: Direction, payload: bytes, moment: Moment) -> Sequence[Said_co]:
        """Take a datagram, or the next bytes of a TCP stream."""
        ...

    def gap(self, direction: Direction, missing: int, moment: Moment) -> Sequence[Said_co]:
        """Bytes of a TCP stream are missing here: lost, cut by the snap length, or not mirrored."""
        ...

    def active(self, totals: FlowTotals, direction: Direction, moment: Moment) -> Sequence[Said_co]:
        """The flow lives on, long after it was last told of."""
        ...

    def ended(self, totals: FlowTotals, moment: Moment) -> Sequence[Said_co]:
        """The flow is over."""
        ...


BySide = tuple[bool, bool]
"""Something of each direction, the originator's first."""


class FlowListener(Protocol[Said_co]):
    """Who opens a reader for each flow."""

    def started(
        self, flow: Flow, direction: Direction, moment: Moment
    ) -> tuple[FlowReader[Said_co], Sequence[Said_co]]:
        """Return the reader of a new flow, and what there is to say of its first packet."""
        ...

    def resumed(self, flow: Flow, heard: BySide, wanted: BySide) -> FlowReader[Said_co]:
        """Return the reader of a flow that began before a restart.

        ``heard``: payload was seen of the direction; ``wanted``: some was still wanted.
        """
        ...


class Appetites(Protocol):
    """Who is told how much payload of a flow is wanted: the flow table."""

    def sated(self, flow: Flow, direction: Direction) -> None:
        """Nobody wants more payload of this direction."""
        ...

    def insatiable(self, flow: Flow, direction: Direction) -> None:
        """Somebody wants every byte of this direction."""
        ...
