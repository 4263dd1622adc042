from monitor.catalog.matcher import Matcher
from monitor.model.observation import Observation
from tests.catalog._builders import observe, signature


def ids(matcher: Matcher, observation: Observation) -> list[str]:
    return [found.id for found in matcher.match(observation)]


FOTA = signature()
BEACON = signature(
    'all: [{ ip.dst: { cidr: 198.51.100.0/24 } }, { udp.dst_port: { equals: 9000 } }, { payload.prefix: { hex: "4143" } }]',
    name="beacon",
)
EXACT = signature(
    "any: [{ dns.query: { equals: www.acme.example } }, { tls.sni: { equals: www.acme.example } }]",
    name="web",
)
PAIR = signature(
    "all: [{ http.host: { domain: acme.example } }, { http.path: { prefix: /fota/ } }]", name="pair"
)


def test_any_needs_one_test() -> None:
    matcher = Matcher([FOTA, EXACT])
    assert ["acme.fota"] == ids(matcher, observe("dns_query", {"dns.query": "eu.fota.acme.example"}))
    assert ["acme.web"] == ids(matcher, observe("tls_client_hello", {"tls.sni": "www.acme.example"}))
    assert [] == ids(matcher, observe("tls_client_hello", {"tls.sni": "fota.acme.example"}))


def test_all_needs_every_test_in_one_observation() -> None:
    matcher = Matcher([BEACON])
    fields = {"ip.dst": "198.51.100.7", "udp.dst_port": 9000, "payload.prefix": "414344"}
    assert ["acme.beacon"] == ids(matcher, observe("flow_payload", fields))
    assert [] == ids(matcher, observe("flow_payload", {**fields, "udp.dst_port": 53}))
    assert [] == ids(matcher, observe("flow_payload", {**fields, "payload.prefix": "42"}))
    assert [] == ids(matcher, observe("flow_start", {"ip.dst": "198.51.100.7", "udp.dst_port": 9000}))


def test_all_is_found_by_its_narrowest_test_whatever_the_order() -> None:
    matcher = Matcher([PAIR])
    assert ["acme.pair"] == ids(
        matcher, observe("http_request", {"http.host": "x.acme.example", "http.path": "/fota/1"})
    )
    assert [] == ids(matcher, observe("http_request", {"http.host": "x.acme.example", "http.path": "/"}))
    assert [] == ids(matcher, observe("http_request", {"http.host": "other.example", "http.path": "/fota/1"}))


def test_results_come_once_each_in_the_order_of_the_catalog() -> None:
    wide = signature(
        "any: [{ dns.query: { domain: acme.example } }, { dns.query: { equals: fota.acme.example } }]",
        name="wide",
    )
    matcher = Matcher([wide, FOTA])
    assert ["acme.wide", "acme.fota"] == ids(
        matcher, observe("dns_query", {"dns.query": "fota.acme.example"})
    )


def test_a_name_alone_matches_only_where_a_name_is_enough() -> None:
    strict = signature(
        "all: [{ dns.query: { domain: acme.example } }, { dns.qtype: { equals: TXT } }]", name="strict"
    )
    matcher = Matcher([FOTA, strict, BEACON])
    assert ("acme.fota",) == tuple(found.id for found in matcher.match_name("fota.acme.example"))
    assert () == matcher.match_name("other.example")
    assert () == Matcher([BEACON]).match_name("fota.acme.example")


def test_only_types_that_carry_a_tested_field_are_needed() -> None:
    matcher = Matcher([PAIR])
    assert frozenset({"http.host", "http.path"}) == matcher.fields_used
    assert frozenset({"http_request", "http_response"}) == matcher.types_needed
    assert () == matcher.match(observe("dns_query", {"dns.query": "acme.example"}))
    assert () == matcher.match(observe("unheard_of", {"dns.query": "acme.example"}))
