from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.catalog.index import FieldIndex
from monitor.catalog.predicate import predicate
from monitor.catalog.records import Test
from monitor.catalog.vocabulary import Operator

Check = tuple[Operator, Any]

labels = st.sampled_from(["a", "b", "ab", "c"])
names = st.lists(labels, min_size=1, max_size=5).map(".".join)
domains = st.lists(labels, min_size=2, max_size=4).map(".".join)
texts = st.text(alphabet="ab/1", max_size=6)
addresses = st.integers(0, 15).map(lambda low: f"198.51.100.{low}") | st.integers(0, 15).map(
    lambda low: f"2001:db8::{low:x}"
)
NETWORKS = [
    "198.51.100.0/24",
    "198.51.100.8/29",
    "198.51.100.9/32",
    "2001:db8::/32",
    "2001:db8::8/125",
    "0.0.0.0/0",
]

name_tests = st.tuples(st.sampled_from([Operator.DOMAIN, Operator.EQUALS]), domains) | st.tuples(
    st.just(Operator.REGEX),
    st.sampled_from(["^a\\.b", "^[ab]*\\.a\\.b$", "^.*\\.c\\.ab$", "^a|\\.a\\.b$", "^a\\.b$"]),
)
text_tests = (
    st.tuples(st.just(Operator.PREFIX), texts.filter(bool))
    | st.tuples(st.just(Operator.EQUALS), texts)
    | st.tuples(
        st.just(Operator.REGEX),
        st.sampled_from(
            [
                "^a/[0-9]",
                "^[ab]+/",
                "^ab?",
                "^a|^b",
                "^ab(/|1)",
                "^[^1]*/b",
                "^.*a$",
                "(?i)^B/",
                "^abb/1",
                "^abba*",
            ]
        ),
    )
)
address_tests = st.tuples(st.just(Operator.CIDR), st.sampled_from(NETWORKS)) | st.tuples(
    st.just(Operator.EQUALS), addresses
)


def agree(field: str, checks: list[Check], value: Any) -> None:
    tests = [Test(field=field, operator=operator, value=wanted) for operator, wanted in checks]
    index = FieldIndex[int](field)
    for place, test in enumerate(tests):
        index.add(test, place)
    expected = [place for place, test in enumerate(tests) if predicate(test)(value)]
    assert expected == sorted(index.finder()(value))


@settings(max_examples=150, deadline=None)
@given(st.lists(name_tests, max_size=8), names)
def test_names_are_found_as_the_plain_meaning_says(checks: list[Check], value: str) -> None:
    agree("dns.query", checks, value)


@settings(max_examples=150, deadline=None)
@given(st.lists(text_tests, max_size=8), texts)
def test_text_is_found_as_the_plain_meaning_says(checks: list[Check], value: str) -> None:
    agree("mqtt.topic", checks, value)


@settings(max_examples=100, deadline=None)
@given(st.lists(address_tests, max_size=8), addresses)
def test_addresses_are_found_as_the_plain_meaning_says(checks: list[Check], value: str) -> None:
    agree("ip.dst", checks, value)


def test_lists_are_found_by_any_element() -> None:
    index = FieldIndex[str]("tls.certificate_names")
    index.add(Test(field="tls.certificate_names", operator=Operator.DOMAIN, value="acme.example"), "acme")
    find = index.finder()
    assert ["acme"] == find(["x.example", "*.acme.example"])
    assert [] == find([])


def test_a_name_beyond_all_names_is_not_walked() -> None:
    index = FieldIndex[str]("tls.sni")
    index.add(Test(field="tls.sni", operator=Operator.DOMAIN, value="acme.example"), "acme")
    assert [] == index.finder()("a." * 30_000 + "acme.example")


def test_one_of_files_each_value() -> None:
    index = FieldIndex[str]("udp.dst_port")
    index.add(Test(field="udp.dst_port", operator=Operator.ONE_OF, value=(5683, 5684)), "coap")
    find = index.finder()
    assert [["coap"], ["coap"], []] == [find(5683), find(5684), find(53)]


def test_only_the_first_characters_of_a_long_text_are_shown_to_an_expression() -> None:
    expressions: list[Check] = [(Operator.REGEX, "^.*ab$"), (Operator.REGEX, "^[ab]*1$")]
    for value in ("a" * 1022 + "ab" + "1", "b" * 1023 + "1" + "a", "a" * 1024 + "b"):
        agree("mqtt.topic", expressions, value)


def test_a_thousand_beginnings_of_all_lengths_are_told_apart() -> None:
    checks: list[Check] = [
        (Operator.PREFIX, "ab/1"[: 1 + place % 4] * (1 + place % 9)) for place in range(1000)
    ]
    for value in ("ab/1ab/1ab/", "ab/1x", "abab", "a", "", "aaaaaaaaaaaa", "x" * 50):
        agree("http.path", checks, value)
