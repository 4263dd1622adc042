"""In which line of a TOML file each key and each list item stands; the standard library's reader does not say.

Only for text that ``tomllib`` has accepted, and only when there is a fault to report: it looks at marks and strings
and leaves the meaning of values alone.
"""

import re
import tomllib
from collections.abc import Iterator
from typing import NamedTuple

Path = tuple[str | int, ...]
"""Keys, and places in lists counted from 0."""

_TOKEN = re.compile(
    r"""
      (?P<skip>   [ \t\r]+ | \#[^\n]* )
    | (?P<end>    \n )
    | (?P<string> \"{3}(?:\\.|[^\\])*?\"{3}\"{0,2} | '{3}.*?'{3}'{0,2}
                | "(?:\\.|[^"\\\n])*" | '[^'\n]*' )
    | (?P<mark>   [\[\]{},=.] )
    | (?P<bare>   [^\s\[\]{},=.#"']+ )
    """,
    re.VERBOSE | re.DOTALL,
)


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


def lines_of(text: str) -> dict[Path, int]:
    """Return the line of every table, key and list item, counted from 1."""
    return _Walk(text).lines


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind != "skip":
            yield _Token(kind, match[0], line)
        line += match[0].count("\n")
    yield _Token("end", "", line)


class _Walk:
    """Goes through the tokens once; ``_table`` is where keys land now."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Path, int] = {}
        self._items: dict[Path, int] = {}
        self._tokens = list(_tokens(text))
        self._next = 0
        self._table: Path = ()
        while self._next < len(self._tokens):
            self._statement()

    def _statement(self) -> None:
        if self._peek().kind == "end":
            self._next += 1
        elif self._peek().text == "[":
            self._header()
        else:
            self._pair(self._table)

    def _header(self) -> None:
        line = self._take().line
        is_item = self._peek().text == "["
        self._next += is_item
        keys = self._keys("]")
        self._next += 1 + is_item
        self._table = self._resolve(keys, line, is_item=is_item)

    def _resolve(self, keys: list[str], line: int, *, is_item: bool) -> Path:
        """Return the path that a header means: below a list of tables, the last of them."""
        path: Path = ()
        for place, key in enumerate(keys, start=1):
            path = (*path, key)
            self._mark(path, line)
            if is_item and place == len(keys):
                self._items[path] = self._items.get(path, -1) + 1
            if path in self._items:
                path = (*path, self._items[path])
                self._mark(path, line)
        return path

    def _pair(self, table: Path) -> None:
        line = self._peek().line
        path = table
        for key in self._keys("="):
            path = (*path, key)
            self._mark(path, line)
        self._next += 1
        self._value(path)

    def _keys(self, stop: str) -> list[str]:
        keys = []
        while self._peek().text not in {stop, ""}:
            token = self._take()
            if token.kind in {"bare", "string"}:
                keys.append(_key(token))
        return keys

    def _value(self, path: Path) -> None:
        mark = self._peek().text
        if mark == "[":
            self._list(path)
        elif mark == "{":
            self._inline_table(path)
        else:
            while self._peek().kind != "end" and self._peek().text not in {",", "]", "}"}:
                self._next += 1

    def _list(self, path: Path) -> None:
        self._next += 1
        place = 0
        while (token := self._peek()).text != "]" and self._more():
            if token.kind == "end" or token.text == ",":
                self._next += 1
                continue
            self._mark((*path, place), token.line)
            self._value((*path, place))
            place += 1
        self._next += 1

    def _inline_table(self, path: Path) -> None:
        self._next += 1
        while (token := self._peek()).text != "}" and self._more():
            if token.kind == "end" or token.text == ",":
                self._next += 1
                continue
            self._pair(path)
        self._next += 1

    def _mark(self, path: Path, line: int) -> None:
        self.lines.setdefault(path, line)

    def _more(self) -> bool:
        return self._next < len(self._tokens) - 1

    def _peek(self) -> _Token:
        return self._tokens[min(self._next, len(self._tokens) - 1)]

    def _take(self) -> _Token:
        token = self._peek()
        self._next += 1
        return token


def _key(token: _Token) -> str:
    if token.kind == "bare":
        return token.text
    key: str = tomllib.loads(f"key = {token.text}")["key"]
    return key
