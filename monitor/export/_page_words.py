"""Times, rates and shares as the start page writes them."""

from monitor.export._plain import duration
from monitor.model.instant import SECOND_NS, rfc3339

_SECONDS = slice(0, 19)
_PREFIXES = ("", "k", "M", "G", "T")
NOTHING = "—"
_JUST_NOW_SECONDS = 2


def stamp(ts_ns: int) -> str:
    """Return day and time, UTC."""
    return rfc3339(ts_ns)[_SECONDS].replace("T", " ")


def age(now_ns: int, then_ns: int) -> str:
    """Return how long ago it was; 0 was never."""
    if not then_ns:
        return "never"
    seconds = (now_ns - then_ns) // SECOND_NS
    if seconds < _JUST_NOW_SECONDS:
        return "just now"
    return f"{seconds} s ago" if seconds < 60 else f"{duration(now_ns - then_ns)} ago"


def since(span_ns: int) -> str:
    """Return a span of time."""
    return duration(span_ns)


def share(ratio: float | None) -> str:
    """Return a share; one that is not quite all is never shown as all."""
    if ratio is None:
        return NOTHING
    percent = 100 * ratio
    if percent >= 100:
        return "100 %"
    return f"{min(percent, 99.99):.2f} %" if percent > 99 else f"{percent:.1f} %"


def bits(per_second_bits: float) -> str:
    """Return a rate with the prefix that fits."""
    amount, prefix = _scaled(per_second_bits)
    return f"{amount} {prefix}"


def per_second(rate: float | None) -> tuple[str, str]:
    """Return a rate of frames and its unit."""
    if rate is None:
        return (NOTHING, "")
    amount, prefix = _scaled(rate)
    return (amount, f"{prefix}{' ' if prefix else ''}frames/s".strip())


def _scaled(amount: float) -> tuple[str, str]:
    for prefix in _PREFIXES:
        if amount < 999.5 or prefix == _PREFIXES[-1]:
            break
        amount /= 1000
    return (f"{amount:.0f}" if amount >= 100 or not prefix else f"{amount:.1f}", prefix)
