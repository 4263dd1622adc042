"""The spool: alerts are safe on the disk before any output sees them, and the main thread never waits for that.

``put`` hands an alert to a bounded queue; one thread writes what is queued with one wait for the disk and then wakes the
outputs. While the disk is full or broken, alerts stay in memory under the numbers that they will have on the disk, and
outputs get them from there; but nothing else may take them for safe. What memory cannot hold is counted as dropped.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from threading import Condition, Lock, Thread

from monitor.export._record_line import MAX_LINE_BYTES, SpoolRecord
from monitor.export._spool_reader import SpoolReader
from monitor.export._store import Store
from monitor.export.jsonl import alert_line
from monitor.model.alert import Alert
from monitor.model.size import size_bytes

MIN_LIMIT_BYTES = 1 << 20
MOST_AT_ONCE = 256
"""Alerts that are written with one wait for the disk."""
FIRST_RETRY_SECONDS = 0.25
LONGEST_RETRY_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Section ``[export.spool]``: alerts that wait for their outputs, in ``spool`` below the sensor's state folder."""

    limit_bytes: int = size_bytes("64MiB")
    """Space for alerts on the disk; when it is used up the oldest give way and are counted."""
    queue: int = 4_000
    """Alerts that may wait in memory for the disk; more are dropped and counted."""

    def __post_init__(self) -> None:
        if self.limit_bytes < MIN_LIMIT_BYTES:
            raise ValueError("limit: too little; give 1MiB or more")
        if self.queue < 1:
            raise ValueError("queue: at least one alert must find room")


class Spool:
    """Takes alerts from the main thread and lets others wait for what is safe."""

    def __init__(self, store: Store, queue: int, say: Callable[[str], None] = lambda _: None) -> None:
        self.store = store
        self.queue = queue
        self.queue_dropped = 0
        """Alerts that found the queue full, or that no store could take."""
        self.write_failures = 0
        self.problem = ""
        """Why the disk takes nothing now; empty while it does."""
        self._say = say
        self._waiting: deque[Alert] = deque()
        self._unsafe: deque[SpoolRecord | None] = deque()
        """What was taken from there and is not on the disk yet; None for an alert that no spool can keep."""
        self._accepted = self._settled = 0
        self._shown = -1
        """Up to this number readers may have what is not safe."""
        self._is_closing = self._is_asked = False
        lock = Lock()
        self._queued, self._changed = Condition(lock), Condition(lock)
        """For the writer, and for those who wait for what it wrote."""
        self._writer = Thread(target=self._write_on, name="spool", daemon=True)
        self._writer.start()

    @property
    def newest(self) -> int:
        """Number of the last alert that a reader can have."""
        return max(self.store.last_sequence, self._shown)

    @property
    def unsafe(self) -> int:
        """Alerts that are in memory only."""
        return self._unsafe_behind(-1)

    def put(self, alert: Alert) -> None:
        """Take an alert; never waits for the disk."""
        with self._changed:
            if self._accepted - self._settled >= self.queue:
                self.queue_dropped += 1
                return
            self._waiting.append(alert)
            self._accepted += 1
            self._queued.notify()

    def flush(self, patience_seconds: float) -> bool:
        """Wait until everything put so far is safe; False when it takes longer. A disk that was full is tried at once."""
        with self._queued:
            self._is_asked = bool(self.problem)
            self._queued.notify()
        target = self._accepted
        return self.wait_for(lambda: self._settled >= target, patience_seconds)

    def reader(self, after: int) -> SpoolReader:
        """Return an output's way through the disk, and on through memory while the disk takes nothing."""
        return SpoolReader(self.store.reader(after), self.shown)

    def pending(self, after: int) -> int:
        """Return how many alerts there are behind a number, safe or not."""
        return self._unsafe_behind(after) + self.store.pending(after)

    def shown(self, after: int, most: int) -> list[SpoolRecord]:
        """Return what is behind a number, is not safe, and may be seen all the same."""
        if after >= self._shown:
            return []
        with self._changed:
            behind = (one for one in self._records() if after < one.sequence <= self._shown)
            return list(islice(behind, most))

    def wait_for(self, happened: Callable[[], bool], seconds: float) -> bool:
        """Wait until something happened that ``wake`` or a safe alert tells of; whether it did."""
        with self._changed:
            return self._changed.wait_for(happened, seconds)

    def wake(self) -> None:
        """Let everybody who waits look again."""
        with self._changed:
            self._changed.notify_all()

    def close(self, patience_seconds: float) -> bool:
        """Write what is queued and stop; False when the disk did not take it in time."""
        with self._changed:
            self._is_closing = True
            self._queued.notify()
        self._writer.join(patience_seconds)
        if unsafe := self.unsafe:
            self._say(
                f"spool: {unsafe} alerts could not be written; outputs that do not take them now will never get them"
            )
        return not self._writer.is_alive() and not unsafe

    def _records(self) -> Iterator[SpoolRecord]:
        return (record for record in self._unsafe if record is not None)

    def _unsafe_behind(self, after: int) -> int:
        with self._changed:
            after = max(after, self.store.last_sequence)
            return sum(one.sequence > after for one in self._records()) + len(self._waiting)

    def _write_on(self) -> None:
        while self._is_wanted():
            self._take()
            while several := list(islice(self._unsafe, MOST_AT_ONCE)):
                if not self._append([one.json for one in several if one is not None]):
                    return
                self._settle(len(several))

    def _is_wanted(self) -> bool:
        """Wait for alerts; False for the end."""
        with self._queued:
            self._queued.wait_for(lambda: self._waiting or self._is_closing)
            return bool(self._waiting)

    def _take(self) -> bool:
        """Number what waits, at most as much as is written at once; False when nothing does."""
        with self._queued:
            alerts = list(islice(self._waiting, MOST_AT_ONCE))
        lines = [self._line(alert) for alert in alerts]
        with self._changed:
            numbers = count(self._last_number() + 1)
            for line in lines:
                self._waiting.popleft()
                self._unsafe.append(SpoolRecord(next(numbers), line) if line else None)
        return bool(alerts)

    def _last_number(self) -> int:
        last = next((one for one in reversed(self._unsafe) if one is not None), None)
        return self.store.last_sequence if last is None else last.sequence

    def _append(self, lines: Sequence[bytes]) -> bool:
        """Try until the disk takes them; False when the end has come before that."""
        failed, dropped = 0, self.queue_dropped
        while lines:
            try:
                self.store.append(lines)
            except Exception as error:  # noqa: BLE001 - the thread's door: whatever it is may pass
                failed += 1
                self._failed(getattr(error, "strerror", None) or f"{type(error).__name__}: {error}", failed)
                if self._is_closing:
                    return False
                self._pause(failed)
            else:
                break
        if failed:
            self.problem = ""
            lost = self.queue_dropped - dropped
            self._say(f"spool: can be written again; {lost} alerts were dropped meanwhile")
        return True

    def _failed(self, problem: str, failed: int) -> None:
        self.write_failures += 1
        self.problem = problem
        if failed == 1:
            self._say(f"spool: cannot be written: {problem}; alerts wait in memory")
        self._show()

    def _show(self) -> None:
        """Let outputs have everything that waits for the disk."""
        while self._take():
            pass
        with self._changed:
            self._shown = self._last_number()
            self._changed.notify_all()

    def _pause(self, failed: int) -> None:
        """Wait before the next attempt; what comes meanwhile is shown at once."""
        delay = min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** min(failed - 1, 16))
        until = time.monotonic() + delay
        while (left := until - time.monotonic()) > 0:
            with self._queued:
                self._queued.wait_for(lambda: self._waiting or self._is_hurried, left)
                if self._is_hurried:
                    self._is_asked = False
                    return
            self._show()

    @property
    def _is_hurried(self) -> bool:
        return self._is_asked or self._is_closing

    def _line(self, alert: Alert) -> bytes:
        """Return the published line without its end; nothing for an alert that cannot be kept."""
        try:
            line = alert_line(alert)[:-1]
        except Exception as error:  # noqa: BLE001 - the thread's door: one alert must not end it
            return self._refuse(alert, f"{type(error).__name__}: {error}")
        return line if len(line) <= MAX_LINE_BYTES else self._refuse(alert, "it is longer than 1 MiB")

    def _refuse(self, alert: Alert, problem: str) -> bytes:
        self.queue_dropped += 1
        self._say(f"spool: alert {alert.alert_id} is dropped: {problem}")
        return b""

    def _settle(self, amount: int) -> None:
        with self._changed:
            for _ in range(amount):
                self._unsafe.popleft()
            self._settled += amount
            self._changed.notify_all()
