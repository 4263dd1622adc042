from monitor.detect._matching import MAX_SAW, Sights, new_traffic, signatures_of, traffic
from monitor.model.observation import Observation
from tests.kit.acme import acme_catalog
from tests.kit.facts import make_contact, make_observation, make_remote, make_totals


def ids(observation: Observation) -> list[str]:
    return [one.id for one in signatures_of(acme_catalog(), observation)]


def test_a_name_that_is_shown_matches() -> None:
    assert ids(make_observation("tls_client_hello", {"tls.sni": "eu.fota.acme.example"})) == [
        "acme.fota-check"
    ]


def test_a_neighbour_of_the_device_is_nobody_to_match() -> None:
    inside = make_contact(internal=True)
    assert ids(make_observation("tls_client_hello", {"tls.sni": "fota.acme.example"}, contact=inside)) == []


def test_a_look_up_at_a_local_resolver_matches() -> None:
    inside = make_contact(internal=True)
    assert ids(make_observation("dns_query", {"dns.query": "fota.acme.example"}, contact=inside)) == [
        "acme.fota-check"
    ]


def test_an_observation_that_nobody_enriched_matches_nothing() -> None:
    observation = make_observation("tls_client_hello", {"tls.sni": "fota.acme.example"})
    assert ids(observation._replace(contact=None)) == []


def test_a_flow_matches_by_address_and_by_the_name_it_was_looked_up_under() -> None:
    flow = make_observation(
        "flow_start",
        {"ip.dst": "198.51.100.7", "udp.dst_port": 9000},
        protocol=17,
        remote_name="fota.acme.example",
    )
    assert ids(flow) == ["acme.beacon", "acme.fota-check"]
    assert ids(flow._replace(remote_name=None)) == ["acme.beacon"]
    assert ids(flow._replace(fields={})) == ["acme.fota-check"]


def test_only_a_flow_start_is_matched_by_an_earlier_look_up() -> None:
    hello = make_observation("tls_client_hello", {"tls.sni": "a.example"}, remote_name="fota.acme.example")
    assert ids(hello) == []


def test_the_whole_domain_of_a_vendor_is_left_out_where_a_service_says_more() -> None:
    assert ids(make_observation("tls_client_hello", {"tls.sni": "cloud.acme.example"})) == ["acme.cloud"]
    assert ids(make_observation("tls_client_hello", {"tls.sni": "www.acme.example"})) == ["acme.web"]


def test_the_strongest_signature_of_a_vendor_and_purpose_speaks_for_the_others() -> None:
    assert ids(make_observation("tls_client_hello", {"tls.sni": "eu.cloud.acme.example"})) == ["acme.cloud"]
    assert ids(make_observation("tls_client_hello", {"tls.sni": "iot.acme.example"})) == ["acme.cloud-other"]


def test_the_test_that_held_is_told() -> None:
    hello = make_observation("tls_client_hello", {"tls.sni": "fota.acme.example"})
    (signature,) = signatures_of(acme_catalog(), hello)
    assert Sights().of(signature, hello) == ("tls.sni = fota.acme.example", False)


def test_a_remote_known_by_name_only_is_told_so() -> None:
    flow = make_observation("flow_start", {"ip.dst": "198.51.100.7"}, remote_name="fota.acme.example")
    (signature,) = signatures_of(acme_catalog(), flow)
    assert Sights().of(signature, flow) == ("ip.dst = 198.51.100.7 (looked up as fota.acme.example)", True)


def test_what_was_seen_is_cut() -> None:
    long = make_observation("mqtt_connect", {"mqtt.client_id": "AC100-" + "x" * 10_000})
    (signature,) = signatures_of(acme_catalog(), long)
    assert len(Sights().of(signature, long).saw) == MAX_SAW


def test_bytes_are_told_from_the_side_of_the_device() -> None:
    end = make_observation("flow_end", totals=make_totals(10, 20))
    inward = make_contact(remote=make_remote(), out=False)
    assert traffic(end) == (10, 20)
    assert traffic(end._replace(contact=inward)) == (20, 10)
    told = end._replace(totals=make_totals(10, 20)._replace(told_orig_bytes=4, told_resp_bytes=5))
    assert new_traffic(told) == (6, 15)
    assert new_traffic(told._replace(contact=inward)) == (15, 6)
