import pytest

from monitor.catalog.vocabulary import Expect, Joint, Operator
from monitor.model.finding import Confidence, Purpose
from tests.catalog._builders import HEAD, file_text, parsed, problems, signature_text


def test_a_right_file_becomes_records() -> None:
    file = parsed(file_text())
    one = file.signatures[0]
    assert ("acme", "NO", "Acme Wireless") == (file.vendor.id, file.vendor.country, file.vendor.name)
    assert ("acme.fota", Purpose.FIRMWARE_UPDATE, Confidence.HIGH) == (one.id, one.purpose, one.confidence)
    assert (Joint.ANY, "dns.query", Operator.DOMAIN) == (
        one.match.joint,
        one.match.tests[0].field,
        one.match.tests[0].operator,
    )
    assert [Expect.MATCH, Expect.NO_MATCH] == [example.expect for example in one.examples]
    assert ("manual",) == tuple(source.id for source in one.sources)
    assert "acme.yaml:12" == str(one.location)


def test_all_faults_of_a_file_come_at_once_with_line_and_hint() -> None:
    text = file_text(
        signature_text(confidence="", confidense="high", purpose="firmware", sources="[manuel]"),
        signature_text("two", match="any: [{ dns.qery: { domain: a.example } }]"),
    )
    expected = [
        "acme.yaml:25: unknown field 'confidense'; did you mean 'confidence'?",
        "acme.yaml:14: 'purpose' has no value 'firmware'; did you mean 'firmware-update'?",
        "acme.yaml:12: the signature has no 'confidence'",
        "acme.yaml:33: unknown observation field 'dns.qery'; did you mean 'dns.query'?",
    ]
    found = problems(text)
    for problem in expected:
        assert any(problem in one for one in found), (problem, found)


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
        ("any: [{ dns.query: { domian: a.example } }]", "unknown operator 'domian'; did you mean 'domain'?"),
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


def test_ids_follow_the_file() -> None:
    found = problems(file_text(signature_text(id="other.fota")), stem="wrong")
    assert any("must be the file's name 'wrong'" in one for one in found)
    assert any("must begin with 'acme.'" in one for one in found)


def test_a_source_that_is_not_there_is_told() -> None:
    assert ["source 'manuel' is not in this file; did you mean 'manual'?"] == [
        one.partition(": ")[2] for one in problems(file_text(signature_text(sources="[manuel]")))
    ]


def test_identity_facts_become_records() -> None:
    identity = """\
identity:
  mac_prefixes: ["00:9B:08", "60:D7:E3:9", "70:B3:D5:49:9"]
  tacs: [{ tac: "86307101", model: M95 }]
  dhcp_names: [acme-module]
  model_patterns: ['\\bAC[0-9]{3}\\b']
  endpoint_formats:
    - { field: lwm2m.endpoint, pattern: "^urn:acme:", meaning: urn and serial, sources: [manual] }
  sources: [manual]
"""
    found = parsed(HEAD + identity).vendor.identity
    assert [24, 28, 36] == [prefix.bits for prefix in found.mac_prefixes]
    assert 0x009B08 == found.mac_prefixes[0].value
    assert ("86307101", "acme") == (found.tacs[0].tac, found.tacs[0].vendor_id)
    assert ("acme-module",) == found.dhcp_names
    assert "lwm2m.endpoint" == found.endpoint_formats[0].field


@pytest.mark.parametrize(
    ("identity", "problem"),
    [
        ("{ dhcp_names: [a] }", "the identity has no 'sources'"),
        ("{ sources: [manual], mac_prefixes: [009b08] }", "capital hex digits"),
        ("{ sources: [manual], tacs: [{ tac: 86307101, model: M95 }] }", "in quotes"),
        ('{ sources: [manual], model_patterns: ["[a"] }', "no regular expression"),
        (
            "{ sources: [manual], endpoint_formats: [{ field: x, pattern: a, meaning: b, sources: [manual] }] }",
            "must be anchored",
        ),
    ],
)
def test_a_wrong_identity_is_told(identity: str, problem: str) -> None:
    found = problems(HEAD + f"identity: {identity}\n")
    assert any(problem in one for one in found), found


def test_a_source_id_stands_once() -> None:
    twice = HEAD + "  - { id: manual, kind: report, title: Again }\n"
    assert any("stands twice" in one for one in problems(twice))
