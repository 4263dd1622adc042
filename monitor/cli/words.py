"""Text of unknown origin for a terminal, without importing a room: what ``--help`` and error messages need.

What a command prints besides goes through ``export``'s own ``plain``.
"""

from unicodedata import category

MAX_SAFE = 2000
"""Characters of one message; longer ones are cut."""
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def safe(text: str) -> str:
    """Return the text with what moves the cursor, reorders or hides written as an escape."""
    shown = "".join(
        letter.encode("unicode_escape").decode("ascii") if category(letter) in _UNSAFE else letter
        for letter in text[:MAX_SAFE]
    )
    return shown if len(text) <= MAX_SAFE else shown + " ..."


def safe_lines(text: str) -> str:
    """Return a text of several lines, each made safe."""
    return "\n".join(map(safe, text.strip("\n").splitlines()))


def some_of(names: list[str], shown: int = 3) -> str:
    """Return the first few names and how many more there are."""
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
