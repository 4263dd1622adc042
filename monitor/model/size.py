"""Sizes in bytes as people write them: ``64MiB``; ``kB`` and its like are powers of ten, ``KiB`` and its like of two."""

import re

UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "kB": 10**3, "MB": 10**6, "GB": 10**9}
"""What may stand behind the number; without any it is bytes."""
_SIZE = re.compile(rf"([0-9]{{1,18}})\s*({'|'.join(UNITS)})?")


def size_bytes(text: str) -> int:
    """Return a size such as ``64MiB`` in bytes; raises ValueError that says what is accepted."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not a size: {text!r}; write a whole number and one of {', '.join(UNITS)}: '64MiB'")
    return int(match[1]) * UNITS[match[2] or "B"]


def size_text(size: int) -> str:
    """Return a size as one would write it, exactly: the shortest of the texts that mean it."""
    texts = [f"{size // factor}{unit}" for unit, factor in UNITS.items() if size % factor == 0]
    return min(texts, key=len)
