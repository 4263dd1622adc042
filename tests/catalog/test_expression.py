import re

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.catalog.expression import Expressions, first_looks, fixed_end, fixed_start

PATTERNS = ["^[^b]*/a", "^.*b$", "^a|^.*b", "(?i)^B", "^[ab]{2}1$", "^[ab]+/"]


def test_the_fixed_beginning_of_an_expression_is_what_every_match_has() -> None:
    patterns = [
        "^q/1/qd[A-Z]+$",
        "^abc?d",
        "^ab*",
        "^a|b",
        "^a(b|c)",
        r"^dev\.x",
        "(?i)^abc",
        "^[ab]c",
        "^ab{2}",
    ]
    expected = ["q/1/qd", "ab", "a", "", "a", "dev.x", "", "", "a"]
    assert expected == [fixed_start(pattern) for pattern in patterns]


def test_the_fixed_end_of_an_expression_is_whole_labels_that_every_match_has() -> None:
    patterns = [
        r"^vtm[a-z0-9]*\.acme\.example$",
        r"^h\.mcc[0-9]{3}\.pub\.acme\.example$",
        r"^a\.acme\.example",
        r"^[a-z]*acme\.example$",
        r"^(a|b\.c)\.acme\.example$",
        r"^a|b\.acme\.example$",
        r"(?i)^a\.acme\.example$",
        r"^a\.acme?\.example$",
        r"^a\.example$",
    ]
    expected = ["acme.example", "pub.acme.example", "", "", "acme.example", "", "", "", ""]
    assert expected == [fixed_end(pattern) for pattern in patterns]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PATTERNS), min_size=1, unique=True), st.text(alphabet="abB/1", max_size=8))
def test_no_first_look_overlooks_a_match(patterns: list[str], text: str) -> None:
    seen = any(look(text) for look in first_looks(patterns))
    assert seen or not any(re.match(pattern, text) for pattern in patterns)


def test_a_first_look_seldom_sees_what_is_not_there() -> None:
    looks = first_looks(["^[^?]*/fota_[0-9]+", "^[0-9]+/state"])
    assert [False, True, True] == [
        any(look(text) for look in looks) for text in ("/a/b?c=fota_1", "/a/fota_1", "17/state")
    ]


def test_every_expression_that_matches_gives_its_entry() -> None:
    expressions = Expressions([("^a", 1), ("^.*b", 2), ("^c", 3)])
    assert [1, 2] == expressions.tried("ab")
    assert not Expressions()
    assert [("a", [("^a", 1)]), ("c", [("^c", 3)])] == list(expressions.by_start())
    assert [2] == expressions.without_start().tried("ab")
