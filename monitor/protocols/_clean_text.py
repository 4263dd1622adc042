"""Text that a peer chose, made safe to print, to log and to compare: bounded, and without control characters.

It interprets nothing; a parser that needs a host name or a number does that itself.
"""

_BYTES_PER_CHARACTER = 4
"""Longest UTF-8 sequence (RFC 3629 section 3)."""


def clean_text(raw: bytes, limit: int) -> str:
    r"""Return at most ``limit`` characters of UTF-8; bad bytes become U+FFFD, unprintable characters ``\x1b``."""
    text = raw[: limit * _BYTES_PER_CHARACTER].decode("utf-8", "replace")
    if not text.isprintable():
        text = "".join(map(_shown, text[:limit]))
    return text[:limit]


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")
