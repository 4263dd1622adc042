import pytest

from monitor.cli.words import MAX_SAFE, safe, safe_lines, some_of


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain [red]text[/]", "plain [red]text[/]"),
        ("\x1b[2J", "\\x1b[2J"),
        ("abc\u202edef", "abc\\u202edef"),
        ("two\nlines\ttab", "two\\nlines\\ttab"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("lone \ud800 half", "lone \\ud800 half"),
        ("Zürich 北京", "Zürich 北京"),
    ],
)
def test_what_moves_the_cursor_or_hides_is_escaped(text: str, shown: str) -> None:
    assert shown == safe(text)


def test_long_text_is_cut() -> None:
    assert len(safe("x" * 10 * MAX_SAFE)) < MAX_SAFE + 10


def test_lines_stay_lines() -> None:
    assert "one\ntwo \\x07" == safe_lines("one\ntwo \x07\n")


@pytest.mark.parametrize(
    ("names", "told"), [(["a"], "a"), (["a", "b", "c"], "a, b, c"), (list("abcde"), "a, b, c and 2 more")]
)
def test_some_of_many_are_named(names: list[str], told: str) -> None:
    assert told == some_of(names)
