"""Makes HTML of elements; text is escaped by construction, so that nothing from the wire can become markup.

Rule: only ``Html`` is markup, and only this file makes it of text.
"""

from html import escape

from monitor.export._plain import MAX_PLAIN, plain

MAX_TEXT = 5 * MAX_PLAIN
"""Letters of one text; what an alert has to say is a paragraph."""
_EMPTY = frozenset({"meta", "link", "br", "hr"})
"""Elements without an end tag (HTML, section 13.1.2, void elements), of those that are used."""


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


Child = "str | int | None | Html"


def el(name: str, /, *children: str | int | None, **attributes: str | int | None) -> Html:
    """Return an element; a trailing ``_`` of an attribute's name is dropped, another ``_`` is a ``-``."""
    named = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _EMPTY:
        return Html(f"<{name}{named}>")
    return Html(f"<{name}{named}>{join(*children)}</{name}>")


def join(*children: str | int | None) -> Html:
    """Return the children in a row; None is nothing."""
    return Html("".join(map(_inside, children)))


def _inside(child: str | int | None) -> str:
    if child is None:
        return ""
    return child if isinstance(child, Html) else escape(_safe(str(child)))


def _safe(text: str) -> str:
    """Return text without what moves or hides other text, as long as a page can take it."""
    pieces = [plain(text[at : at + MAX_PLAIN]) for at in range(0, min(len(text), MAX_TEXT), MAX_PLAIN)]
    return "".join(pieces) + ("…" if len(text) > MAX_TEXT else "")


def _attribute(key: str, value: str | int | None) -> str:
    if value is None or value is False:
        return ""
    name = key.removesuffix("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(plain(str(value)), quote=True)}"'
