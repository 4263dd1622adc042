"""Regular expressions with their entries, and the fixed parts by which an index can file them; compiles when first used.

A fixed part is a necessary condition only; the expression itself always has the last word.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from monitor.catalog.predicate import MAX_REGEX_INPUT, compiled

T = TypeVar("T")
Look = Callable[[str], Any]
"""Something true when there is something to see."""

_FIXED_START = re.compile(r"\^((?:[A-Za-z0-9/_:@ -]|\\[./-])+)(?![?*{+])")
"""Literal characters after the anchor; the last one may be repeated or optional and does not count."""
_FIXED_END = re.compile(r"(?<!\\)\\\.((?:[a-z0-9-]+\\\.)+[a-z0-9-]+)\$\Z")
"""Whole labels of a name before the end."""
_ANYWHERE = re.compile(r"\^(?:\.|\[\^[^]\\]\])\*(?![?+])")
"""A beginning that lets the rest stand nearly anywhere."""
_IGNORES_CASE = "(?i)"


class Expressions(Generic[T]):
    """Some expressions, each with its entry."""

    def __init__(self, pairs: Iterable[tuple[str, T]] = ()) -> None:
        self._pairs = list(pairs)

    def __bool__(self) -> bool:
        return bool(self._pairs)

    def extend(self, pairs: Iterable[tuple[str, T]]) -> None:
        """Take more of them."""
        self._pairs.extend(pairs)

    def by_start(self) -> Iterable[tuple[str, list[tuple[str, T]]]]:
        """Return those with a fixed beginning, by it."""
        return _grouped(self._pairs, fixed_start)

    def without_start(self) -> "Expressions[T]":
        return Expressions(pair for pair in self._pairs if not fixed_start(pair[0]))

    def by_end(self) -> Iterable[tuple[str, list[tuple[str, T]]]]:
        """Return those with a fixed end of two labels or more, by it."""
        return _grouped(self._pairs, fixed_end)

    def without_end(self) -> "Expressions[T]":
        return Expressions(pair for pair in self._pairs if not fixed_end(pair[0]))

    def tried(self, text: str) -> list[T]:
        """Return the entries of those that match."""
        shown = text[:MAX_REGEX_INPUT]
        return [entry for pattern, entry in self._pairs if compiled(pattern).match(shown)]

    def first_looks(self) -> tuple[Look, ...]:
        """Return cheap functions of which one at least sees something in a text that any of them matches."""
        return first_looks([pattern for pattern, _ in self._pairs])


def fixed_start(pattern: str) -> str:
    """Return the characters that every match of an anchored expression begins with, as far as they are plain."""
    found = _FIXED_START.match(pattern)
    if found is None or _has_top_level_choice(pattern):
        return ""
    return found[1].replace("\\", "")


def fixed_end(pattern: str) -> str:
    """Return the labels, two or more, that every name which an anchored expression matches ends with."""
    found = _FIXED_END.search(pattern)
    if found is None or pattern.startswith(_IGNORES_CASE) or _has_top_level_choice(pattern):
        return ""
    return found[1].replace("\\", "")


def first_looks(patterns: list[str]) -> tuple[Look, ...]:
    """Return functions of which one sees something in every text that an expression matches, and seldom in others."""
    loose = [rest for pattern in patterns if (rest := _loose_rest(pattern)) is not None]
    others = [pattern for pattern in patterns if _loose_rest(pattern) is None]
    looks: list[Look] = [_any_of(loose).search] if loose else []
    return (*looks, _any_of(others).match) if others else tuple(looks)


def _loose_rest(pattern: str) -> str | None:
    """Return what is left of an expression after a beginning that says nothing; None when it says something."""
    found = _ANYWHERE.match(pattern)
    return None if found is None or _has_top_level_choice(pattern) else pattern[found.end() :]


def _grouped(
    pairs: list[tuple[str, T]], fixed: Callable[[str], str]
) -> Iterable[tuple[str, list[tuple[str, T]]]]:
    groups: defaultdict[str, list[tuple[str, T]]] = defaultdict(list)
    for pair in pairs:
        if part := fixed(pair[0]):
            groups[part].append(pair)
    return groups.items()


def _any_of(patterns: list[str]) -> re.Pattern[str]:
    """Return one expression for all; Python moves what they all begin with in front, and searches for that first."""
    return compiled("|".join(map(_scoped, patterns)))


def _scoped(pattern: str) -> str:
    return (
        f"(?i:{pattern.removeprefix(_IGNORES_CASE)})"
        if pattern.startswith(_IGNORES_CASE)
        else f"(?:{pattern})"
    )


def _has_top_level_choice(pattern: str) -> bool:
    before, bar, _ = pattern.partition("|")
    while bar:
        if before.count("(") <= before.count(")"):
            return True
        more, bar, _ = pattern[len(before) + 1 :].partition("|")
        before += "|" + more
    return False
