import pytest

from monitor.detect._words import MAX_VALUE, did, sentence, sureness, words
from monitor.model.finding import Confidence
from monitor.model.observation import OBSERVATIONS, Value
from tests.kit.acme import acme_catalog
from tests.kit.facts import make_contact, make_observation


def test_words_say_what_it_means_how_sure_and_what_else_it_may_be() -> None:
    signature = acme_catalog().signature("acme.fota-check")
    assert signature is not None
    said = words(acme_catalog(), signature)
    assert said.title == "Acme Wireless: Firmware update poll"
    assert said.meaning.startswith(
        "The module asks its vendor for new firmware. Confidence high: the maker's"
    )
    assert said.meaning.endswith("It may be harmless: The host application may ask on purpose.")
    assert said.details == {
        "vendor_name": "Acme Wireless",
        "vendor_country": "NO",
        "signature_status": "test",
    }


def test_every_confidence_has_a_sentence() -> None:
    assert [sureness(one).partition(":")[0] for one in Confidence] == [
        f"Confidence {one.value}" for one in Confidence
    ]


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        ("dns_query", {"dns.query": "a.example"}, "asked DNS for a.example"),
        ("tls_client_hello", {}, "opened an encrypted connection to 198.51.100.7 port 443"),
        ("http_request", {"http.host": "a.example", "http.path": "/x"}, "requested a.example/x"),
        ("http_request", {"http.host": "a.example"}, "requested a.example"),
        ("mqtt_publish", {"mqtt.topic": "up/{x}"}, "published to the MQTT topic up/{x}"),
        ("flow_start", {}, "contacted 198.51.100.7 port 443"),
    ],
)
def test_what_a_device_did_is_told_by_type(kind: str, fields: dict[str, Value], expected: str) -> None:
    assert did(make_observation(kind, fields)) == expected


def test_a_remote_that_came_in_is_told_so() -> None:
    observation = make_observation("flow_start", contact=make_contact(out=False), remote_name="a.example")
    assert did(observation) == "was contacted by a.example (198.51.100.7)"


@pytest.mark.parametrize("kind", OBSERVATIONS)
def test_every_type_without_any_field_has_words(kind: str) -> None:
    assert did(make_observation(kind))
    assert did(make_observation(kind)._replace(contact=None))


def test_a_long_value_is_cut() -> None:
    observation = make_observation("mqtt_publish", {"mqtt.topic": "x" * 10_000})
    assert len(did(observation)) < MAX_VALUE + 100


def test_text_over_several_lines_becomes_one_sentence() -> None:
    assert sentence("It asks\n  for more...\n") == "It asks for more."
