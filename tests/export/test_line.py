import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.export._line import line
from monitor.export._plain import plain

texts = st.text(st.characters(), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
)


def test_a_record_is_one_line_of_json() -> None:
    assert line({"saw": "a\nb", "count": 1, "none": None}) == b'{"saw":"a\\nb","count":1,"none":null}\n'


def test_lone_surrogates_are_escaped_as_on_the_screen() -> None:
    told = json.loads(line({"saw": "a\udc80b", "list": ["\ud800"]}))
    assert told == {"saw": r"a\udc80b", "list": [r"\ud800"]}
    assert told["saw"] == plain("a\udc80b")


def test_numbers_beyond_64_bits_are_text() -> None:
    assert json.loads(line({"number": 1 << 64, "small": -5})) == {"number": str(1 << 64), "small": -5}


def test_nesting_is_bounded() -> None:
    deep: Any = "\ud800"
    for _ in range(50):
        deep = [deep]
    assert line({"deep": deep}).count(b"[") < 10


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(texts, values, max_size=4))
def test_any_record_is_exactly_one_line_that_python_reads(record: dict[str, Any]) -> None:
    told = line(record)
    assert told.count(b"\n") == 1
    assert isinstance(json.loads(told), dict)
