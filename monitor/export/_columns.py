"""The names, kinds and meanings of what stands in a line: one table each, from which writers and schemas are made.

Rule: a name that stands here is part of the published format and does not change within a major version.
"""

from enum import StrEnum
from typing import NamedTuple

from monitor.model.alert import AlertState
from monitor.model.finding import Confidence, Purpose, Severity
from monitor.model.flow import ConnState, EndReason


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    NUMBER = "number"
    """A whole number, 0 or more."""
    TIME = "time"
    """RFC 3339 with nanoseconds, UTC."""
    RATIO = "ratio"
    """A number from 0 to 1."""
    EVIDENCE = "evidence"
    """List of where on the wire it can be looked up again."""


class Column(NamedTuple):
    """One name of a line."""

    name: str
    kind: Kind
    meaning: str
    nullable: bool = False
    """Whether it may be null, which means "not known" and only that."""
    choices: tuple[str, ...] | None = None
    """The closed set it comes from."""


TEXT, NUMBER, TIME = Kind.TEXT, Kind.NUMBER, Kind.TIME

_ENDS = (
    Column("community_id", TEXT, "hash of the 5-tuple, version 1, seed 0, shared with other tools"),
    Column("orig_ip", TEXT, "address of who sent the first packet"),
    Column("orig_port", NUMBER, "its port; ICMP type"),
    Column("resp_ip", TEXT, "address of the other end"),
    Column("resp_port", NUMBER, "its port; ICMP code or counterpart"),
    Column("proto", TEXT, "transport: tcp, udp, icmp, icmp6, sctp, or its IANA number"),
)

OBSERVATION_HEAD = (
    Column("time", TIME, "when it was seen"),
    Column("type", TEXT, "what was seen; decides which further fields there are"),
    *_ENDS,
    Column(
        "frame", NUMBER, "frame number in its capture; 0 for what was read behind a gap when the flow ended"
    ),
)
"""What every observation line begins with; the type's own fields follow."""

FLOW = (
    *_ENDS,
    Column("start", TIME, "time of the first packet"),
    Column("end", TIME, "time of the last packet"),
    Column("orig_packets", NUMBER, "packets from the originator"),
    Column("resp_packets", NUMBER, "packets from the responder"),
    Column("orig_bytes", NUMBER, "IP bytes on the wire from the originator"),
    Column("resp_bytes", NUMBER, "IP bytes on the wire from the responder"),
    Column("duplicates", NUMBER, "packets that the mirror delivered twice, in none of the counts"),
    Column("state", TEXT, "how it went, in Zeek's words", choices=tuple(ConnState)),
    Column(
        "end_reason",
        TEXT,
        "why it ended",
        choices=tuple(one for one in EndReason if one is not EndReason.ACTIVE),
    ),
    Column("device", TEXT, "name of the device", nullable=True),
    Column("server_name", TEXT, "name under which the device knows the remote", nullable=True),
    Column("country", TEXT, "country of the remote, ISO 3166-1 alpha-2", nullable=True),
    Column("asn", NUMBER, "autonomous system of the remote", nullable=True),
    Column("vendor", TEXT, "vendor id of the signature that matched", nullable=True),
    Column("tunnel", TEXT, "innermost encapsulation", nullable=True),
    Column("tunnel_id", NUMBER, "its TEID, VNI, key or session id", nullable=True),
    Column("vlan", NUMBER, "innermost VLAN id", nullable=True),
)

ALERT = (
    Column("time", TIME, "when it first fired; of a resolved alert: when it was resolved"),
    Column("alert_id", TEXT, "the same for the same story in every replay"),
    Column("state", TEXT, "whether the story goes on", choices=tuple(AlertState)),
    Column("detector", TEXT, "who states it"),
    Column("signature", TEXT, "id of the signature that matched", nullable=True),
    Column("vendor", TEXT, "vendor id", nullable=True),
    Column("purpose", TEXT, "what the vendor's endpoint is for", nullable=True, choices=tuple(Purpose)),
    Column("severity", TEXT, "how bad if true", choices=tuple(Severity)),
    Column("confidence", TEXT, "how sure that it is true", choices=tuple(Confidence)),
    Column("device", TEXT, "name of the device: its alias, else its MAC or IP address"),
    Column("device_ip", TEXT, "address of the device"),
    Column("device_mac", TEXT, "MAC address of the device", nullable=True),
    Column("device_maker", TEXT, "registered holder of its MAC prefix", nullable=True),
    Column("remote_ip", TEXT, "address of the remote", nullable=True),
    Column("remote_port", NUMBER, "port of the remote", nullable=True),
    Column("remote_name", TEXT, "name of the remote, as the device used it", nullable=True),
    Column("country", TEXT, "country of the remote, ISO 3166-1 alpha-2", nullable=True),
    Column("asn", NUMBER, "autonomous system of the remote", nullable=True),
    Column("organisation", TEXT, "who announces or holds the remote's network", nullable=True),
    Column("title", TEXT, "one line for people"),
    Column("why", TEXT, "plain words: what was seen, why it matters, how sure we are"),
    Column("count", NUMBER, "findings in the story"),
    Column("first_seen", TIME, "earliest of them"),
    Column("last_seen", TIME, "latest of them"),
    Column("uplink_bytes", NUMBER, "IP bytes from the device in the story's flows that have ended"),
    Column("downlink_bytes", NUMBER, "IP bytes to the device in them"),
    Column(
        "completeness",
        Kind.RATIO,
        "share of the frames of the last five minutes that were not lost, when it was told; null in a replay",
        nullable=True,
    ),
    Column("evidence", Kind.EVIDENCE, "the first few distinct things that were seen"),
)

EVIDENCE = (
    Column("capture", TEXT, "capture file or interface", nullable=True),
    Column("frame", NUMBER, "frame number in it"),
    Column("community_id", TEXT, "flow in which it was seen"),
    Column("time", TIME, "when it was seen"),
    Column("saw", TEXT, "what was seen, as field = value"),
)
