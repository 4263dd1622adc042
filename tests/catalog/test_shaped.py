from typing import Any

from monitor.catalog.faults import Faults
from monitor.catalog.reader import read
from monitor.catalog.shape import Key, Kind
from monitor.catalog.shaped import Checker
from monitor.catalog.vocabulary import Status

SHAPE = {
    "name": Key(meaning="A name.", required=True),
    "code": Key(meaning="A code.", pattern="[A-Z]{2}", pattern_means="two capital letters"),
    "status": Key(meaning="A state.", kind=Kind.CHOICE, choices=Status),
    "words": Key(meaning="Words.", kind=Kind.TEXTS),
    "inner": Key(meaning="A block.", kind=Kind.BLOCK, shape={}),
    "many": Key(meaning="Blocks.", kind=Kind.BLOCKS, shape={}),
}


def check(text: str) -> tuple[dict[str, Any] | None, list[str]]:
    faults = Faults()
    values = Checker("a.yaml", faults).block(read(text, "a.yaml"), SHAPE, "the thing")
    return values, [str(error) for error in faults.errors]


def test_right_values_come_back_in_their_types() -> None:
    values, faults = check("name: a\nstatus: test\nwords: [x, y]\n")
    assert ({"name": "a", "status": Status.TEST, "words": ("x", "y")}, []) == (values, faults)


def test_folded_text_becomes_one_line() -> None:
    values, _ = check("name: |\n  one\n  two\n")
    assert {"name": "one two"} == values


def test_every_fault_has_its_line_and_says_what_to_do() -> None:
    values, faults = check("name: 7\ncode: no\nstatus: tets\nwords: []\ninner: x\nmany: [x]\nnmae: b\n")
    assert values is None
    assert [
        "a.yaml:1: 'name' must be text; write it in quotes: \"7\"",
        "a.yaml:2: 'code' must be two capital letters, not 'no'",
        "a.yaml:3: 'status' has no value 'tets'; did you mean 'test'?",
        "a.yaml:4: 'words' must be a list with at least one text",
        "a.yaml:5: 'inner' must be a mapping",
        "a.yaml:6: 'many' must be a list of mappings",
        "a.yaml:7: unknown field 'nmae'; did you mean 'name'?",
    ] == sorted(faults)


def test_a_missing_required_key_is_told_with_its_meaning() -> None:
    values, faults = check("code: NO\n")
    assert (None, ["a.yaml:1: the thing has no 'name' (A name.)"]) == (values, faults)
