"""Look-ups: what a resolver can act on."""

from monitor.catalog.dialects._names import LookUp, by_name, look_ups, parents
from monitor.catalog.dialects._translation import translate
from tests.catalog._builders import signature
from tests.catalog.dialects._chosen import JOINED, NAMES


def test_only_look_ups_are_said() -> None:
    done = translate([signature(NAMES)], look_ups)
    assert (LookUp("acme.example", below=True),) == done.stated[0].items


def test_an_expression_and_a_joined_clause_are_not_said() -> None:
    pattern = "any: [{ dns.query: { regex: '^a[0-9].example$', reason: x } }]"
    done = translate([signature(pattern), signature(JOINED)], look_ups)
    assert [] == done.stated
    assert 2 == len(done.lost)


def test_a_name_of_two_signatures_stands_once_with_both() -> None:
    one, other = signature(name="one"), signature(name="other")
    merged = by_name(translate([one, other], look_ups))
    assert {LookUp("fota.acme.example", below=True): [one, other]} == merged


def test_names_are_sorted_from_the_right() -> None:
    match = "any: [{ dns.query: { one_of: [b.z.example, a.z.example, z.example, a.example] } }]"
    merged = by_name(translate([signature(match)], look_ups))
    assert ["a.example", "z.example", "a.z.example", "b.z.example"] == [one.name for one in merged]


def test_parents_come_nearest_first() -> None:
    assert ["b.example", "example"] == parents("a.b.example")
