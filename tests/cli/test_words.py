import os
import subprocess

import pytest

from monitor.cli.words import MAX_SAFE, as_typed, safe, safe_lines, some_of


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


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        (b"site.pcap", "site.pcap"),
        (b"a site.pcap", "'a site.pcap'"),
        (b"bad\xff\xfe'.pcap", "$'bad\\xff\\xfe\\x27.pcap'"),
        (b"two\nlines\\a", "$'two\\x0alines\\x5ca'"),
        ("ü\u202e.pcap".encode(), "$'ü\\xe2\\x80\\xae.pcap'"),
    ],
)
def test_a_name_that_was_shown_can_be_typed(name: bytes, typed: str) -> None:
    assert typed == as_typed(os.fsdecode(name))
    heard = subprocess.run(["bash", "-c", f"printf %s {typed}"], capture_output=True, check=True)
    assert name == heard.stdout
