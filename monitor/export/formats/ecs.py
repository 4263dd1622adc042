"""Elastic Common Schema 8: what Elastic Security, and whatever else reads ECS, expects of an alert.

Every field of the schema that an alert can fill is filled; everything else stands under ``umbilical.`` with its
published name. No ``threat.*``: contact with a module's maker is no indicator of compromise.

Sources: elastic/ecs, ``generated/elasticsearch/composable/component`` (8.17); the allowed values of
``event.kind``, ``event.category`` and ``event.type`` in its field reference.
"""

from collections.abc import Mapping
from typing import Any

from monitor.export._origin import Origin
from monitor.export.formats._wire import FIRING, community_ids, interfaces, known, told_at

ECS_VERSION = "8.17.0"
SEVERITIES = {"info": 0, "low": 21, "medium": 47, "high": 73, "critical": 99}
"""``event.severity``: the risk scores that Elastic Security gives its own four levels."""
_MOVED = frozenset(
    {
        "alert_id",
        "asn",
        "country",
        "device",
        "device_ip",
        "device_mac",
        "device_maker",
        "downlink_bytes",
        "first_seen",
        "last_seen",
        "organisation",
        "remote_ip",
        "remote_name",
        "remote_port",
        "title",
        "uplink_bytes",
        "why",
    }
)
"""Published names that a field of the schema says whole; the others stay as they are."""


def ecs(record: Mapping[str, Any], origin: Origin) -> dict[str, Any]:
    """Return the alert as an ECS document."""
    return {
        "@timestamp": told_at(record),
        "ecs": {"version": ECS_VERSION},
        "message": record["title"],
        "event": _event(record),
        "rule": known(
            id=record["signature"] or record["detector"],
            name=record["title"],
            description=record["why"],
            category=record["detector"],
            ruleset="umbilical",
        ),
        "host": known(name=record["device"], ip=[record["device_ip"]], mac=_macs(record["device_mac"])),
        "device": known(manufacturer=record["device_maker"]),
        "source": known(
            address=record["device_ip"],
            ip=record["device_ip"],
            mac=_mac(record["device_mac"]),
            bytes=record["uplink_bytes"],
        ),
        "destination": _destination(record),
        "network": known(
            community_id=community_ids(record),
            bytes=record["uplink_bytes"] + record["downlink_bytes"],
        ),
        "observer": known(
            vendor="Umbilical",
            product="umbilical",
            type="ids",
            hostname=origin.host,
            name=origin.host,
            version=origin.version,
            ingress=known(interface=known(name=interfaces(record))),
        ),
        "related": known(
            ip=[one for one in (record["device_ip"], record["remote_ip"]) if one],
            hosts=[one for one in (record["device"], record["remote_name"]) if one],
            hash=[value for name, value in record.items() if name.endswith("sha256") and value],
        ),
        "umbilical": {name: value for name, value in record.items() if name not in _MOVED},
    }


def _event(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "kind": "alert",
        "category": ["network", "intrusion_detection"],
        "type": ["info" if record["state"] == FIRING else "end"],
        "id": record["alert_id"],
        "code": record["detector"],
        "action": record["detector"],
        "module": "umbilical",
        "dataset": "umbilical.alert",
        "provider": record["detector"],
        "severity": SEVERITIES[record["severity"]],
        "risk_score": float(SEVERITIES[record["severity"]]),
        "reason": record["why"],
        "start": record["first_seen"],
        "end": record["last_seen"],
    }


def _destination(record: Mapping[str, Any]) -> dict[str, Any]:
    return known(
        address=record["remote_name"] or record["remote_ip"],
        ip=record["remote_ip"],
        port=record["remote_port"],
        domain=record["remote_name"],
        bytes=record["downlink_bytes"],
        geo=known(country_iso_code=record["country"]),
        as_=known(number=record["asn"], organization=known(name=record["organisation"])),
    )


def _mac(address: str | None) -> str | None:
    """Upper case with hyphens, as the schema writes a MAC address."""
    return None if address is None else address.upper().replace(":", "-")


def _macs(address: str | None) -> list[str]:
    told = _mac(address)
    return [] if told is None else [told]


FORMAT = ecs
