from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from monitor.export._html import el, join


class Elements(HTMLParser):
    """The names of all elements, and all attributes, as a browser would read them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attrs


def test_text_is_escaped_and_elements_are_not() -> None:
    told = el("p", "<b>&", el("b", "x"), None, class_="a", data_x='"', hidden=True, title=None)
    assert told == '<p class="a" data-x="&quot;" hidden>&lt;b&gt;&amp;<b>x</b></p>'


def test_elements_without_an_end_have_none() -> None:
    assert el("meta", charset="utf-8") == '<meta charset="utf-8">'


def test_what_reorders_or_hides_is_shown_for_what_it_is() -> None:
    assert join("a\u202eb\x00") == "a\\u202eb\\x00"


def test_a_paragraph_is_shown_whole_and_a_flood_is_cut() -> None:
    assert join("word " * 200) == "word " * 200
    assert len(join("a" * 100_000)) < 2100
    assert join("a" * 100_000).endswith("…")


@given(st.text())
def test_no_text_becomes_an_element_or_an_attribute(text: str) -> None:
    seen = Elements(el("p", text, title=text))
    assert seen.names == ["p"]
    assert [name for name, _ in seen.attributes] == ["title"]
