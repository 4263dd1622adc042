"""Whether this host's clock can be believed: alerts of several sensors are put together by it."""

import ctypes
import sys
from collections.abc import Iterator

from monitor.cli.checks._subject import Remark, Subject, ok, warning

STA_UNSYNC = 0x40
"""``linux/timex.h``: nobody keeps the clock."""
LARGEST_ERROR_SECONDS = 1.0
_KEEP = "timedatectl set-ntp true    or run chrony"
_WORDS = 64


class _Timex(ctypes.Structure):
    """The first words of struct timex (adjtimex(2)); ``modes`` 0 only asks."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("frequency", ctypes.c_long),
        ("largest_error_us", ctypes.c_long),
        ("estimated_error_us", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_long * _WORDS),
    )


def check(subject: Subject) -> Iterator[Remark]:
    """Yield whether somebody keeps the clock, and whether it jumped while we listened."""
    jumps = sum(hearing.clock_jumps for hearing in subject.hearings)
    if jumps:
        yield warning(f"the clock jumped {jumps} times while we listened", _KEEP)
    timex = _asked()
    if timex is None:
        return
    error_seconds = timex.largest_error_us / 1e6
    if timex.status & STA_UNSYNC:
        yield warning("nobody keeps the clock: it is not synchronised", _KEEP)
    elif error_seconds > LARGEST_ERROR_SECONDS:
        yield warning(f"the clock may be wrong by {error_seconds:.1f} s", _KEEP)
    else:
        yield ok(f"the clock is synchronised, wrong by at most {error_seconds * 1000:.0f} ms")


def _asked() -> _Timex | None:
    if not sys.platform.startswith("linux"):
        return None
    timex = _Timex()
    return None if ctypes.CDLL(None).adjtimex(ctypes.byref(timex)) < 0 else timex


CHECK = check
