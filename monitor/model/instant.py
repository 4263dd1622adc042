"""Event time: nanoseconds since the epoch, UTC, as text and back; durations and sizes as people write them."""

import re
from datetime import UTC, datetime
from functools import lru_cache

SECOND_NS = 1_000_000_000
_UNIT_NS = {
    "ms": 1_000_000,
    "s": SECOND_NS,
    "m": 60 * SECOND_NS,
    "h": 3600 * SECOND_NS,
    "d": 86_400 * SECOND_NS,
    "w": 604_800 * SECOND_NS,
}
_SIZES = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "kB": 10**3, "MB": 10**6, "GB": 10**9}
_DURATION = re.compile(r"(\d+)(ms|s|m|h|d|w)")
_SIZE = re.compile(r"(\d+)\s*(B|KiB|MiB|GiB|kB|MB|GB)")


@lru_cache(maxsize=1024)
def _to_second(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    except (ValueError, OverflowError, OSError):  # a capture may claim any year
        return "9999-12-31T23:59:59" if seconds > 0 else "0001-01-01T00:00:00"


def rfc3339(ts_ns: int) -> str:
    """Return the instant as RFC 3339 text with nanoseconds, UTC."""
    seconds, fraction = divmod(ts_ns, SECOND_NS)
    return f"{_to_second(seconds)}.{fraction:09d}Z"


def duration_ns(text: str) -> int:
    """Return a duration such as ``90s``, ``6h`` or ``1h30m`` in nanoseconds; raises ValueError."""
    parts = _DURATION.findall(text)
    if not parts or "".join(n + u for n, u in parts) != text.replace(" ", ""):
        raise ValueError(f"not a duration: {text!r}; write for example '90s', '6h' or '7d'")
    return sum(int(number) * _UNIT_NS[unit] for number, unit in parts)


def size_bytes(text: str) -> int:
    """Return a size such as ``64MiB`` in bytes; raises ValueError."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not a size: {text!r}; write for example '64MiB'")
    return int(match[1]) * _SIZES[match[2]]
