"""Observations: typed statements of what was seen on the wire and where, and the closed list of their fields.

A field's dotted name is the one that signatures match, that JSON lines print and that the schema publishes;
a new parser brings its types and fields to the two tables below.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from monitor.model.entity import Contact
from monitor.model.flow import Direction, Flow

Value = str | int | bool | list[str] | list[dict[str, Any]]


class FieldKind(StrEnum):
    """What a field holds; decides which signature operators it takes and its JSON type."""

    NAME = "name"
    """A host name in wire form: lower case, A-labels, no final dot."""
    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    ADDRESS = "address"
    BYTES = "bytes"
    """Lower-case hex."""
    NAMES = "names"
    TEXTS = "texts"
    RECORDS = "records"


@dataclass(frozen=True, slots=True)
class Field:
    """One attribute of an observation."""

    kind: FieldKind
    meaning: str


FIELDS: Mapping[str, Field] = {
    "dns.query": Field(FieldKind.NAME, "name asked for (RFC 1035 section 4.1.2)"),
    "dns.qtype": Field(FieldKind.TEXT, "type asked for, by its IANA name, or TYPE<n> (RFC 3597)"),
    "dns.transport": Field(FieldKind.TEXT, "udp, tcp, mdns or llmnr"),
    "dns.rcode": Field(FieldKind.TEXT, "response code by its IANA name"),
    "dns.answers": Field(FieldKind.RECORDS, "answer section: type, value, ttl in seconds"),
    "tls.sni": Field(
        FieldKind.NAME, "server name as sent, lower case (RFC 6066 section 3); left out with ECH"
    ),
    "tls.outer_sni": Field(
        FieldKind.NAME, "the public name that an ECH client shows instead; never the destination"
    ),
    "tls.alpn": Field(FieldKind.TEXTS, "application protocols offered (RFC 7301)"),
    "tls.version": Field(
        FieldKind.TEXT, "highest version offered, or the one chosen: 1.0 to 1.3, DTLS 1.0, 1.2, 1.3"
    ),
    "tls.ja3": Field(FieldKind.TEXT, "MD5 of the ClientHello's numbers (salesforce/ja3)"),
    "tls.ja4": Field(FieldKind.TEXT, "client fingerprint (FoxIO JA4, BSD 3-Clause part)"),
    "tls.ech": Field(
        FieldKind.FLAG, "the encrypted_client_hello extension is there, in earnest or as grease"
    ),
    "tls.cipher": Field(FieldKind.TEXT, "cipher suite chosen, four hex digits"),
    "tls.certificate_subject": Field(FieldKind.TEXT, "subject of the server's certificate (RFC 4514)"),
    "tls.certificate_issuer": Field(FieldKind.TEXT, "issuer of the server's certificate (RFC 4514)"),
    "tls.certificate_names": Field(
        FieldKind.NAMES, "DNS names and addresses it is valid for (RFC 5280 section 4.2.1.6)"
    ),
    "tls.certificate_sha256": Field(FieldKind.BYTES, "SHA-256 of the DER certificate"),
    "tls.certificate_chain": Field(FieldKind.RECORDS, "the certificates above it: subject, issuer, sha256"),
    "dtls.psk_identity": Field(FieldKind.TEXT, "pre-shared key identity (RFC 4279 section 2)"),
    "dtls.connection_id": Field(FieldKind.BYTES, "connection id offered (RFC 9146 section 3)"),
    "quic.version": Field(FieldKind.TEXT, "version number, eight hex digits"),
    "http.method": Field(FieldKind.TEXT, "request method"),
    "http.host": Field(FieldKind.NAME, "Host without port, lower case (RFC 9110 section 7.2)"),
    "http.path": Field(FieldKind.TEXT, "request target as sent, without scheme and authority"),
    "http.user_agent": Field(FieldKind.TEXT, "User-Agent (RFC 9110 section 10.1.5)"),
    "http.status": Field(FieldKind.NUMBER, "status code"),
    "http.content_type": Field(FieldKind.TEXT, "media type, lower case, without parameters"),
    "http.content_length": Field(FieldKind.NUMBER, "Content-Length as stated, bytes"),
    "http.content_range": Field(FieldKind.TEXT, "Content-Range as stated (RFC 9110 section 14.4)"),
    "http.body_bytes": Field(FieldKind.NUMBER, "body bytes that were seen, after chunked decoding"),
    "http.body_complete": Field(FieldKind.FLAG, "the whole body was seen"),
    "http.body_sha256": Field(FieldKind.BYTES, "SHA-256 of a whole firmware-like body"),
    "http.body_prefix": Field(FieldKind.BYTES, "first bytes of a firmware-like body"),
    "mqtt.version": Field(FieldKind.TEXT, "3.1, 3.1.1 or 5"),
    "mqtt.client_id": Field(FieldKind.TEXT, "client identifier (MQTT 3.1.1 section 3.1.3.1)"),
    "mqtt.username": Field(FieldKind.TEXT, "user name (section 3.1.3.4)"),
    "mqtt.keep_alive": Field(FieldKind.NUMBER, "keep alive in seconds (section 3.1.2.10)"),
    "mqtt.topic": Field(FieldKind.TEXT, "topic name or filter"),
    "coap.method": Field(
        FieldKind.TEXT, "GET, POST, ... or the response code as c.dd (RFC 7252 section 12.1)"
    ),
    "coap.uri_host": Field(FieldKind.NAME, "Uri-Host option"),
    "coap.uri_path": Field(FieldKind.TEXT, "Uri-Path options, each after a slash"),
    "coap.uri_query": Field(FieldKind.TEXTS, "Uri-Query options"),
    "lwm2m.endpoint": Field(FieldKind.TEXT, "endpoint client name, ep= (OMA LwM2M Core section 6.2)"),
    "lwm2m.lifetime": Field(FieldKind.NUMBER, "registration lifetime, lt=, seconds"),
    "dhcp.message_type": Field(
        FieldKind.TEXT, "message type by name (RFC 2132 section 9.6, RFC 8415 section 7.3)"
    ),
    "dhcp.hostname": Field(FieldKind.TEXT, "host name or FQDN option"),
    "dhcp.vendor_class": Field(
        FieldKind.TEXT, "vendor class (RFC 2132 section 9.13, RFC 8415 section 21.16)"
    ),
    "dhcp.client_mac": Field(FieldKind.TEXT, "client hardware address, or the one inside its DUID"),
    "dhcp.address": Field(FieldKind.ADDRESS, "address given or asked for"),
    "ntp.mode": Field(FieldKind.NUMBER, "association mode (RFC 5905 section 7.3)"),
    "ntp.stratum": Field(FieldKind.NUMBER, "stratum"),
    "ntp.version": Field(FieldKind.NUMBER, "protocol version"),
    "ntp.server": Field(FieldKind.NAME, "name under which the device found the time server"),
    "ssdp.method": Field(FieldKind.TEXT, "NOTIFY, M-SEARCH or RESPONSE"),
    "ssdp.server": Field(FieldKind.TEXT, "SERVER header"),
    "ssdp.usn": Field(FieldKind.TEXT, "unique service name"),
    "ssdp.location": Field(FieldKind.TEXT, "LOCATION header"),
    "ssdp.target": Field(FieldKind.TEXT, "ST or NT header"),
    "ip.dst": Field(FieldKind.ADDRESS, "address of the remote"),
    "tcp.dst_port": Field(FieldKind.NUMBER, "port of the remote"),
    "udp.dst_port": Field(FieldKind.NUMBER, "port of the remote"),
    "payload.prefix": Field(FieldKind.BYTES, "first bytes that the device sent in the flow"),
    "dst.asn": Field(FieldKind.NUMBER, "autonomous system of the remote"),
}

_HELLO = ("tls.sni", "tls.outer_sni", "tls.alpn", "tls.version", "tls.ja3", "tls.ja4", "tls.ech")

OBSERVATIONS: Mapping[str, tuple[str, ...]] = {
    "dns_query": ("dns.query", "dns.qtype", "dns.transport"),
    "dns_answer": ("dns.query", "dns.qtype", "dns.transport", "dns.rcode", "dns.answers"),
    "tls_client_hello": _HELLO,
    "quic_client_hello": (*_HELLO, "quic.version"),
    "dtls_client_hello": (*_HELLO, "dtls.psk_identity", "dtls.connection_id"),
    "tls_server_hello": ("tls.version", "tls.cipher"),
    "tls_certificate": (
        "tls.certificate_subject",
        "tls.certificate_issuer",
        "tls.certificate_names",
        "tls.certificate_sha256",
        "tls.certificate_chain",
    ),
    "http_request": ("http.method", "http.host", "http.path", "http.user_agent"),
    "http_response": (
        "http.host",
        "http.path",
        "http.status",
        "http.content_type",
        "http.content_length",
        "http.content_range",
        "http.body_bytes",
        "http.body_complete",
        "http.body_sha256",
        "http.body_prefix",
    ),
    "mqtt_connect": ("mqtt.version", "mqtt.client_id", "mqtt.username", "mqtt.keep_alive"),
    "mqtt_publish": ("mqtt.topic",),
    "mqtt_subscribe": ("mqtt.topic",),
    "coap_request": (
        "coap.method",
        "coap.uri_host",
        "coap.uri_path",
        "coap.uri_query",
        "lwm2m.endpoint",
        "lwm2m.lifetime",
    ),
    "coap_response": ("coap.method",),
    "dhcp": ("dhcp.message_type", "dhcp.hostname", "dhcp.vendor_class", "dhcp.client_mac", "dhcp.address"),
    "ntp": ("ntp.mode", "ntp.stratum", "ntp.version", "ntp.server"),
    "ssdp": ("ssdp.method", "ssdp.server", "ssdp.usn", "ssdp.location", "ssdp.target"),
    "flow_start": ("ip.dst", "tcp.dst_port", "udp.dst_port", "dst.asn"),
    "flow_payload": ("ip.dst", "tcp.dst_port", "udp.dst_port", "payload.prefix"),
    "flow_active": (),
    "flow_end": (),
}

FLOW_OBSERVATIONS = frozenset({"flow_start", "flow_payload", "flow_active", "flow_end"})
"""Made by the corridor of the flow itself, not by a parser; shown as flows, not as observation lines."""


class Seen(NamedTuple):
    """What a parser says: a type and its fields; when and where is known by who asked."""

    type: str
    fields: dict[str, Value]


class Observation(NamedTuple):
    """A typed statement of what was seen and where; never changed after it is made."""

    type: str
    """A key of OBSERVATIONS."""
    fields: dict[str, Value]
    flow: Flow
    direction: Direction
    ts_ns: int
    ordinal: int
    """Place in the whole stream; with workers, what orders observations."""
    number: int
    """Frame number in its capture."""
    contact: Contact | None = None
    """Who spoke to whom; enrich adds it."""
    remote_name: str | None = None
    """Name of the remote: as this observation shows it, else as the device's DNS memory has it; enrich adds it."""
    totals: Any = None
    """``model.flow.FlowTotals`` in a flow_end, and in a flow_active so far."""
