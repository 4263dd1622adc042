"""Finds the alerts that a person wants explained: in a JSON line, a file of lines, a recording, or by replaying captures."""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from monitor.cli.failure import fail, told_plainly
from monitor.cli.running import Request, run

Record = dict[str, Any]
"""An alert line."""
MAX_ALERTS = 5
"""Alerts that are explained at once; nobody reads more."""
MAX_LINE_BYTES = 1 << 20
_ID = re.compile(r"[0-9a-f]{4,16}")
_STDIN, _STDIN_NAME = "-", "standard input"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The alerts, and how many more there were."""

    alerts: list[Record]
    more: int = 0
    place: str = ""
    """Where they were looked for, in words."""


def in_text(text: str) -> Found:
    """Return the alert of a line that was given as an argument."""
    return Found(alerts=[_record(text.encode(), "the alert")])


def in_lines(name: str, wanted: str | None = None) -> Found:
    """Return the alerts of a file of lines, or of standard input; those with an id when one is wanted."""
    with told_plainly():
        if name == _STDIN:
            return _chosen(_records(sys.stdin.buffer, _STDIN_NAME), wanted, _STDIN_NAME)
        with Path(name).open("rb") as stream:
            return _chosen(_records(stream, name), wanted, name)


def in_captures(request: Request, wanted: str) -> Found:
    """Replay captures and return the alerts with an id."""
    from monitor.export.jsonl import alert_record
    from monitor.model.alert import Alert

    found: list[Record] = []

    def keep(alert: Alert) -> None:
        if alert.alert_id.startswith(wanted) and len(found) < MAX_ALERTS:
            found.append(json.loads(json.dumps(alert_record(alert), default=str)))

    run(request, story=keep)
    return Found(alerts=found, place=", ".join(request.captures))


def in_recording(folder: Path, wanted: str) -> Found:
    """Return what recorded packets tell of the alerts with an id."""
    from monitor.cli.record_search import alerts_in

    with told_plainly():
        alerts = alerts_in(folder, wanted)
    return Found(alerts=alerts[:MAX_ALERTS], more=len(alerts[MAX_ALERTS:]), place=str(folder))


def is_id(text: str) -> bool:
    """Whether a text may be an alert id, or the beginning of one, in any case."""
    return _ID.fullmatch(text.lower()) is not None


def _chosen(records: Iterator[Record], wanted: str | None, place: str) -> Found:
    found: list[Record] = []
    more = 0
    for record in records:
        if wanted is not None and not str(record["alert_id"]).startswith(wanted):
            continue
        if len(found) < MAX_ALERTS:
            found.append(record)
        else:
            more += 1
    return Found(alerts=found, more=more, place=place)


def _records(stream: BinaryIO, name: str) -> Iterator[Record]:
    number = 0
    while line := stream.readline(MAX_LINE_BYTES):
        number += 1
        if line.strip():
            yield _record(line, f"{name}:{number}")


def _record(line: bytes, place: str) -> Record:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict) or "alert_id" not in record:
        fail(f"{place}: not an alert line; umbilical replay --json writes them")
    return record
