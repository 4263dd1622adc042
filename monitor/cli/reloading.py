"""Reads configuration, signatures and databases anew while the sensor works: aside, whole, or not at all."""

import time
from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import NamedTuple

from monitor.export.outbox import Prepared
from monitor.export.sensor_counts import Reload
from monitor.pipeline.sensor import Sensor
from monitor.pipeline.site import Site


class Renewal(NamedTuple):
    """Everything that a configuration names, opened and found whole."""

    site: Site
    outputs: Prepared


PATIENCE_SECONDS = 60.0
"""How long who asked over HTTP waits; the reload itself goes on."""


class Reloading:
    """Opens a new site in a thread and hands it to the sensor between two batches."""

    def __init__(
        self,
        sensor: Sensor,
        renewed: Callable[[], Renewal],
        taken: Callable[[Renewal], None],
        say: Callable[[str], None],
        mention: Callable[[str], None],
    ) -> None:
        """``renewed`` opens everything aside; ``taken`` is told, between two batches, of what is in use now.

        What went wrong is for ``say``, that all went well for ``mention``.
        """
        self.outcome = Reload(is_successful=True, last_success_ns=time.time_ns())
        self._sensor = sensor
        self._renewed = renewed
        self._taken = taken
        self._say = say
        self._mention = mention
        self._busy = Lock()
        self._done = Event()
        self._problem: str | None = None

    def begin(self) -> None:
        """Start a reload, unless one runs already; for a signal handler."""
        if not self._busy.acquire(blocking=False):
            return
        self._done.clear()
        try:
            Thread(target=self._open, name="reload", daemon=True).start()
        except RuntimeError:  # the system has no more threads
            self._end("no thread to open it in")

    def now(self) -> str | None:
        """Reload and wait; return why it was refused, None when it was not."""
        self.begin()
        if not self._done.wait(PATIENCE_SECONDS):
            return "the reload goes on; look at umbilical_config_last_reload_successful"
        return self._problem

    def _open(self) -> None:
        try:
            renewal = self._renewed()
        except MemoryError:
            self._end("no memory for a second set of signatures and databases")
        except Exception as error:  # noqa: BLE001 - whatever it is, the old configuration stays and the next reload is not barred
            self._end(_reason(error))
        else:
            self._sensor.soon(lambda: self._swap(renewal))

    def _swap(self, renewal: Renewal) -> None:
        """Put what is new in place; in the main thread, between two batches."""
        try:
            self._sensor.reload(renewal.site)
            self._taken(renewal)
        except Exception as error:  # noqa: BLE001 - as above
            self._end(_reason(error))
        else:
            self._end(None)

    def _end(self, problem: str | None) -> None:
        self._problem = problem
        if problem is None:
            self.outcome = Reload(is_successful=True, last_success_ns=time.time_ns())
            self._mention("reloaded: configuration, signatures and databases are the new ones")
        else:
            self.outcome = self.outcome._replace(is_successful=False)
            self._say(f"not reloaded, the old configuration stays: {problem}")
        self._busy.release()
        self._done.set()


def _reason(error: Exception) -> str:
    """Return what is wrong: the words of what people can mend, and the kind of what they cannot."""
    if isinstance(error, (ValueError, OSError)) and str(
        error
    ):  # ConfigError and SignatureError are ValueErrors
        return str(error)
    return f"internal error: {type(error).__name__}: {error}"
