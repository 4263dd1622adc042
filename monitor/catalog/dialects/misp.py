"""A MISP event: attributes for single values, a ``network-connection`` object where address, port and protocol are bound.

There are no comments: what is lost is told beside it. Attributes of low confidence or mere information are not marked
for detection (``to_ids``).
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from monitor.catalog.dialects._marks import mark
from monitor.catalog.dialects._translation import (
    JOINED,
    Chosen,
    Dialect,
    Options,
    Outcome,
    Written,
    sources_of,
    translate,
)
from monitor.catalog.indicators import Clause, endpoint
from monitor.catalog.records import Signature
from monitor.catalog.vocabulary import Operator
from monitor.model.finding import Confidence, Severity

ONLY_THIS_ORGANISATION, LOW_THREAT, FINISHED = "0", "3", "2"
"""MISP's distribution, threat_level_id and analysis."""
CATEGORY = "Network activity"
CONNECTION_TEMPLATE = "af16764b-f8e5-4603-9de1-de34d272f80b"
CONNECTION_VERSION = "7"

_NAMES = ("dns.query", "tls.sni", "http.host", "coap.uri_host", "ntp.server", "tls.certificate_names")
_TYPES: Mapping[tuple[str, Operator], str] = {
    **{(field, Operator.EQUALS): "hostname" for field in _NAMES},
    **{(field, Operator.DOMAIN): "domain" for field in _NAMES},
    ("http.user_agent", Operator.EQUALS): "user-agent",
    ("http.path", Operator.EQUALS): "uri",
    ("http.body_sha256", Operator.EQUALS): "sha256",
    ("tls.certificate_sha256", Operator.EQUALS): "x509-fingerprint-sha256",
    ("tls.ja3", Operator.EQUALS): "ja3-fingerprint-md5",
}
_CATEGORIES = {"sha256": "Payload delivery"}


class Value(NamedTuple):
    """An attribute."""

    kind: str
    text: str


class Connection(NamedTuple):
    """An object: what is bound together."""

    address: str
    port: int
    transport: str


def _write(chosen: Chosen, _: Options) -> Written:
    done = translate(chosen.signatures, _express)
    attributes, objects = [], []
    for stated in done.stated:
        for item in stated.items:
            if isinstance(item, Value):
                attributes.append(_attribute(chosen, stated.signature, item))
            else:
                objects.append(_connection(chosen, stated.signature, item))
    event = {
        "uuid": mark("misp", "event", *sorted(stated.signature.id for stated in done.stated)),
        "info": f"Endpoints of cellular module vendors (Umbilical catalog {chosen.digest})",
        "date": chosen.newest.isoformat(),
        "timestamp": _timestamp(chosen.newest.isoformat()),
        "published": False,
        "distribution": ONLY_THIS_ORGANISATION,
        "threat_level_id": LOW_THREAT,
        "analysis": FINISHED,
        "Attribute": attributes,
        "Object": objects,
        "Tag": [{"name": "tlp:clear"}],
    }
    return Written.of(json.dumps({"Event": event}, indent=1, ensure_ascii=False).split("\n"), done)


def _express(clause: Clause) -> Outcome[Value | Connection]:
    remote = endpoint(clause)
    if remote is not None:
        if remote.transport is None:
            return Outcome(tuple(Value("ip-dst", network) for network in remote.networks))
        return Outcome(
            tuple(
                Connection(network, port, remote.transport.upper())
                for network in remote.networks
                for port in remote.ports
            )
        )
    only = clause.only
    if only is None:
        return Outcome(lost=JOINED)
    kind = _TYPES.get((only.field, only.operator))
    if kind is None:
        return Outcome(lost="MISP has no type of attribute for it")
    return Outcome(tuple(Value(kind, str(value)) for value in only.values))


def _attribute(chosen: Chosen, signature: Signature, value: Value) -> dict[str, Any]:
    return {
        "uuid": mark("misp", "attribute", signature.id, *value),
        "type": value.kind,
        "category": _CATEGORIES.get(value.kind, CATEGORY),
        "value": value.text,
        "to_ids": _is_for_detection(signature),
        "comment": _comment(chosen, signature),
        "timestamp": _timestamp(signature.added),
        "distribution": "5",
        "Tag": _tags(signature),
    }


def _connection(chosen: Chosen, signature: Signature, connection: Connection) -> dict[str, Any]:
    place = (signature.id, connection.address, str(connection.port), connection.transport)
    members = (
        ("dst-port", "port", str(connection.port)),
        ("ip-dst", "ip-dst", connection.address),
        ("layer4-protocol", "text", connection.transport),
    )
    return {
        "uuid": mark("misp", "object", *place),
        "name": "network-connection",
        "meta-category": "network",
        "description": "A local or remote network connection.",
        "template_uuid": CONNECTION_TEMPLATE,
        "template_version": CONNECTION_VERSION,
        "timestamp": _timestamp(signature.added),
        "distribution": "5",
        "comment": _comment(chosen, signature),
        "Attribute": [
            {
                "uuid": mark("misp", "member", *place, relation),
                "object_relation": relation,
                "type": kind,
                "category": "Other" if kind == "text" else CATEGORY,
                "value": value,
                "to_ids": False,
                "comment": "",
                "timestamp": _timestamp(signature.added),
                "distribution": "5",
                "Tag": _tags(signature),
            }
            for relation, kind, value in members
        ],
    }


def _is_for_detection(signature: Signature) -> bool:
    return signature.severity is not Severity.INFO and signature.confidence is not Confidence.LOW


def _comment(chosen: Chosen, signature: Signature) -> str:
    sources = "; ".join(sources_of(signature))
    return f"{signature.id}: {chosen.vendor_name(signature)}, {signature.title}. Sources: {sources}"


def _tags(signature: Signature) -> list[dict[str, str]]:
    facts = (
        ("vendor", signature.vendor_id),
        ("purpose", signature.purpose),
        ("severity", signature.severity),
        ("confidence", signature.confidence),
        ("signature", signature.id),
    )
    return [{"name": f'umbilical:{key}="{value}"'} for key, value in facts]


def _timestamp(day: str) -> str:
    return str(int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()))


DIALECT = Dialect("MISP", _write)
