import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.catalog.reader import MAX_DEPTH, read
from monitor.model.errors import SignatureError


def test_a_country_stays_text_and_so_do_days_times_octals_and_floats() -> None:
    block = read(
        "country: NO\nday: 2026-11-22\nclock: 22:30\noctal: 010\nversion: 1.0\nnothing: null\n", "a.yaml"
    )
    expected = {
        "country": "NO",
        "day": "2026-11-22",
        "clock": "22:30",
        "octal": "010",
        "version": "1.0",
        "nothing": "null",
    }
    assert expected == block


def test_only_true_false_and_decimal_integers_are_converted() -> None:
    block = read('yes: true\nno: false\nport: 5683\nminus: -7\nquoted: "5683"\nzero: 0\n', "a.yaml")
    assert {"yes": True, "no": False, "port": 5683, "minus": -7, "quoted": "5683", "zero": 0} == block


def test_every_key_and_element_knows_its_line() -> None:
    block = read("first: 1\nlist:\n  - a\n  - b\nlast: { deep: 2 }\n", "a.yaml")
    assert (1, 2, 5) == (block.line_of("first"), block.line_of("list"), block.line_of("last"))
    assert [3, 4] == block["list"].lines
    assert 5 == block["last"].line_of("deep")


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "duplicate key 'a' (first on line 1)"),
        ("a: &x [1]\nb: *x\n", 1, "anchors and aliases"),
        ("a: 1\nb: *x\n", 2, "anchors and aliases"),
        ("a: !!python/object:os.system x\n", 1, "tags are not allowed"),
        ("a: 1\n---\nb: 2\n", 2, "one document per file"),
        ("? [a]\n: 1\n", 1, "a key must be plain text"),
        ("a: [1\nb: 2\n", 2, "not YAML"),
        ("- a\n", None, "must hold one mapping"),
        ("", None, "must hold one mapping"),
        ("a: \x00\n", None, "not YAML"),
        ("a:\n\t- b\n", 2, "not YAML: a tab; indent with spaces"),
        ("a: b\n\tc: d\n", 2, "not YAML: a tab; indent with spaces"),
        ("ä: ö\na: >-\n\tfoo\n", 3, "not YAML: a tab; indent with spaces"),
        ("ä: ö\na: @x\n", 2, "not YAML: a text cannot begin with '@'; write it in quotes"),
        ("title: My: thing\n", 1, "not allowed in this context; quote text that holds ': '"),
    ],
)
def test_what_yaml_allows_and_we_do_not_is_refused_with_its_place(
    text: str, line: int | None, problem: str
) -> None:
    with pytest.raises(SignatureError, match=r"a\.yaml") as caught:
        read(text, "a.yaml")
    assert problem in caught.value.problem
    assert caught.value.location is not None
    assert line == caught.value.location.line


def test_a_fault_is_told_in_one_line() -> None:
    with pytest.raises(SignatureError) as caught:
        read("a: \x00\n", "a.yaml")
    assert "\n" not in str(caught.value)


def test_deep_nesting_is_refused_before_it_hurts() -> None:
    with pytest.raises(SignatureError, match=f"deeper than {MAX_DEPTH}"):
        read("a: " + "[" * 5000 + "]" * 5000, "a.yaml")


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab:-[]{},&*!|>'\"#%@?\\ \n\t0", max_size=60))
def test_any_text_is_read_or_refused_as_a_fault_of_its_author(text: str) -> None:
    with contextlib.suppress(SignatureError):
        read(text, "a.yaml")
