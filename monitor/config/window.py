"""Maintenance windows: ``Sun 02:00-04:00``, ``Mon-Fri 22:00-02:00``, ``daily 03:00-03:30``; always UTC, like every time here."""

import re
from dataclasses import dataclass

from monitor.model.instant import SECOND_NS

SAYS = 'windows such as "Sun 02:00-04:00", "Mon-Fri 22:00-02:00" or "daily 03:00-03:30" (UTC)'
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY = "|".join(_DAYS)
_TIME = r"([01]\d|2[0-3]):([0-5]\d)"
_WINDOW = re.compile(rf"(?:daily|({_DAY})(?:-({_DAY}))?) {_TIME}-(?:{_TIME}|(24:00))")
_MINUTE_NS = 60 * SECOND_NS
_DAY_MINUTES = 1440
_EPOCH_WEEKDAY = 3
"""1 January 1970 was a Thursday."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A time of the day on some days of the week; it may last past midnight."""

    days: frozenset[int]
    """Days on which it begins; Monday is 0."""
    start_minute: int
    length_minutes: int

    def covers(self, ts_ns: int) -> bool:
        """Whether an instant lies in the window."""
        day, minute = divmod(ts_ns // _MINUTE_NS, _DAY_MINUTES)
        return self._covers(day, minute) or self._covers(day - 1, minute + _DAY_MINUTES)

    def _covers(self, day: int, minute: int) -> bool:
        begins = (day + _EPOCH_WEEKDAY) % 7 in self.days
        return begins and self.start_minute <= minute < self.start_minute + self.length_minutes


def window(text: str) -> Window:
    """Read a window; raises ValueError."""
    match = _WINDOW.fullmatch(text)
    if match is None:
        raise ValueError
    first, last, start_hour, start_minute, end_hour, end_minute, midnight = match.groups()
    start = int(start_hour) * 60 + int(start_minute)
    end = _DAY_MINUTES if midnight else int(end_hour) * 60 + int(end_minute)
    return Window(
        days=_days(first, last),
        start_minute=start,
        length_minutes=(end - start) % _DAY_MINUTES or _DAY_MINUTES,
    )


def _days(first: str | None, last: str | None) -> frozenset[int]:
    if first is None:
        return frozenset(range(7))
    begin = _DAYS.index(first)
    span = (_DAYS.index(last) - begin) % 7 if last else 0
    return frozenset((begin + offset) % 7 for offset in range(span + 1))
