"""Event time: nanoseconds since the epoch, UTC, as text and back; durations as people write them."""

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
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})\.([0-9]{9})Z")
_DURATION = re.compile(r"(\d+)(ms|s|m|h|d|w)")


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


def instant_ns(text: str) -> int:
    """Return the instant that ``rfc3339`` wrote; raises ValueError."""
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise ValueError(f"not an instant: {text!r}; write for example '2027-01-15T08:00:00.000000000Z'")
    since_epoch = datetime.fromisoformat(f"{match[1]}+00:00") - _EPOCH
    return (since_epoch.days * 86_400 + since_epoch.seconds) * SECOND_NS + int(match[2])


def duration_ns(text: str) -> int:
    """Return a duration such as ``90s``, ``6h`` or ``1h30m`` in nanoseconds; raises ValueError."""
    parts = _DURATION.findall(text)
    if not parts or "".join(n + u for n, u in parts) != text.replace(" ", ""):
        raise ValueError(f"not a duration: {text!r}; write for example '90s', '6h' or '7d'")
    return sum(int(number) * _UNIT_NS[unit] for number, unit in parts)
