import pytest

from monitor.protocols._clean_text import clean_text


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", ""),
        (b"plain text", "plain text"),
        ("grüße".encode(), "grüße"),
        (b"a\xffb", "a\ufffdb"),
        (b"\x1b[31mred", "\\x1b[31mred"),
        (b"two\nlines\0", "two\\nlines\\x00"),
        ("\u202egnp.exe".encode(), "\\u202egnp.exe"),
    ],
)
def test_what_cannot_be_printed_is_shown_as_an_escape(raw: bytes, expected: str) -> None:
    assert expected == clean_text(raw, 100)


def test_text_is_cut_after_the_limit_of_characters() -> None:
    assert clean_text("ü".encode() * 50, 10) == "ü" * 10
    assert len(clean_text(b"\0" * 50, 10)) == 10
