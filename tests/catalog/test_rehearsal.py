from monitor.catalog.catalog import Catalog
from monitor.catalog.records import Example
from monitor.catalog.rehearsal import example_capture, examples_film
from monitor.catalog.vocabulary import Expect
from monitor.model.observation import Value


def said(fields: dict[str, Value]) -> bytes | None:
    return example_capture(Example(expect=Expect.MATCH, fields=fields))


def test_every_shipped_example_can_be_said_in_packets() -> None:
    signatures = Catalog.load().signatures
    mute = [
        (signature.id, dict(example.fields))
        for signature in signatures
        for example in signature.examples
        if example_capture(example) is None
    ]
    assert [] == mute


def test_what_no_protocol_can_say_is_none_and_never_half_said() -> None:
    assert said({"tls.ja4": "t13d1516h2_8daaf6152771_b186095e22b6"}) is None
    assert said({"dns.query": "a.example", "tls.sni": "a.example"}) is None
    assert said({"dns.query": "a.example"}) is not None


def test_a_film_has_a_scene_for_each_example_and_an_empty_one_for_what_cannot_be_said() -> None:
    asked = Example(expect=Expect.MATCH, fields={"dns.query": "a.example"})
    mute = Example(expect=Expect.MATCH, fields={"tls.ja3": "00"})
    assert (1, 3, 3) == examples_film([asked, mute, asked]).first_frames
