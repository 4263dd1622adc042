"""Real captures against what tshark and FoxIO's tools say of them.

The captures come from public repositories and are not ours to pass on; they lie in a folder that UMBILICAL_CAPTURES
names, or beside the checkout. Without it these tests are skipped; the project's own cases carry the same weight.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from monitor.model.packet import Tunnel
from tests.kit.house import Seen, observe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from monitor.model.observation import Observation

ROOT = Path(__file__).parents[1]
FOLDER = Path(os.environ.get("UMBILICAL_CAPTURES") or ROOT.parent / "shared" / "pcaps")
NAMES = sorted(path.name.removesuffix(".json") for path in FOLDER.glob("expect/*.json"))
needs_captures = pytest.mark.skipif(
    not NAMES,
    reason=f"no real captures in {FOLDER}: agreement with tshark on 33 public captures was not checked"
    " (UMBILICAL_CAPTURES names their folder)",
)
each_capture = pytest.mark.parametrize("name", NAMES or ["any"])

Facts = Counter[Any]
"""A fact and how often it was seen; where only its presence counts, once."""


class Difference(NamedTuple):
    """What one fact of a capture is to tshark and to us, where they differ."""

    missing: frozenset[Any] = frozenset()
    extra: frozenset[Any] = frozenset()


class Allowed(NamedTuple):
    """A difference that stays, with its reason."""

    difference: Difference
    why: str


def missing(*facts: Any, why: str) -> Allowed:
    return Allowed(Difference(missing=frozenset(facts)), why)


def extra(*facts: Any, why: str) -> Allowed:
    return Allowed(Difference(extra=frozenset(facts)), why)


def other(*, ours: Any, tshark: Any, why: str) -> Allowed:
    return Allowed(Difference(missing=frozenset({tshark}), extra=frozenset({ours})), why)


ANSWERS_ONLY = (
    "dns.answers is the answer section; these addresses stand in the authority or additional section"
)
NOT_ON_1883 = "MQTT on port 17501, which is plain TCP to tshark"
IN_MYSQL = "TLS begun inside MySQL's own greeting (STARTTLS style), which is not read"

ALLOWED: dict[tuple[str, str], Allowed] = {
    ("coap_mqtt.pcap", "mqtt client ids"): extra("Bus41", why=NOT_ON_1883),
    ("coap_mqtt.pcap", "mqtt topics"): extra("Bus17Cmd", "Bus17Info", why=NOT_ON_1883),
    ("coap_mqtt.pcap", "mqtt types"): extra(("mqtt_connect", 1), why=NOT_ON_1883),
    ("coap_mqtt.pcap", "coap paths"): missing(
        ":4294967295", why="tshark's rendering of a Uri-Port option of a response, not a path"
    ),
    ("dns.pcap", "dns a"): missing(
        "216.239.37.25", "216.239.37.26", "216.239.57.25", "216.239.57.26", "64.233.167.25", "66.102.9.25",
        why=ANSWERS_ONLY,
    ),
    ("encap_erspan.pcap", "http responses"): other(
        ours=("responses", 17), tshark=("responses", 14),
        why="tshark 4.0 shows 17 as we do; 4.4 leaves out three whose body is cut off",
    ),
    ("encap_mpls.pcap", "flows"): extra(
        ("tcp", "12.13.14.15,80", "2.3.4.6,20636", 1), why="tshark guesses below MPLS and lists no IP layer"
    ),
    ("fmt_pcapng_example.pcapng", "tls ja3"): missing("b1fbf71983dc2a72277e70ec11e3a979", why=IN_MYSQL),
    ("fmt_pcapng_example.pcapng", "tls ja4"): missing("t12i980500_fb65fcf89bd4_a1e935682795", why=IN_MYSQL),
    ("fmt_pcapng_example.pcapng", "http responses"): other(
        ours=("responses", 0), tshark=("responses", 1), why="the snap length cut it inside its head"
    ),
    ("frag_ipv4.pcap", "ntp modes"): missing(
        (0, 1), why="a teardrop attack whose overlapping fragments make no NTP message; tshark goes by port"
    ),
    ("gtpu_v4_v6.pcap", "dns a"): missing("210.145.33.242", "210.160.95.99", why=ANSWERS_ONLY),
    ("gtpu_v4_v6.pcap", "dns aaaa"): missing(
        "3ffe:501:410:0:2c0:dfff:fe47:33e", "3ffe:501:410:100:5254:ff:feda:48bf", why=ANSWERS_ONLY
    ),
    ("iot_dlink_daycam.pcap", "mdns names"): other(
        ours="58.10.10.10.in-addr.arpa", tshark="_http._tcp.local",
        why="an announcement asks nothing; we name it after its first record, tshark after another",
    ),
    ("iot_tplink_hs100.pcap", "dns a"): missing(
        "173.255.139.202", "174.127.124.192", "178.63.120.205", "193.243.171.138", "199.188.48.59",
        "205.251.193.85", "205.251.194.227", "205.251.196.29", "205.251.199.231", "207.171.17.42",
        "46.234.32.107", "50.31.240.214", "89.36.18.22",
        why=ANSWERS_ONLY,
    ),
    ("iot_tplink_hs100.pcap", "dns aaaa"): missing(
        "2001:4b20:0:ca01:5054:ff:fe6f:c4fb", "2620:101:d007::42", "2a00:14b0:4200:32e0::1e5",
        "2a01:4f8:121:43cd::3:1",
        why=ANSWERS_ONLY,
    ),
    ("ssdp_msearch.pcap", "ssdp methods"): extra(
        ("M-SEARCH", 19), why="a search on Plex's port 32412, which is plain UDP to tshark"
    ),
}  # fmt: skip
"""Every difference that remains. One that no longer occurs fails, so that the table stays true."""

COAP_METHODS = {1: "GET", 2: "POST", 3: "PUT", 4: "DELETE"}
DHCP_TYPES = {"1": "discover", "2": "offer", "3": "request", "5": "ack"}
DHCP6_TYPES = {"1": "solicit"}
DHCP6_PORTS = {546, 547}


@needs_captures
@each_capture
def test_facts_agree_with_tshark(name: str) -> None:
    """Names, fingerprints, hosts, clients, counts: each fact that the capture's expectation holds, both ways."""
    expected, seen = expectation(name), seen_in(name)
    found = {
        fact: difference
        for fact, (theirs, ours) in FACTS.items()
        if (difference := compare(theirs(expected), ours(seen))) != Difference()
    }
    allowed = {fact: entry.difference for (capture, fact), entry in ALLOWED.items() if capture == name}
    assert allowed == found


@needs_captures
@each_capture
def test_every_frame_is_read_and_accounted_for(name: str) -> None:
    """The number of frames is tshark's, and each has exactly one outcome."""
    front = seen_in(name).health.front
    outcomes = (
        "packet fragment not_ip unknown_link_type opaque too_deep snapped malformed".split()  # noqa: SIM905
    )
    assert expectation(name)["file"]["packets"] == front.frames
    assert front.frames == sum(front.decode[outcome] for outcome in outcomes)


@needs_captures
@each_capture
def test_ids_of_encapsulations_are_those_that_tshark_sees(name: str) -> None:
    """A flow carries the ids of its innermost encapsulation; tshark lists every header's."""
    told = expectation(name).get("encapsulation", {})
    theirs = {
        Tunnel.GTPU: numbers(told.get("gtp_teids", ())),
        Tunnel.VXLAN: numbers(told.get("vxlan_vni", ())),
        Tunnel.GENEVE: numbers(told.get("geneve_vni", ())),
        # RFC 7637 section 3.2: the upper 24 bits of the key are the virtual subnet id.
        Tunnel.NVGRE: {key >> 8 for key in numbers(told.get("gre_keys", ()))},
        Tunnel.MPLS: numbers(told.get("mpls_labels", ())),
    }
    flows = [one.flow for one in seen_in(name).flows]
    for tunnel, ids in theirs.items():
        ours = {flow.tunnel_id for flow in flows if flow.tunnel == tunnel}
        assert ours <= ids
        assert bool(ours) == bool(ids)
    assert {flow.vlan for flow in flows} - {-1} <= numbers(told.get("vlan_ids", ()))


@needs_captures
def test_allowed_differences_name_captures_and_facts_that_exist() -> None:
    """A slip of the pen in the table would allow nothing and say nothing."""
    assert {capture for capture, _ in ALLOWED} <= set(NAMES)
    assert {fact for _, fact in ALLOWED} <= set(FACTS)


@cache
def seen_in(name: str) -> Seen:
    return observe([FOLDER / name])


@cache
def expectation(name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((FOLDER / "expect" / f"{name}.json").read_text("utf-8"))
    return told


def compare(theirs: Facts, ours: Facts) -> Difference:
    return Difference(frozenset(theirs - ours), frozenset(ours - theirs))


def numbers(texts: Iterable[str]) -> set[int]:
    return {int(text, 0) for text in texts}


def told(*path: str) -> Callable[[dict[str, Any]], Facts]:
    """Values that the expectation lists, each once, in lower case where case has no meaning."""

    def theirs(expected: dict[str, Any]) -> Facts:
        values: Any = expected
        for key in path:
            values = values.get(key, {})
        return Counter(set(values))

    return theirs


def lower(theirs: Callable[[dict[str, Any]], Facts]) -> Callable[[dict[str, Any]], Facts]:
    return lambda expected: Counter({name.lower() for name in theirs(expected)})


def counted(protocol: str, key: str, names: Callable[[str], Any] = str) -> Callable[[dict[str, Any]], Facts]:
    """Values that the expectation counts, each with its number."""

    def theirs(expected: dict[str, Any]) -> Facts:
        counts = expected.get(protocol, {}).get(key, {})
        return Counter((names(value), count) for value, count in counts.items())

    return theirs


def said(field: str, *types: str, where: Callable[[Observation], bool] = bool) -> Callable[[Seen], Facts]:
    """Values of a field in observations of these types, each once."""

    def ours(seen: Seen) -> Facts:
        values: set[Any] = set()
        for one in seen.observations:
            if one.type in types and field in one.fields and where(one):
                value = one.fields[field]
                values |= set(value) if isinstance(value, list) else {value}
        return Counter(values)

    return ours


def said_often(
    field: str, *types: str, where: Callable[[Observation], bool] = bool
) -> Callable[[Seen], Facts]:
    """Values of a field in observations of these types, each with its number."""

    def ours(seen: Seen) -> Facts:
        counts = Counter(
            one.fields[field]
            for one in seen.observations
            if one.type in types and field in one.fields and where(one)
        )
        return Counter(counts.items())

    return ours


def both(first: Callable[[Seen], Facts], second: Callable[[Seen], Facts]) -> Callable[[Seen], Facts]:
    return lambda seen: first(seen) | second(seen)


def unicast(one: Observation) -> bool:
    return one.fields["dns.transport"] in {"udp", "tcp"}


def over(transport: str) -> Callable[[Observation], bool]:
    return lambda one: one.fields["dns.transport"] == transport


def is_dhcp4(one: Observation) -> bool:
    return one.flow.resp_port not in DHCP6_PORTS


def is_dhcp6(one: Observation) -> bool:
    return one.flow.resp_port in DHCP6_PORTS


def answered(record_type: str) -> Callable[[Seen], Facts]:
    """Values of the answers of one type."""

    def ours(seen: Seen) -> Facts:
        answers: list[dict[str, Any]] = []
        for one in seen.observations:
            if one.type == "dns_answer" and unicast(one):
                answers += one.fields.get("dns.answers", [])  # type: ignore[arg-type]  # records
        return Counter({answer["value"] for answer in answers if answer["type"] == record_type})

    return ours


def flows_told(expected: dict[str, Any]) -> Facts:
    packets: Counter[tuple[str, str, str]] = Counter()
    for flow in expected["innermost_flows"]["list"]:
        packets[flow["proto"], *sorted((flow["a"], flow["b"]))] += flow["packets"]
    return Counter((*ends, count) for ends, count in packets.items())


def flows_said(seen: Seen) -> Facts:
    """Packets of each pair of ends; tshark counts what a mirror delivered twice, and knows no time-outs."""
    packets: Counter[tuple[str, str, str]] = Counter()
    for one in seen.flows:
        flow, totals = one.flow, one.totals
        if flow.protocol_name in {"tcp", "udp"}:
            ends = sorted((f"{flow.orig_ip},{flow.orig_port}", f"{flow.resp_ip},{flow.resp_port}"))
            packets[flow.protocol_name, *ends] += (  # type: ignore[index]  # two ends
                totals.orig_packets + totals.resp_packets + totals.duplicates
            )
    return Counter((*ends, count) for ends, count in packets.items())


def coap_codes_told(expected: dict[str, Any]) -> Facts:
    """Methods by name and responses as c.dd; 0.00 is an empty message, which asks and answers nothing."""
    codes = {int(code): count for code, count in expected.get("coap", {}).get("codes", {}).items()}
    names = {code: COAP_METHODS.get(code, f"{code >> 5}.{code & 31:02}") for code in codes if code}
    return Counter((name, codes[code]) for code, name in names.items())


def ja4_foxio(expected: dict[str, Any]) -> Facts:
    return Counter({entry["ja4"] for entry in expected.get("ja4_foxio", ())})


def ja4_said_where_foxio_speaks(seen: Seen) -> Facts:
    spoken = {entry for name in NAMES for entry in ja4_foxio(expectation(name))}
    return Counter(value for value in said("tls.ja4", "tls_client_hello")(seen) if value in spoken)


def responses_said(seen: Seen) -> Facts:
    return Counter([("responses", sum(one.type == "http_response" for one in seen.observations))])


def mqtt_types_told(expected: dict[str, Any]) -> Facts:
    count = expected.get("mqtt", {}).get("msg_types", {}).get("1", 0)
    return Counter([("mqtt_connect", count)]) if count else Counter()


def mqtt_types_said(seen: Seen) -> Facts:
    count = sum(one.type == "mqtt_connect" for one in seen.observations)
    return Counter([("mqtt_connect", count)]) if count else Counter()


def hosts_told(expected: dict[str, Any]) -> Facts:
    """http.host is without its port."""
    return Counter({host.split(":")[0].lower() for host in expected.get("http", {}).get("hosts", ())})


HELLOS = {"tls": "tls_client_hello", "quic": "quic_client_hello"}
FACTS: dict[str, tuple[Callable[[dict[str, Any]], Facts], Callable[[Seen], Facts]]] = {
    "flows": (flows_told, flows_said),
    "dns names": (
        lower(told("dns", "query_names")),
        said("dns.query", "dns_query", "dns_answer", where=unicast),
    ),
    "mdns names": (
        lower(told("mdns", "names")),
        said("dns.query", "dns_query", "dns_answer", where=over("mdns")),
    ),
    "llmnr names": (
        lower(told("llmnr", "names")),
        said("dns.query", "dns_query", "dns_answer", where=over("llmnr")),
    ),
    "dns a": (told("dns", "a"), answered("A")),
    "dns aaaa": (told("dns", "aaaa"), answered("AAAA")),
    "dns cname": (told("dns", "cname"), answered("CNAME")),
    **{
        # With Encrypted ClientHello, in earnest or as grease, the name that is visible is kept as the outer one.
        f"{protocol} sni": (
            lower(told(protocol, "sni")),
            both(said("tls.sni", hello), said("tls.outer_sni", hello)),
        )
        for protocol, hello in HELLOS.items()
    },
    **{
        f"{protocol} {key}": (told(protocol, key), said(f"tls.{key}", hello))
        for protocol, hello in HELLOS.items()
        for key in ("alpn", "ja3", "ja4")
    },
    "ja4 foxio": (ja4_foxio, ja4_said_where_foxio_speaks),
    "quic versions": (
        lambda expected: Counter(
            {text.removeprefix("0x") for text in expected.get("quic", {}).get("versions", ())}
        ),
        said("quic.version", "quic_client_hello"),
    ),
    "http hosts": (hosts_told, said("http.host", "http_request")),
    "http methods": (counted("http", "methods"), said_often("http.method", "http_request")),
    "http user agents": (told("http", "user_agents"), said("http.user_agent", "http_request")),
    "http responses": (
        lambda expected: Counter([("responses", expected.get("http", {}).get("responses", 0))]),
        responses_said,
    ),
    "mqtt client ids": (told("mqtt", "client_ids"), said("mqtt.client_id", "mqtt_connect")),
    "mqtt topics": (told("mqtt", "topics"), said("mqtt.topic", "mqtt_publish", "mqtt_subscribe")),
    "mqtt types": (mqtt_types_told, mqtt_types_said),
    "coap codes": (coap_codes_told, said_often("coap.method", "coap_request", "coap_response")),
    "coap paths": (told("coap", "uri_paths"), said("coap.uri_path", "coap_request")),
    "dhcp types": (
        counted("dhcp", "types", DHCP_TYPES.__getitem__),
        said_often("dhcp.message_type", "dhcp", where=is_dhcp4),
    ),
    "dhcpv6 types": (
        counted("dhcp", "v6_types", DHCP6_TYPES.__getitem__),
        said_often("dhcp.message_type", "dhcp", where=is_dhcp6),
    ),
    "dhcp macs": (told("dhcp", "client_macs"), said("dhcp.client_mac", "dhcp", where=is_dhcp4)),
    "dhcp hostnames": (told("dhcp", "hostnames"), said("dhcp.hostname", "dhcp", where=is_dhcp4)),
    "dhcp vendor classes": (
        told("dhcp", "vendor_classes"),
        said("dhcp.vendor_class", "dhcp", where=is_dhcp4),
    ),
    "ntp modes": (counted("ntp", "modes", int), said_often("ntp.mode", "ntp")),
    "ssdp methods": (counted("ssdp", "methods"), said_often("ssdp.method", "ssdp")),
    "ssdp servers": (told("ssdp", "servers"), said("ssdp.server", "ssdp")),
}
"""Each fact: what the expectation says, and what we said."""
