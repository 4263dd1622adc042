import pytest

from tests.catalog._builders import file_text, parsed, problems, signature_text


@pytest.mark.parametrize(
    ("match", "problem"),
    [
        ("some: [{ dns.query: { domain: a.example } }]", "either 'any' or 'all'"),
        (
            "any: [{ dns.query: { domain: a.example } }], all: [{ dns.query: { domain: a.example } }]",
            "either",
        ),
        ("any: []", "'any' must be a list of tests"),
        ("any: [dns.query]", "one field with one operator"),
        ("any: [{ dns.query: a.example }]", "followed by one operator"),
        (
            "any: [{ dns.query: { domian: a.example } }]",
            "unknown operator 'domian'; 'dns.query' takes: domain, equals, one_of, regex; did you mean 'domain'?",
        ),
        (
            "any: [{ ip.dst: { is: 192.0.2.1 } }]",
            "unknown operator 'is'; 'ip.dst' takes: cidr, equals, one_of",
        ),
        ("any: [{ dns.query: { domain: a.example, equals: b.example } }]", "exactly one operator"),
        ("any: [{ dns.query: { domain: A.example } }]", "lower case"),
        ("any: [{ mqtt.topic: { regex: ^a } }]", "must say in 'reason'"),
        ("any: [{ mqtt.topic: { equals: a, reason: b } }]", "only a 'regex' may"),
    ],
)
def test_a_wrong_test_is_told(match: str, problem: str) -> None:
    found = problems(file_text(signature_text(match=match)))
    assert any(problem in one for one in found), found


@pytest.mark.parametrize(
    ("examples", "problem"),
    [
        ("[{ expect: match, dns.query: fota.acme.example }]", "no example with 'expect: no-match'"),
        ("[{ expect: no-match, dns.query: x.example }]", "no example with 'expect: match'"),
        ("[{ expect: maybe, dns.query: x.example }]", "begins with 'expect: match'"),
        ("[{ expect: match }]", "at least one observation field"),
        ("[{ expect: match, dns.querry: x.example }]", "did you mean 'dns.query'?"),
        ("[{ expect: match, udp.dst_port: many }]", "whole number"),
        ("[match]", "must be a list of mappings"),
    ],
)
def test_a_wrong_example_is_told(examples: str, problem: str) -> None:
    found = problems(file_text(signature_text(examples=examples)))
    assert any(problem in one for one in found), found


def test_an_example_shows_fields_as_a_parser_would() -> None:
    examples = """
      - { expect: match, dns.query: FOTA.Acme.Example, tls.alpn: [h2], payload.prefix: "41 43" }
      - { expect: no-match, dns.query: x.example, udp.dst_port: 53 }"""
    fields = parsed(file_text(signature_text(examples=examples))).signatures[0].examples[0].fields
    assert {"dns.query": "fota.acme.example", "tls.alpn": ["h2"], "payload.prefix": "4143"} == fields
