import pytest

from tests.kit.cases import Expectation, is_part

SEEN = {"alert": [{"vendor": "acme", "count": 2}, {"vendor": "acme", "count": 3}], "flow": []}


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({}, {"a": 1}),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": None}, {}),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}),
        ({"a": ["x", "y"]}, {"a": ["x", "y"]}),
        ({"a": [{"b": 1}]}, {"a": [{"b": 0}, {"b": 1, "c": 2}]}),
    ],
)
def test_part_of_a_record_is_part_of_it(expected: object, actual: object) -> None:
    assert is_part(expected, actual)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({"a": 1}, {}),
        ({"a": 1}, {"a": "1"}),
        ({"a": {"b": 1}}, {"a": None}),
        ({"a": ["x"]}, {"a": ["x", "y"]}),
        ({"a": ["y", "x"]}, {"a": ["x", "y"]}),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}),
        ({"a": [{"b": 1}]}, {"a": []}),
    ],
)
def test_what_differs_is_no_part(expected: object, actual: object) -> None:
    assert not is_part(expected, actual)


@pytest.mark.parametrize(
    ("count", "fields", "holds"),
    [
        (None, {"vendor": "acme"}, True),
        (None, {"vendor": "other"}, False),
        (2, {"vendor": "acme"}, True),
        (1, {"vendor": "acme"}, False),
        (1, {"count": 3}, True),
        (0, {"vendor": "other"}, True),
        (0, {"vendor": "acme"}, False),
    ],
)
def test_an_expectation_counts_what_it_matches(
    count: int | None, fields: dict[str, object], *, holds: bool
) -> None:
    fault = Expectation(kind="alert", fields=fields, count=count).fault(SEEN)
    assert holds == (fault is None)


def test_a_fault_says_what_was_expected_and_found() -> None:
    fault = Expectation(kind="flow", fields={"proto": "udp"}).fault(SEEN)
    assert fault == "expected at least 1, found 0: flow {'proto': 'udp'}"
