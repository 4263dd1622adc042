"""Alerts on standard output as they happen, for a person or for another program; who reads slowly holds up nothing."""

import sys
from collections.abc import Callable
from queue import Full, Queue
from threading import Thread

from monitor.cli.words import safe
from monitor.export.jsonl import alert_line
from monitor.model.alert import Alert, AlertState
from monitor.model.instant import rfc3339

MOST_WAITING = 10_000
"""Alerts that wait for the reader of standard output; more are dropped and counted."""
PATIENCE_SECONDS = 2.0

Write = Callable[[Alert], None]


class Teller:
    """Writes alerts in a thread of its own; ``gone`` is called when the reader has gone."""

    def __init__(self, write: Write, gone: Callable[[], None]) -> None:
        self.dropped = 0
        self._write = write
        self._gone = gone
        self._waiting: Queue[Alert | None] = Queue(MOST_WAITING)
        self._thread = Thread(target=self._run, name="stdout", daemon=True)
        self._thread.start()

    def tell(self, alert: Alert) -> None:
        """Take an alert; never waits."""
        try:
            self._waiting.put_nowait(alert)
        except Full:
            self.dropped += 1

    def close(self) -> None:
        """Write what waits, for a moment."""
        try:
            self._waiting.put(None, timeout=PATIENCE_SECONDS)
        except Full:
            return
        self._thread.join(PATIENCE_SECONDS)

    def _run(self) -> None:
        while (alert := self._waiting.get()) is not None:
            try:
                self._write(alert)
            except (OSError, ValueError):  # gone, or closed by us
                self._gone()
                return


def as_json(alert: Alert) -> None:
    """Write an alert as its published record."""
    sys.stdout.buffer.write(alert_line(alert))
    sys.stdout.buffer.flush()


def as_line(alert: Alert) -> None:
    """Write an alert as one line for people; what one looks for comes first."""
    print(safe(line_of(alert)), flush=True)


def line_of(alert: Alert) -> str:
    """Return the line."""
    remote = alert.remote_name or alert.remote_ip
    where = "" if remote is None else f" → {remote}"
    country = "" if alert.country is None else f" ({alert.country})"
    state = "over: " if alert.state is AlertState.RESOLVED else ""
    moment = rfc3339(alert.last_seen_ns)[:19]
    who = f"{alert.device}{where}{country}"
    return f"{moment} {alert.severity.value:<8} {state}{alert.title}: {who} [{alert.alert_id}]"
