from monitor.alert._far_end import far_end
from tests.kit.facts import make_finding, make_observation, make_remote


def test_a_connection_speaks_of_its_other_end() -> None:
    observation = make_observation(remote_name="fota.acme.example")
    assert (make_remote(), "fota.acme.example") == far_end(make_finding(observation=observation))


def test_a_signature_in_a_look_up_speaks_of_the_name_and_not_of_the_resolver() -> None:
    observation = make_observation("dns_query", {"dns.query": "fota.acme.example"}, protocol=17)
    assert far_end(make_finding(observation=observation)) == (None, "fota.acme.example")


def test_a_look_up_without_a_signature_speaks_of_the_resolver() -> None:
    observation = make_observation("dns_query", {"dns.query": "a.example"}, protocol=17)
    assert make_remote() == far_end(make_finding(observation=observation, signature=None)).remote


def test_an_observation_nobody_enriched_has_no_far_end() -> None:
    observation = make_observation()._replace(contact=None)
    assert far_end(make_finding(observation=observation)) == (None, None)
