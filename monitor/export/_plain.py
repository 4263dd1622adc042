"""Makes text of unknown origin safe and short on a terminal: no control codes, no reordering, no stacked marks."""

from unicodedata import category, normalize

from monitor.model.instant import SECOND_NS, rfc3339

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Mn", "Me"})
"""Unicode categories that move the cursor, reorder, hide, or pile up marks."""
MAX_PLAIN = 400
"""Characters that are looked at; a terminal line is shorter."""
_UNITS = ("KiB", "MiB", "GiB", "TiB", "PiB")
_CLOCK = slice(11, 19)
_DAY = slice(0, 10)


def plain(text: str, limit: int = MAX_PLAIN) -> str:
    """Return the text with what is unsafe written as an escape, cut to a limit."""
    shown = normalize("NFC", text[:MAX_PLAIN])
    safe = "".join(
        letter if letter.isascii() and letter.isprintable() else _escaped(letter) for letter in shown
    )
    return safe if len(safe) <= limit and len(text) <= MAX_PLAIN else safe[: limit - 1] + "…"


def tail(text: str, limit: int) -> str:
    """Return the text made safe and cut at its front: the end of a host name says whose it is."""
    safe = plain(text[-MAX_PLAIN:])
    return safe if len(safe) <= limit else "…" + safe[1 - limit :]


def size(count: int) -> str:
    """Return a number of bytes for people: ``812 B``, ``1.2 KiB``, ``3.4 GiB``."""
    if count < 1 << 10:
        return f"{count} B"
    amount = float(count)
    for unit in _UNITS:
        amount /= 1 << 10
        if amount < 999.95 or unit == _UNITS[-1]:
            break
    return f"{amount:.1f} {unit}"


def number(count: int) -> str:
    """Return a number with its thousands set apart."""
    return f"{count:,}".replace(",", " ")


def count_of(count: int, one: str, many: str | None = None) -> str:
    """Return ``1 flow``, ``2 flows``."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def duration(span_ns: int) -> str:
    """Return a time span for people, in its two largest units."""
    seconds = max(0, span_ns) // SECOND_NS
    if seconds < 60:
        return f"{max(0, span_ns) / SECOND_NS:.1f} s"
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    if days:
        return f"{number(days)} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def day(ts_ns: int) -> str:
    """Return the day, UTC."""
    return rfc3339(ts_ns)[_DAY]


def clock(ts_ns: int) -> str:
    """Return the time of day, UTC."""
    return rfc3339(ts_ns)[_CLOCK]


def _escaped(letter: str) -> str:
    if category(letter) in _HIDDEN:
        return letter.encode("unicode_escape").decode("ascii")
    return letter
