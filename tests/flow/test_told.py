"""Rows become records with the originator first, and a reason for every end."""

from monitor.flow._layout import EVICTED, LEFT_OPEN, NOT_ENDED, REUSED, TIMED_OUT, TOLD, TimeoutClass
from monitor.flow._told import Row, absorbed_of, flow_of, totals_of
from monitor.model import address
from monitor.model.flow import ConnState, EndReason

_SIGN = 1 << 63


def row(**changes: int) -> Row:
    low, high = address.words("10.0.0.1"), address.words("fd00::1")
    ends = {
        "low_high": low[0],
        "low_low": low[1],
        "high_high": high[0],
        "high_low": high[1],
        "low_port": 40000,
        "high_port": 443,
        "protocol": 6,
        **changes,
    }
    return [_signed(ends.get(name, 0)) for name in TOLD.names or ()]


def _signed(number: int) -> int:
    return number - 2 * _SIGN if number >= _SIGN else number


def test_the_originator_comes_first_whichever_end_is_lower() -> None:
    low, high = flow_of(row(id=7)), flow_of(row(high_is_originator=1, internal=1))
    assert (7, "10.0.0.1", 40000, "fd00::1", 443, False) == (*low[:1], *low[2:6], low.internal)
    assert ("fd00::1", 443, "10.0.0.1", 40000, True) == (*high[2:6], high.internal)


def test_an_end_has_its_reason() -> None:
    closed = row(timeout_class=TimeoutClass.CLOSED)
    told = [
        totals_of(6, row(), int(why)).reason for why in (TIMED_OUT, REUSED, EVICTED, LEFT_OPEN, NOT_ENDED)
    ]
    assert told == [
        EndReason.TIMEOUT,
        EndReason.REUSED,
        EndReason.EVICTED,
        EndReason.CAPTURE_END,
        EndReason.ACTIVE,
    ]
    assert totals_of(6, closed, int(TIMED_OUT)).reason is EndReason.CLOSED


def test_totals_say_how_the_connection_went_and_what_was_told_before() -> None:
    totals = totals_of(
        6, row(orig_flags=2, orig_packets=1, orig_bytes=60, told_orig_bytes=40), int(TIMED_OUT)
    )
    assert (ConnState.S0, 1, 60, 40) == (
        totals.state,
        totals.orig_packets,
        totals.orig_bytes,
        totals.told_orig_bytes,
    )


def test_what_was_absorbed_is_told_by_direction() -> None:
    assert (3, 9) == absorbed_of(row(orig_absorbed=3, resp_absorbed=9))
