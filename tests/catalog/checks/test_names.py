from monitor.catalog.checks import _names
from tests.catalog._builders import signature


def test_a_name_and_its_parents_are_its_suffixes() -> None:
    assert ["a.b.example", "b.example", "example"] == list(_names.suffixes("a.b.example"))


def test_only_host_names_of_a_signature_are_yielded() -> None:
    one = signature(
        "any: [{ dns.query: { one_of: [a.example, b.example] } }, { udp.dst_port: { equals: 53 } }]"
    )
    assert ["a.example", "b.example"] == [name for _, name in _names.names(one)]
    assert [("a.example", "b.example"), ("53",)] == [_names.values(test) for test in one.match.tests]


def test_an_issue_stands_at_the_line_of_its_test() -> None:
    one = signature()
    assert one.location == _names.error(one, "x").location
    place = _names.warning(one, "x", one.match.tests[0]).location
    assert place is not None
    assert one.match.tests[0].line == place.line
