import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.export._plain import MAX_PLAIN, clock, count_of, day, duration, number, plain, size, tail
from monitor.model.instant import SECOND_NS
from tests.kit.facts import T0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fota.acme.example", "fota.acme.example"),
        ("[red]x[/red]", "[red]x[/red]"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("moc.\u202elive", "moc.\\u202elive"),
        ("a\u200bb\ufeff", "a\\u200bb\\ufeff"),
        ("a\ud800b", "a\\ud800b"),
        ("Société Générale", "Société Générale"),
        ("e\u0301", "é"),
        ("z\u0335\u0336", "z\\u0335\\u0336"),
        ("电信", "电信"),
    ],
)
def test_text_is_made_safe(text: str, expected: str) -> None:
    assert plain(text) == expected


def test_long_text_is_cut_with_a_sign() -> None:
    assert plain("abcdef", 4) == "abc…"
    assert len(plain("x" * 100_000)) == MAX_PLAIN


def test_a_tail_keeps_the_end_of_a_name() -> None:
    assert tail("very.long.name.acme.example", 13) == "…acme.example"
    assert tail("acme.example", 13) == "acme.example"


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(), max_size=30), st.integers(1, 40))
def test_no_text_moves_the_cursor_or_reorders(text: str, limit: int) -> None:
    shown = plain(text, limit)
    assert len(shown) <= limit
    assert not [
        one for one in shown if unicodedata.category(one) in {"Cc", "Cf", "Cs", "Zl", "Zp", "Mn", "Me"}
    ]


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1 << 20, "1.0 MiB"),
        (1023 << 10, "1.0 MiB"),
        (1 << 62, "4096.0 PiB"),
    ],
)
def test_sizes_are_for_people(count: int, expected: str) -> None:
    assert size(count) == expected


def test_numbers_are_for_people() -> None:
    assert (number(1234567), count_of(1, "flow"), count_of(2, "flow")) == ("1 234 567", "1 flow", "2 flows")
    assert count_of(2, "country", "countries") == "2 countries"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-5, "0.0 s"), (1.5, "1.5 s"), (61, "1 min 1 s"), (3700, "1 h 1 min"), (90_000, "1 d 1 h")],
)
def test_time_spans_are_for_people(seconds: float, expected: str) -> None:
    assert duration(round(seconds * SECOND_NS)) == expected


def test_instants_are_utc() -> None:
    assert (day(T0), clock(T0)) == ("2027-01-15", "08:00:00")
