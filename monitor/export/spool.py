"""The spool: alerts are safe on the disk before any output sees them, and the main thread never waits for that.

``put`` hands an alert to a bounded queue; one thread writes what is queued with one wait for the disk and then wakes the
outputs. While the disk is full or broken, alerts stay in the queue; when that is full too, they are counted as dropped.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from threading import Condition, Lock, Thread

from monitor.export._record_line import MAX_LINE_BYTES
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
        self._say = say
        self._waiting: deque[Alert] = deque()
        self._accepted = self._settled = 0
        self._is_closing = False
        lock = Lock()
        self._queued, self._changed = Condition(lock), Condition(lock)
        """For the writer, and for those who wait for what it wrote."""
        self._writer = Thread(target=self._write_on, name="spool", daemon=True)
        self._writer.start()

    def put(self, alert: Alert) -> None:
        """Take an alert; never waits for the disk."""
        with self._changed:
            if len(self._waiting) >= self.queue:
                self.queue_dropped += 1
                return
            self._waiting.append(alert)
            self._accepted += 1
            self._queued.notify()

    def flush(self, patience_seconds: float) -> bool:
        """Wait until everything put so far is safe; False when it takes longer."""
        target = self._accepted
        return self.wait_for(lambda: self._settled >= target, patience_seconds)

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
        return not self._writer.is_alive() and not self._waiting

    def _write_on(self) -> None:
        while alerts := self._next_alerts():
            lines = [line for alert in alerts if (line := self._line(alert))]
            if lines and not self._append(lines):
                return
            self._settle(len(alerts))

    def _next_alerts(self) -> Sequence[Alert]:
        """Wait for alerts; none means the end. They stay in the queue until they are safe."""
        with self._queued:
            self._queued.wait_for(lambda: self._waiting or self._is_closing)
            return list(islice(self._waiting, MOST_AT_ONCE))

    def _append(self, lines: Sequence[bytes]) -> bool:
        """Try until the disk takes them; False when the end has come before that."""
        failed, dropped = 0, self.queue_dropped
        while True:
            try:
                self.store.append(lines)
            except Exception as error:  # noqa: BLE001 - the thread's door: whatever it is may pass
                failed += 1
                self.write_failures += 1
                if failed == 1:
                    problem = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
                    self._say(f"spool: cannot be written: {problem}; alerts wait in memory")
                if self._is_closing:
                    return False
                self._pause(failed)
            else:
                if failed:
                    lost = self.queue_dropped - dropped
                    self._say(f"spool: can be written again; {lost} alerts were dropped meanwhile")
                return True

    def _pause(self, failed: int) -> None:
        delay = min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** min(failed - 1, 16))
        with self._queued:
            self._queued.wait_for(lambda: self._is_closing, delay)

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

    def _settle(self, count: int) -> None:
        with self._changed:
            for _ in range(count):
                self._waiting.popleft()
            self._settled += count
            self._changed.notify_all()
