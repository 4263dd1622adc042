"""Observations and flows as published records: the line of an observation, the row of a flow.

Rule: the observation line is the hot path of the room; the hash of a flow is made once.
"""

from typing import Any, NamedTuple

from monitor.export._line import line
from monitor.model.flow import Flow, FlowTotals
from monitor.model.instant import rfc3339
from monitor.model.observation import Observation
from monitor.model.packet import NO_VLAN, Tunnel

REMEMBERED_FLOWS = 1 << 14
"""Flows whose community id is kept; when full, all are forgotten and made again."""

_TUNNEL_NAMES = {tunnel.value: tunnel.name.lower() for tunnel in Tunnel if tunnel is not Tunnel.NONE}


class FlowRow(NamedTuple):
    """One ended flow in the order of the published columns, with times as nanoseconds."""

    community_id: str
    orig_ip: str
    orig_port: int
    resp_ip: str
    resp_port: int
    proto: str
    start: int
    end: int
    orig_packets: int
    resp_packets: int
    orig_bytes: int
    resp_bytes: int
    duplicates: int
    state: str
    end_reason: str
    device: str | None
    server_name: str | None
    country: str | None
    asn: int | None
    vendor: str | None
    tunnel: str | None
    tunnel_id: int | None
    vlan: int | None


class ObservationLines:
    """Makes lines of observations; remembers the community ids of recent flows."""

    def __init__(self) -> None:
        self._community_ids: dict[int, str] = {}

    def record(self, observation: Observation) -> dict[str, Any]:
        """Return the observation under its published names."""
        flow = observation.flow
        return {
            "time": rfc3339(observation.ts_ns),
            "type": observation.type,
            "community_id": self._community_ids.get(flow.id) or self._remember(flow),
            "orig_ip": flow.orig_ip,
            "orig_port": flow.orig_port,
            "resp_ip": flow.resp_ip,
            "resp_port": flow.resp_port,
            "proto": flow.protocol_name,
            "frame": observation.number,
            **observation.fields,
        }

    def line(self, observation: Observation) -> bytes:
        """Return the observation as one line of JSON."""
        return line(self.record(observation))

    def _remember(self, flow: Flow) -> str:
        if len(self._community_ids) >= REMEMBERED_FLOWS:
            self._community_ids.clear()
        told = self._community_ids[flow.id] = flow.community_id
        return told


def flow_row(observation: Observation, vendor: str | None = None) -> FlowRow:
    """Return the row of an enriched ``flow_end``; ``vendor`` is the vendor id of the signature that matched."""
    flow, contact = observation.flow, observation.contact
    totals: FlowTotals = observation.totals
    return FlowRow(
        community_id=flow.community_id,
        orig_ip=flow.orig_ip,
        orig_port=flow.orig_port,
        resp_ip=flow.resp_ip,
        resp_port=flow.resp_port,
        proto=flow.protocol_name,
        start=flow.start_ns,
        end=totals.end_ns,
        orig_packets=totals.orig_packets,
        resp_packets=totals.resp_packets,
        orig_bytes=totals.orig_bytes,
        resp_bytes=totals.resp_bytes,
        duplicates=totals.duplicates,
        state=totals.state.value,
        end_reason=totals.reason.value,
        device=None if contact is None else contact.device.name,
        server_name=observation.remote_name,
        country=None if contact is None else contact.remote.country,
        asn=None if contact is None else contact.remote.asn,
        vendor=vendor,
        tunnel=_TUNNEL_NAMES.get(flow.tunnel),
        tunnel_id=flow.tunnel_id if flow.tunnel in _TUNNEL_NAMES else None,
        vlan=None if flow.vlan == NO_VLAN else flow.vlan,
    )


def flow_record(row: FlowRow) -> dict[str, Any]:
    """Return the row with times as text."""
    record = row._asdict()
    record["start"] = rfc3339(row.start)
    record["end"] = rfc3339(row.end)
    return record


def flow_line(row: FlowRow) -> bytes:
    """Return the row as one line of JSON."""
    return line(flow_record(row))
