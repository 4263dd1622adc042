"""Builders of flows, observations and findings with documentation addresses, for the rooms after protocols."""

from __future__ import annotations

from typing import Any

from monitor.model.entity import Contact, Device, Remote
from monitor.model.finding import Confidence, Finding, Severity
from monitor.model.flow import ConnState, Direction, EndReason, Flow, FlowTotals
from monitor.model.instant import SECOND_NS
from monitor.model.observation import Observation, Value

T0 = 1_800_000_000 * SECOND_NS
"""2027-01-15T08:00:00Z, where stories begin."""

_BYTES_PER_PACKET = 100


def make_device(name: str = "meter-17", **changes: Any) -> Device:
    """Return a device that the configuration names."""
    return Device(**{"name": name, "ip": "10.0.4.17", "mac": "02:00:00:00:00:11", "listed": True, **changes})


def make_remote(ip: str = "198.51.100.7", port: int = 443, **changes: Any) -> Remote:
    """Return a remote with a place."""
    place = {"country": "CN", "asn": 64500, "organisation": "Example Cloud Ltd"}
    return Remote(ip=ip, port=port, **{**place, **changes})


def make_contact(
    device: Device | None = None, remote: Remote | None = None, *, out: bool = True, internal: bool = False
) -> Contact:
    """Return who spoke to whom; ``out`` when the device began."""
    return Contact(
        device=device or make_device(),
        remote=remote or make_remote(),
        device_is_originator=out,
        internal=internal,
    )


def make_observation(
    type_: str = "tls_client_hello",
    fields: dict[str, Value] | None = None,
    *,
    contact: Contact | None = None,
    flow_id: int = 1,
    at: float = 0,
    number: int = 1,
    protocol: int = 6,
    remote_name: str | None = None,
    totals: FlowTotals | None = None,
) -> Observation:
    """Return an enriched observation ``at`` seconds after T0."""
    contact = contact or make_contact()
    ends = ((contact.device.ip, 40000), (contact.remote.ip, contact.remote.port))
    orig, resp = ends if contact.device_is_originator else ends[::-1]
    ts_ns = T0 + round(at * SECOND_NS)
    flow = Flow(
        id=flow_id,
        start_ns=T0,
        orig_ip=orig[0],
        orig_port=orig[1],
        resp_ip=resp[0],
        resp_port=resp[1],
        protocol=protocol,
    )
    return Observation(
        type_,
        fields or {},
        flow,
        Direction.ORIGINATOR,
        ts_ns,
        number,
        number,
        contact,
        remote_name,
        totals,
    )


def make_totals(orig_bytes: int = 1000, resp_bytes: int = 5000, *, at: float = 0) -> FlowTotals:
    """Return what a flow amounted to when its last packet came ``at`` seconds after T0."""
    return FlowTotals(
        end_ns=T0 + round(at * SECOND_NS),
        orig_packets=orig_bytes // _BYTES_PER_PACKET,
        resp_packets=resp_bytes // _BYTES_PER_PACKET,
        orig_bytes=orig_bytes,
        resp_bytes=resp_bytes,
        duplicates=0,
        state=ConnState.SF,
        reason=EndReason.CLOSED,
        last_ordinal=1,
    )


def make_finding(
    identity: tuple[str, ...] = ("acme.fota-check", "meter-17"),
    observation: Observation | None = None,
    **changes: Any,
) -> Finding:
    """Return a finding about the fictional vendor acme."""
    values: dict[str, Any] = {
        "detector": "vendor_contact",
        "severity": Severity.LOW,
        "confidence": Confidence.MEDIUM,
        "title": "Acme Wireless: Firmware update poll",
        "why": "The device asked its vendor for new firmware.",
        "saw": "tls.sni = fota.acme.example",
        "signature": "acme.fota-check",
        "vendor": "acme",
        **changes,
    }
    return Finding(identity=identity, observation=observation or make_observation(), **values)
