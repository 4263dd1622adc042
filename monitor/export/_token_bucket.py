"""A token bucket: so many at once, then one in each interval."""

import time
from collections.abc import Callable
from threading import Lock


class TokenBucket:
    """Counts what may still be taken; threads share it."""

    def __init__(
        self, interval_seconds: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._interval_seconds = interval_seconds
        self._burst = burst
        self._clock = clock
        self._tokens = float(burst)
        self._at = clock()
        self._lock = Lock()

    def take(self) -> bool:
        """Whether there is one; it is gone then."""
        with self._lock:
            now = self._clock()
            self._tokens = min(self._burst, self._tokens + (now - self._at) / self._interval_seconds)
            self._at = now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True
