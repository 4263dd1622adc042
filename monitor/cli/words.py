"""Text of unknown origin for a terminal, without importing a room: what ``--help`` and error messages need.

What a command prints besides goes through ``export``'s own ``plain``.
"""

import os
import shlex
from unicodedata import category

MAX_SAFE = 2000
"""Characters of one message; longer ones are cut."""
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def safe(text: str) -> str:
    """Return the text with what moves the cursor, reorders or hides written as an escape."""
    shown = "".join(
        letter.encode("unicode_escape").decode("ascii") if _is_unsafe(letter) else letter
        for letter in text[:MAX_SAFE]
    )
    return shown if len(text) <= MAX_SAFE else shown + " ..."


def safe_lines(text: str) -> str:
    """Return a text of several lines, each made safe."""
    return "\n".join(map(safe, text.strip("\n").splitlines()))


def as_typed(word: str) -> str:
    r"""Return a word as a person types it in a shell: what cannot be typed is written by its bytes (``$'a\xff'``)."""
    if not any(map(_is_unsafe, word)):
        return shlex.quote(word)
    return f"$'{''.join(map(_typed_letter, word))}'"


def some_of(names: list[str], shown: int = 3) -> str:
    """Return the first few names and how many more there are."""
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more


def _is_unsafe(letter: str) -> bool:
    return category(letter) in _UNSAFE


def _typed_letter(letter: str) -> str:
    if letter not in "\\'" and not _is_unsafe(letter):
        return letter
    return "".join(f"\\x{byte:02x}" for byte in os.fsencode(letter))
