"""Frames of one interface that were read from its ring and wait to be passed on, in the order in which they came."""

import numpy as np
from numpy.typing import NDArray

from monitor.capture.ring import Ring
from monitor.capture.source import BATCH_FRAMES
from monitor.model.frame import FRAME


class Pending:
    """Rows that refer to the ring; a frame's key is the newest time of the interface so far."""

    def __init__(self) -> None:
        self.newest_ns = 0
        """Newest time of all frames that were read."""
        self._frames = np.zeros(BATCH_FRAMES, FRAME)
        self._taken = self._rows = 0
        self._previous_ns = 0
        self._keys: NDArray[np.int64] | None = None

    def __bool__(self) -> bool:
        """Whether frames wait."""
        return self._taken < self._rows

    def warm_up(self, ring: Ring) -> None:
        """Let the kernel be compiled or loaded before a frame waits for it."""
        ring.read(self._frames[:0])

    def load(self, ring: Ring) -> None:
        """Read what is ready; nothing may wait any more."""
        self._previous_ns = self.newest_ns
        self._taken, self._rows, self._keys = 0, ring.read(self._frames), None
        self.newest_ns = max(self.newest_ns, int(ring.walk["newest_ns"]))

    def take(self) -> NDArray[np.void]:
        """Pass on all frames that wait."""
        first, self._taken = self._taken, self._rows
        return self._frames[first : self._rows]

    def take_until(self, horizon_ns: int) -> NDArray[np.void]:
        """Pass on the frames up to an instant."""
        first = self._taken
        self._taken = max(first, int(np.searchsorted(self._all_keys(), horizon_ns, side="right")))
        return self._frames[first : self._taken]

    def keys_of_last(self, count: int) -> NDArray[np.int64]:
        """Return the keys of the frames that were passed on last."""
        return self._all_keys()[self._taken - count : self._taken]

    def drop(self) -> None:
        """Forget what waits: its ring is closed."""
        self._taken = self._rows = 0

    def _all_keys(self) -> NDArray[np.int64]:
        if self._keys is None:
            times = np.maximum(self._frames["ts_ns"][: self._rows], self._previous_ns)
            self._keys = np.maximum.accumulate(times)
        return self._keys
