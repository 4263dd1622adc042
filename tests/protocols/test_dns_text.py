from monitor.protocols._dns_text import quoted


def test_text_stands_in_quotes() -> None:
    assert quoted(b"v=spf1 -all") == '"v=spf1 -all"'


def test_empty_text_is_two_quotes() -> None:
    assert quoted(b"") == '""'


def test_quote_backslash_and_bytes_that_do_not_print_are_escaped() -> None:
    assert quoted(b'a"b\\c\x00\xe9') == '"a\\"b\\\\c\\000\\233"'
