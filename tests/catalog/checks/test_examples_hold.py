from monitor.catalog.checks.examples_hold import CHECK, observation_type
from monitor.catalog.records import Example
from monitor.catalog.vocabulary import Expect
from tests.catalog._builders import file_text, signature_text
from tests.catalog.checks._subject import said, subject


def of(examples: str) -> list[str]:
    return said(CHECK, subject(file_text(signature_text(examples=examples))))


def test_examples_of_both_signs_are_tried() -> None:
    assert [] == said(CHECK, subject(file_text()))
    assert [
        "acme.fota: the example 'dns.query = x.example' does not match, against 'expect: match'",
        "acme.fota: the example 'dns.query = fota.acme.example' matches, against 'expect: no-match'",
    ] == of("[{ expect: match, dns.query: x.example }, { expect: no-match, dns.query: fota.acme.example }]")


def test_fields_that_never_meet_are_told() -> None:
    found = of(
        "[{ expect: match, dns.query: fota.acme.example, udp.dst_port: 53 }, { expect: no-match, dns.query: x.example }]"
    )
    assert ["acme.fota: no observation carries all of dns.query, udp.dst_port"] == found


def test_a_deprecated_signature_is_not_tried() -> None:
    text = signature_text("old", status="deprecated", replaced_by="acme.fota")
    assert [] == said(CHECK, subject(file_text(signature_text(), text)))


def test_the_type_of_an_example_is_the_first_that_carries_its_fields() -> None:
    example = Example(expect=Expect.MATCH, fields={"http.host": "a.example", "http.path": "/"})
    assert "http_request" == observation_type(example)
