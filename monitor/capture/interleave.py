"""Frames of several interfaces in order of time, without a copy of their bytes.

A frame is passed on when no interface can have an older one any more: those whose rings the kernel is still filling are
waited for, which takes as long as a block's timeout. So two directions that a TAP delivers to two interfaces come together
in order, to within ``lane.MARGIN_NS``. Frames of one interface keep their order whatever their time stamps say.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from monitor.capture.lane import Lane
from monitor.capture.pending import Pending


def next_rows(
    lanes: Sequence[Lane], now_ns: int, floor_ns: int, *, is_patient: bool
) -> NDArray[np.void] | None:
    """Return the frames that can be passed on now; None when there are none.

    ``now_ns`` is a time before the lanes were loaded, ``floor_ns`` what was passed on before. Without patience, frames that
    wait are passed on though an interface may have older ones.
    """
    if len(lanes) == 1:
        return lanes[0].pending.take() if lanes[0].pending else None
    waiting = [lane.pending for lane in lanes if lane.pending]
    if not waiting:
        return None
    horizon_ns = max(floor_ns, safe_ns(lanes, now_ns))
    if not is_patient:
        horizon_ns = max(horizon_ns, min(pending.newest_ns for pending in waiting))
    cuts = [(pending, rows) for pending in waiting if len(rows := pending.take_until(horizon_ns))]
    return _merged(cuts) if cuts else None


def safe_ns(lanes: Sequence[Lane], now_ns: int) -> int:
    """Return the instant up to which all frames of all interfaces are known."""
    return min(lane.horizon_ns(now_ns) for lane in lanes)


def _merged(cuts: list[tuple[Pending, NDArray[np.void]]]) -> NDArray[np.void]:
    if len(cuts) == 1:
        return cuts[0][1]
    keys = np.concatenate([pending.keys_of_last(len(rows)) for pending, rows in cuts])
    return np.concatenate([rows for _, rows in cuts])[np.argsort(keys, kind="stable")]
