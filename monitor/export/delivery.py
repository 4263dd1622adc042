"""Brings alerts from the spool to one output: in order, at least once, for as long as it takes.

Rule 1: the cursor moves only after the output has what is before it.
Rule 2: an output that is down, slow or hangs holds up nothing but itself.
Rule 3: an alert that the far end will never take is put aside and counted, so that the others get through.
"""

import math
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any, NamedTuple

import orjson

from monitor.export._outage import Outage
from monitor.export._record_line import SpoolRecord
from monitor.export._rejected import RejectedFile
from monitor.export.sensor_counts import Delivery as DeliveryCounts
from monitor.export.spool import Spool
from monitor.model.alert import Exporter, Postponed, Rejected

MOST_AT_ONCE = 500
LONGEST_IDLE_SECONDS = 60.0
MAX_DOUBLINGS = 20


class Pace(NamedTuple):
    """How long an output is left alone after it failed."""

    first_seconds: float = 1.0
    """After the first failure; it doubles with each further one, and each time part of it is left to chance."""
    longest_seconds: float = 60.0
    longest_asked_seconds: float = 3600.0
    """What the far end may ask for at most."""


class Terms(NamedTuple):
    """What deliveries have in common."""

    say: Callable[[str], None] = lambda _: None
    """Takes a line for the log, from any thread."""
    pace: Pace = Pace()
    rejected_folder: Path | None = None
    """Where rejected alerts are kept; None for nowhere."""


class Delivery:
    """One output with its thread."""

    def __init__(
        self,
        name: str,
        exporter: Exporter,
        spool: Spool,
        terms: Terms = Terms(),  # noqa: B008 - it is immutable
    ) -> None:
        self.name = name
        self.delivered = self.failures = self.rejected = self.errors = 0
        """``rejected`` were put aside; ``errors`` are faults of this program among them."""
        self.last_success_ns = 0
        self._exporter = exporter
        self._next_exporter: Exporter | None = None
        self._spool = spool
        folder = terms.rejected_folder
        self._rejected_file = None if folder is None else RejectedFile(folder, name)
        self._say = terms.say
        self._pace = terms.pace
        self._random = Random()
        self._cursor = spool.store.register(name)
        self._reader = spool.reader(self._cursor)
        self._batch: list[SpoolRecord] = []
        self._singly_until = 0
        """Up to this number alerts go one by one: together they were rejected."""
        self._failed_in_a_row = 0
        """By the exporter in use: how long to leave it alone."""
        self._outage = Outage(f"export.{name}", terms.say)
        self._is_rejecting = False
        """The latest was put aside: those that follow it are counted, not said."""
        self._earlier_failures = 0
        """Those that former exporters kept to themselves."""
        self._refreshed = -math.inf
        self._is_stopping = False
        self._thread = Thread(target=self._run, name=f"export.{name}", daemon=True)
        self._thread.start()

    @property
    def pending(self) -> int:
        """Alerts in the spool, on disk or still in memory, that the output does not have yet."""
        return self._spool.pending(self._cursor)

    @property
    def is_failing(self) -> bool:
        """Whether the latest attempt failed."""
        return self._failed_in_a_row > 0

    def counts(self) -> DeliveryCounts:
        """Return what metrics show."""
        return DeliveryCounts(
            delivered=self.delivered,
            failures=self.failures + self._earlier_failures + getattr(self._exporter, "failures", 0),
            pending=self.pending,
            dropped=self._spool.store.dropped[self.name] + self._reader.lost,
            last_success_ns=self.last_success_ns,
            rejected=self.rejected,
        )

    def exchange(self, exporter: Exporter) -> None:
        """Use another exporter from the next attempt on."""
        passed_over, self._next_exporter = self._next_exporter, exporter
        self._spool.wake()
        if passed_over is not None:
            passed_over.close()

    def tell_to_stop(self) -> None:
        """End after the attempt that is under way; what is left waits in the spool."""
        self._is_stopping = True
        self._spool.wake()

    def join(self, seconds: float) -> bool:
        """Wait for the end; False when the output still hangs in its own time-out."""
        self._thread.join(max(0.0, seconds))
        return not self._thread.is_alive()

    def _run(self) -> None:
        self._recall()
        while not self._is_stopping:
            delay = self._step()
            if delay:
                self._spool.wait_for(self._is_called, delay)
        for one in (self._exporter, self._next_exporter):
            with suppress(OSError):
                if one is not None:
                    one.close()

    def _is_called(self) -> bool:
        return self._is_stopping or self._next_exporter is not None

    def _step(self) -> float:
        """Deliver once, or wait for alerts; return how long to leave the output alone."""
        try:
            self._change()
            self._refresh()
            known = self._spool.newest
            if self._batch or self._has_more():
                is_single = self._batch[0].sequence <= self._singly_until
                self._deliver(self._batch[: 1 if is_single else self._most()])
            else:
                self._wait_for_alerts(known)
        except OSError as error:
            return self._failed(error)
        except Exception as error:  # noqa: BLE001 - the thread's door: no fault of ours may end it
            self.errors += 1
            return self._failed(OSError(f"{type(error).__name__}: {error}"))
        return 0

    def _most(self) -> int:
        return max(1, min(MOST_AT_ONCE, self._exporter.batch_size))

    def _has_more(self) -> bool:
        """Take the next alerts; what the disk lost is passed over."""
        self._batch = self._reader.take(self._most())
        if not self._batch and self._reader.position > self._cursor:
            self._cursor = self._reader.position
            self._spool.store.advance(self.name, self._cursor)
        return bool(self._batch)

    def _deliver(self, records: Sequence[SpoolRecord]) -> None:
        try:
            self._exporter.deliver([orjson.loads(record.json) for record in records])
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - as above, and no record may hold up the others
            self._refused(records, error)
        else:
            self.delivered += len(records)
            self.last_success_ns = time.time_ns()
            self._is_rejecting = False
            self._recovered()
            self._advance(records)

    def _recovered(self) -> None:
        self._failed_in_a_row = 0
        self._outage.end()

    def _refused(self, records: Sequence[SpoolRecord], error: Exception) -> None:
        """Together they were refused: try them alone; alone it was: put it aside."""
        if len(records) > 1:
            self._singly_until = records[-1].sequence
            return
        if not isinstance(error, Rejected):
            self.errors += 1
        reason = str(error) if isinstance(error, Rejected) else f"{type(error).__name__}: {error}"
        if self._rejected_file is not None:
            self._rejected_file.put(records[0].sequence, reason, _shown(records[0].json))
        self.rejected += 1
        if not self._is_rejecting:
            self._say(f"export.{self.name}: an alert was put aside: {reason}")
        self._is_rejecting = True
        self._advance(records)

    def _advance(self, records: Sequence[SpoolRecord]) -> None:
        del self._batch[: len(records)]
        self._cursor = records[-1].sequence
        self._spool.store.advance(self.name, self._cursor)

    def _failed(self, error: OSError) -> float:
        self.failures += 1
        self._failed_in_a_row += 1
        self._outage.note(str(error), time.monotonic())
        doublings = min(self._failed_in_a_row - 1, MAX_DOUBLINGS)
        delay = min(self._pace.longest_seconds, self._pace.first_seconds * 2**doublings)
        delay *= self._random.uniform(0.5, 1.0)
        asked = error.seconds if isinstance(error, Postponed) else 0.0
        return float(max(delay, min(asked, self._pace.longest_asked_seconds)))

    def _wait_for_alerts(self, known: int) -> None:
        every: float = getattr(self._exporter, "refresh_every_seconds", LONGEST_IDLE_SECONDS)
        seconds = min(LONGEST_IDLE_SECONDS, max(0.01, self._refreshed + every - time.monotonic()))
        spool = self._spool
        spool.wait_for(lambda: spool.newest != known or self._is_called(), seconds)

    def _change(self) -> None:
        following, self._next_exporter = self._next_exporter, None
        if following is not None:
            with suppress(OSError):
                self._exporter.close()
            self._earlier_failures += getattr(self._exporter, "failures", 0)
            self._exporter = following
            self._failed_in_a_row = 0
            self._outage.say_next()
            self._refreshed = -math.inf
            self._recall()

    def _recall(self) -> None:
        """Show the exporter what was told before, if it wants to know."""
        recall: Any = getattr(self._exporter, "recall", None)
        if recall is None:
            return
        reader = self._spool.reader(-1)
        try:
            while records := reader.take(MOST_AT_ONCE):
                recall([orjson.loads(one.json) for one in records if one.sequence <= self._cursor])
                if records[-1].sequence >= self._cursor:
                    return
        except Exception as error:  # noqa: BLE001 - as above
            self._say(f"export.{self.name}: what was told earlier cannot be read: {error}")

    def _refresh(self) -> None:
        every: float | None = getattr(self._exporter, "refresh_every_seconds", None)
        if every is None or time.monotonic() - self._refreshed < every:
            return
        self._refreshed = time.monotonic()
        refresh: Any = self._exporter
        refresh.refresh()
        self._recovered()


def _shown(told: bytes) -> Any:
    try:
        return orjson.loads(told)
    except ValueError:
        return told.decode("utf-8", "replace")
