from random import Random

import pytest

from monitor.enrich.alias import Alias
from monitor.enrich.device import DeviceBook
from monitor.enrich.enricher import CONTACT_CAPACITY, NAME_FIELDS, Enricher
from monitor.enrich.geoip import GeoIp
from monitor.enrich.home import HomeNetworks
from monitor.enrich.names import DnsMemory
from monitor.model.entity import Contact, Device, Remote
from monitor.model.flow import Direction
from monitor.model.observation import FIELDS, OBSERVATIONS, Observation
from monitor.model.packet import Tunnel
from tests.enrich.builder import DEVICE_MAC, ROUTER_MAC, link_flow, make_enricher, observe
from tests.kit.states import again, spoiled

MAC_TEXT = "00:9b:08:00:00:01"
RESOLVER = "10.0.0.53"
NO_ADDRESS = "0.0.0.0"  # noqa: S104 - a DHCP client, not a socket


def _contact(observation: Observation) -> Contact:
    assert observation.contact is not None
    return observation.contact


def _answer(
    name: str,
    address: str,
    *,
    at_s: int = 0,
    transport: str = "udp",
    direction: Direction = Direction.RESPONDER,
) -> Observation:
    return observe(
        "dns_answer",
        {
            "dns.query": name,
            "dns.qtype": "A",
            "dns.transport": transport,
            "dns.rcode": "NOERROR",
            "dns.answers": [
                {"type": "CNAME", "value": "cdn.example.net", "ttl": 60},
                {"type": "A", "value": address, "ttl": 60},
            ],
        },
        link_flow(id=9, resp_ip=RESOLVER, resp_port=53, protocol=17),
        direction=direction,
        at_s=at_s,
    )


def test_the_device_is_the_end_at_home_and_the_remote_has_a_place() -> None:
    enricher = make_enricher(databases=None)
    seen = enricher.enrich(observe("flow_start", flow=link_flow(resp_ip="223.5.5.5")))
    device = Device(name=MAC_TEXT, ip="10.0.0.7", mac=MAC_TEXT, maker="Quectel Wireless Solutions Co.,Ltd.")
    remote = Remote(
        ip="223.5.5.5", port=443, country="CN", asn=45102, organisation="Alibaba (US) Technology Co., Ltd."
    )
    assert _contact(seen) == Contact(device=device, remote=remote, device_is_originator=True)
    assert seen.fields == {"ip.dst": "223.5.5.5", "tcp.dst_port": 443, "dst.asn": 45102}


def test_what_the_observation_said_stays() -> None:
    given = observe("http_request", {"http.host": "a.example.org"}, at_s=5)
    seen = make_enricher().enrich(given)
    assert given == seen._replace(contact=None, remote_name=None)
    assert given.contact is None


def test_an_answer_has_the_same_contact_as_its_request() -> None:
    enricher = make_enricher()
    request = enricher.enrich(observe("http_request"))
    response = enricher.enrich(observe("http_response", direction=Direction.RESPONDER))
    assert _contact(request) is _contact(response)


def test_a_session_from_outside_is_a_contact_of_the_device_too() -> None:
    enricher = make_enricher()
    flows = [
        link_flow(
            orig_ip="198.51.100.7", orig_port=port, resp_ip="10.0.0.7", resp_port=22, orig_mac=ROUTER_MAC
        )
        for port in (40001, 40002, 40001)
    ]
    contacts = [_contact(enricher.enrich(observe("flow_start", flow=flow))) for flow in flows]
    assert [40001, 40002, 40001] == [contact.remote.port for contact in contacts]
    assert {("10.0.0.7", "198.51.100.7", False)} == {
        (contact.device.ip, contact.remote.ip, contact.device_is_originator) for contact in contacts
    }


def test_neighbours_are_internal_and_have_no_place() -> None:
    seen = make_enricher(databases=None, home_networks=["10.0.0.0/8", "8.8.8.0/24"]).enrich(
        observe("flow_start", flow=link_flow(resp_ip="8.8.8.8"))
    )
    assert _contact(seen).internal
    assert _contact(seen).remote.country is None
    assert seen.fields == {"ip.dst": "8.8.8.8", "tcp.dst_port": 443}


def test_the_first_bytes_carry_the_remote_so_that_an_address_can_be_matched_with_them() -> None:
    flow = link_flow(resp_ip="198.51.100.7", resp_port=9000, protocol=17)
    seen = make_enricher().enrich(observe("flow_payload", {"payload.prefix": "55aa"}, flow))
    assert seen.fields == {"payload.prefix": "55aa", "ip.dst": "198.51.100.7", "udp.dst_port": 9000}


def test_what_the_remote_sent_first_is_not_what_the_device_sent() -> None:
    answered = observe("flow_payload", {"payload.prefix": "55aa"}, direction=Direction.RESPONDER)
    assert "payload.prefix" not in make_enricher().enrich(answered).fields


def test_in_a_session_from_outside_the_remote_is_who_began_it() -> None:
    flow = link_flow(orig_ip="198.51.100.7", orig_port=40001, resp_ip="10.0.0.7", resp_port=22)
    answered = observe("flow_payload", {"payload.prefix": "53"}, flow, direction=Direction.RESPONDER)
    assert make_enricher().enrich(answered).fields == {
        "payload.prefix": "53",
        "ip.dst": "198.51.100.7",
        "tcp.dst_port": 40001,
    }


def test_a_protocol_without_ports_has_only_an_address() -> None:
    seen = make_enricher().enrich(observe("flow_start", flow=link_flow(protocol=1)))
    assert seen.fields == {"ip.dst": "198.51.100.7"}


def test_devices_in_a_tunnel_of_ip_are_not_the_end_of_the_tunnel() -> None:
    """All of a cell's devices come in frames of one base station."""
    enricher = make_enricher()
    flows = [link_flow(orig_ip=f"10.45.0.{number}", tunnel=Tunnel.GTPU) for number in (2, 3)]
    devices = [_contact(enricher.enrich(observe("flow_start", flow=flow))).device for flow in flows]
    assert [("10.45.0.2", None), ("10.45.0.3", None)] == [(device.name, device.mac) for device in devices]


def test_devices_in_a_tunnel_of_ethernet_have_their_own_mac_address() -> None:
    flow = link_flow(tunnel=Tunnel.VXLAN)
    assert _contact(make_enricher().enrich(observe("flow_start", flow=flow))).device.mac == MAC_TEXT


def test_multicast_is_internal() -> None:
    seen = make_enricher().enrich(observe("ssdp", flow=link_flow(resp_ip="239.255.255.250")))
    assert ("239.255.255.250", True) == (_contact(seen).remote.ip, _contact(seen).internal)


def test_without_a_home_end_the_originator_is_the_device_and_it_is_counted() -> None:
    enricher = make_enricher()
    flow = link_flow(orig_ip="198.51.100.1", resp_ip="203.0.113.1")
    seen = enricher.enrich(observe("flow_start", flow=flow))
    assert ("198.51.100.1", False) == (_contact(seen).device.ip, _contact(seen).internal)
    assert _contact(seen).device.name == MAC_TEXT
    assert enricher.tally["no_home_end"] == 1


@pytest.mark.parametrize(("kind", "field"), sorted(NAME_FIELDS.items()))
def test_an_observation_shows_its_remotes_name(kind: str, field: str) -> None:
    seen = make_enricher().enrich(observe(kind, {field: "fota.example.org"}))
    assert seen.remote_name == "fota.example.org"


def test_name_fields_are_of_the_model() -> None:
    assert all(field in OBSERVATIONS[kind] and field in FIELDS for kind, field in NAME_FIELDS.items())


@pytest.mark.parametrize("host", ["192.0.2.1", "[2001:db8::1]", "2001:db8::1", ""])
def test_an_address_is_no_name(host: str) -> None:
    assert make_enricher().enrich(observe("http_request", {"http.host": host})).remote_name is None


def test_the_public_name_of_an_encrypted_hello_is_never_the_remotes() -> None:
    assert (
        make_enricher().enrich(observe("tls_client_hello", {"tls.outer_sni": "ech.example"})).remote_name
        is None
    )


def test_the_name_in_a_session_from_outside_is_the_devices_own() -> None:
    flow = link_flow(orig_ip="198.51.100.7", resp_ip="10.0.0.7", orig_mac=ROUTER_MAC)
    seen = make_enricher().enrich(observe("http_request", {"http.host": "camera.example.org"}, flow))
    assert seen.remote_name is None


def test_a_flow_keeps_the_name_that_it_showed() -> None:
    enricher = make_enricher()
    enricher.enrich(observe("tls_client_hello", {"tls.sni": "fota.example.org"}))
    later = [
        enricher.enrich(observe(kind)).remote_name for kind in ("tls_server_hello", "flow_end", "flow_end")
    ]
    assert ["fota.example.org", "fota.example.org", None] == later


def test_dns_memory_names_the_remote() -> None:
    enricher = make_enricher()
    assert enricher.enrich(_answer("fota.example.org", "198.51.100.7")).remote_name is None
    assert enricher.enrich(observe("flow_start", at_s=1)).remote_name == "fota.example.org"
    assert enricher.enrich(observe("flow_start", flow=link_flow(orig_ip="10.0.0.8"))).remote_name is None


def test_the_given_memory_is_used_though_it_is_empty() -> None:
    names = DnsMemory()
    Enricher(HomeNetworks(), GeoIp.load([]), DeviceBook(), names).enrich(
        _answer("a.example.org", "198.51.100.7")
    )
    assert len(names) == 1


def test_a_name_is_forgotten_in_event_time() -> None:
    enricher = make_enricher()
    enricher.enrich(_answer("fota.example.org", "198.51.100.7"))
    assert enricher.enrich(observe("flow_start", at_s=3660)).remote_name == "fota.example.org"
    assert enricher.enrich(observe("flow_start", at_s=3661)).remote_name is None


def test_the_name_in_the_hello_is_better_than_the_one_in_memory() -> None:
    enricher = make_enricher()
    enricher.enrich(_answer("dns.example.org", "198.51.100.7"))
    seen = enricher.enrich(observe("tls_client_hello", {"tls.sni": "sni.example.org"}))
    assert seen.remote_name == "sni.example.org"


@pytest.mark.parametrize(
    "answer",
    [
        _answer("x.example.org", "198.51.100.7", transport="mdns"),
        _answer("x.example.org", "198.51.100.7", transport="llmnr"),
        _answer("x.example.org", "198.51.100.7", direction=Direction.ORIGINATOR),
    ],
)
def test_other_answers_teach_nothing(answer: Observation) -> None:
    enricher = make_enricher()
    enricher.enrich(answer)
    assert enricher.enrich(observe("flow_start")).remote_name is None


def test_a_question_does_not_name_the_resolver() -> None:
    enricher = make_enricher()
    enricher.enrich(_answer("dns.example.org", "198.51.100.7"))
    seen = enricher.enrich(observe("dns_query", {"dns.query": "a.example.org"}))
    assert seen.remote_name is None


def test_a_time_server_has_the_name_under_which_it_was_found() -> None:
    enricher = make_enricher()
    enricher.enrich(_answer("ntp.example.org", "198.51.100.7"))
    given = observe("ntp", {"ntp.mode": 3}, link_flow(id=2, resp_port=123, protocol=17))
    assert enricher.enrich(given).fields == {"ntp.mode": 3, "ntp.server": "ntp.example.org"}
    assert given.fields == {"ntp.mode": 3}


def test_dhcp_tells_who_has_an_address() -> None:
    enricher = make_enricher(aliases=[Alias(name="meter-17", hostname="meter")])
    before = _contact(enricher.enrich(observe("flow_start", flow=link_flow(orig_mac=0))))
    discover = link_flow(
        id=3, orig_ip=NO_ADDRESS, orig_port=68, resp_ip="255.255.255.255", resp_port=67, protocol=17
    )
    request = {"dhcp.message_type": "request", "dhcp.client_mac": MAC_TEXT, "dhcp.hostname": "meter"}
    asked = _contact(enricher.enrich(observe("dhcp", {**request, "dhcp.address": "10.0.0.7"}, discover)))
    between = _contact(enricher.enrich(observe("flow_start", flow=link_flow(orig_mac=0))))
    ack = {"dhcp.message_type": "ack", "dhcp.client_mac": MAC_TEXT, "dhcp.address": "10.0.0.7"}
    enricher.enrich(observe("dhcp", {**ack}, discover, direction=Direction.RESPONDER))
    after = _contact(enricher.enrich(observe("flow_start", flow=link_flow(orig_mac=0))))
    assert ["10.0.0.7", "meter-17", "10.0.0.7", "meter-17"] == [
        contact.device.name for contact in (before, asked, between, after)
    ]
    assert (MAC_TEXT, "meter") == (after.device.mac, after.device.hostname)


def test_an_lwm2m_registration_tells_who_a_device_is() -> None:
    enricher = make_enricher(aliases=[Alias(name="meter-17", imei="490154203237518")])
    seen = enricher.enrich(observe("coap_request", {"lwm2m.endpoint": "urn:imei:490154203237518"}))
    assert _contact(seen).device.name == "meter-17"
    flow = link_flow(orig_ip="198.51.100.7", resp_ip="10.0.0.8", orig_mac=ROUTER_MAC)
    answer = observe(
        "coap_request", {"lwm2m.endpoint": "490154203237518"}, flow, direction=Direction.RESPONDER
    )
    assert _contact(enricher.enrich(answer)).device.name == "meter-17"


def test_the_next_hop_to_the_outside_is_a_router_and_no_device() -> None:
    enricher = make_enricher()
    enricher.enrich(observe("flow_start"))
    behind = link_flow(orig_ip="10.0.9.9", orig_mac=ROUTER_MAC, resp_ip=RESOLVER)
    assert _contact(enricher.enrich(observe("flow_start", flow=behind))).device.name == "10.0.9.9"


def test_a_global_ipv6_address_of_a_device_makes_it_no_router() -> None:
    enricher = make_enricher()
    enricher.enrich(
        observe("flow_start", flow=link_flow(orig_ip="2001:db8::7", resp_ip="fe80::1", resp_mac=ROUTER_MAC))
    )
    assert _contact(enricher.enrich(observe("flow_start"))).device.name == MAC_TEXT


def test_contacts_are_bounded_and_made_again_when_needed() -> None:
    enricher = make_enricher()
    first = _contact(enricher.enrich(observe("flow_start")))
    for port in range(CONTACT_CAPACITY + 1):
        enricher.enrich(observe("flow_start", flow=link_flow(resp_port=port)))
    assert _contact(enricher.enrich(observe("flow_start"))) == first
    assert len(enricher._contacts) == CONTACT_CAPACITY


def test_the_tally_has_closed_keys() -> None:
    assert set(make_enricher().tally.counts) == {
        "no_home_end",
        "geoip_unreadable",
        "evicted_devices",
        "evicted_stations",
        "evicted_names",
        "evicted_flow_names",
    }


def test_every_type_of_observation_is_enriched() -> None:
    enricher = make_enricher()
    for kind in OBSERVATIONS:
        assert (
            _contact(enricher.enrich(observe(kind, flow=link_flow(orig_mac=DEVICE_MAC)))).device.name
            == MAC_TEXT
        )


def test_what_was_learnt_outlives_a_restart() -> None:
    enricher = make_enricher()
    hello = observe("tls_client_hello", {"tls.sni": "shown.example.org"}, link_flow(id=3))
    for one in (_answer("fota.example.org", "192.0.2.1"), hello):
        enricher.enrich(one)
    fresh = make_enricher()
    fresh.restore(again(enricher.state()))
    late = observe("flow_start", flow=link_flow(id=4, resp_ip="192.0.2.1"), at_s=60)
    end = observe("flow_end", flow=link_flow(id=3), at_s=60)
    for one in (late, end):
        assert fresh.enrich(one) == enricher.enrich(one)
    assert fresh.enrich(late).remote_name == "fota.example.org"


def test_the_tally_goes_on_after_a_restart() -> None:
    enricher = make_enricher()
    enricher.enrich(observe("flow_start", flow=link_flow(orig_ip="203.0.113.1", resp_ip="203.0.113.2")))
    fresh = make_enricher()
    fresh.restore(again(enricher.state()))
    assert fresh.tally["no_home_end"] == 1


def test_a_state_of_another_shape_changes_nothing_of_the_enricher() -> None:
    enricher = make_enricher()
    for one in (_answer("fota.example.org", "192.0.2.1"), observe("flow_start", flow=link_flow())):
        enricher.enrich(one)
    before = enricher.state()
    for state in spoiled(again(before), Random(1), 200):
        try:
            enricher.restore(state)
        except ValueError:
            assert enricher.state() == before
        else:
            enricher.enrich(observe("flow_start", flow=link_flow()))
            enricher.restore(before)


def test_another_enricher_goes_on_with_what_was_learnt_and_sees_it_under_its_own_site() -> None:
    enricher = make_enricher()
    hello = observe("tls_client_hello", {"tls.sni": "shown.example.org"}, link_flow(id=3))
    for one in (_answer("fota.example.org", "192.0.2.1"), hello):
        enricher.enrich(one)
    known = enricher.state()
    fresh = make_enricher(aliases=[Alias(name="meter-17", mac=MAC_TEXT)])
    fresh.take_over(enricher)
    assert fresh.state() == known
    seen = fresh.enrich(observe("flow_start", flow=link_flow(id=4, resp_ip="192.0.2.1"), at_s=60))
    assert (seen.remote_name, _contact(seen).device.name) == ("fota.example.org", "meter-17")
    assert fresh.enrich(observe("flow_end", flow=link_flow(id=3))).remote_name == "shown.example.org"


def test_what_is_learnt_between_two_observations_of_one_flow_shows_in_the_second() -> None:
    enricher, flow = make_enricher(), link_flow()
    before = enricher.enrich(observe("flow_start", flow=flow))
    assert _contact(enricher.enrich(observe("http_request", flow=flow))) is _contact(before)
    enricher.devices.hostname(MAC_TEXT, "meter-7")
    assert _contact(enricher.enrich(observe("http_response", flow=flow))).device.hostname == "meter-7"


def test_a_contact_is_made_again_after_a_restart_in_the_middle_of_a_flow() -> None:
    enricher, flow = make_enricher(), link_flow()
    before = _contact(enricher.enrich(observe("flow_start", flow=flow)))
    enricher.restore(make_enricher().state())
    assert _contact(enricher.enrich(observe("flow_end", flow=flow))) is not before
    assert len(enricher.devices) == 1
