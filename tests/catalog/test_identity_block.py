import pytest

from tests.catalog._builders import HEAD, parsed, problems


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
