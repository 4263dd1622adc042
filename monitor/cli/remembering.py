"""The checkpoint of a sensor: read before it starts, given to it, and set aside when it is of no use."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from monitor.cli.failure import say
from monitor.export.checkpoint import DamagedCheckpoint, read, set_aside
from monitor.export.outbox import Outbox
from monitor.export.published import alert_of
from monitor.export.saver import Saver
from monitor.export.sensor_counts import Checkpoint
from monitor.pipeline.checkpoint import Remembered, remembered
from monitor.pipeline.sensor import Sensor

FILE = "sensor.checkpoint"


class Memory:
    """What an earlier run left; nothing where there is no folder."""

    def __init__(self, folder: Path | None, captures: Sequence[str], workers: int) -> None:
        self.path = None if folder is None else folder / FILE
        self.keeper = None if self.path is None else Saver(self.path)
        self._known = self._read(captures, workers)
        self._failures = self._saved = 0
        self._is_failing = False

    @property
    def fronts(self) -> Sequence[Any]:
        """States of the fronts, one for each worker, or none."""
        return () if self._known is None else self._known.fronts

    @property
    def counts(self) -> Checkpoint:
        """What metrics show."""
        if self.keeper is None:
            return Checkpoint()
        health = self.keeper.health
        return Checkpoint(health.last_success_ns, health.bytes, health.failures)

    def notice(self, say: Callable[[str], None]) -> None:
        """Say that saving began to fail, or that it works again."""
        if self.keeper is None:
            return
        health = self.keeper.health
        failed, saved = health.failures > self._failures, health.saved > self._saved
        if failed and not self._is_failing:
            say(f"{self.path}: cannot be saved: {health.last_failure}; the sensor goes on, and tries again")
        elif saved and not failed and self._is_failing:
            say(f"{self.path}: is saved again")
        self._is_failing = failed or (self._is_failing and not saved)
        self._failures, self._saved = health.failures, health.saved

    def recall(self, sensor: Sensor, outbox: Outbox) -> None:
        """Give a fresh sensor what is known, and the alerts that were published since."""
        sequence = 0
        if self._known is not None:
            try:
                sensor.back.restore(self._known.back)
                sequence = self._known.moment.spool_sequence
            except ValueError as error:
                self.give_up(str(error))
        listed = {alias.name for alias in sensor.site.config.site.devices}
        for told in outbox.records_after(sequence):
            try:
                sensor.back.book.adopt(alert_of(told.record, listed))
            except ValueError as error:
                say(f"spool: alert {told.sequence} is not taken back: {error}")

    def forget(self) -> None:
        """Give back the memory of what was read: all who need it have it."""
        if self._known is not None:
            for state in (*self._known.fronts, self._known.back):
                state.clear()  # who forked meanwhile holds it too
            self._known = None

    def give_up(self, reason: str) -> None:
        """Begin anew: the checkpoint cannot be used."""
        self._known = None
        if self.path is not None and self.path.exists():
            say(f"{reason}; begins anew, the file is kept as {set_aside(self.path)}")

    def _read(self, captures: Sequence[str], workers: int) -> Remembered | None:
        if self.path is None:
            return None
        try:
            return remembered(read(self.path), workers=workers, captures=captures)
        except FileNotFoundError:
            return None
        except DamagedCheckpoint as error:
            self.give_up(str(error))
        except ValueError as error:
            self.give_up(f"{self.path}: {error}")
        return None
