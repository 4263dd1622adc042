"""Finds the packets of an alert in a folder of recorded captures, by the comments that the recorder wrote."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from monitor.capture.replay import Replay
from monitor.export.record_note import MARK, Note, read
from monitor.model.frame import FrameBatch, Interface
from monitor.model.instant import rfc3339

Record = dict[str, Any]
PATTERN = "umbilical-*.pcapng"
MAX_FOUND = 20_000
"""Packets of one alert that are counted; a recorder keeps fewer of a flow."""
MAX_EVIDENCE = 8
"""Packets that stand for an alert whose line is not there."""
_ONLY_PACKETS = "Only its packets are at hand; the alert's line, which --lines FILE names, tells its story."


class Recorded(NamedTuple):
    """One packet in a file of the recording."""

    path: str
    number: int
    """Its place in that file, as tshark counts."""
    time: str
    """As alert lines have it."""
    interface: str
    note: Note


def recorded(folder: Path, alert: Record) -> list[Recorded]:
    """Return the packets of an alert, oldest file first; raises OSError when there is no such folder."""
    wanted = _Wanted(alert)
    found: list[Recorded] = []
    for one in _all(folder, wanted.words):
        if wanted.is_met(one.note):
            found.append(one)
            if len(found) == MAX_FOUND:
                break
    return found


def alerts_in(folder: Path, beginning: str) -> list[Record]:
    """Return what a recording tells of alerts with an id: less than their lines do."""
    known: dict[str, Record] = {}
    for one in _all(folder, (beginning,)):
        for alert_id in one.note.alerts:
            if alert_id.startswith(beginning):
                record = known.setdefault(alert_id, _record(alert_id, one.note.title))
                if len(record["evidence"]) < MAX_EVIDENCE:
                    record["evidence"].append(_evidence(one))
    return list(known.values())


def is_of(one: Recorded, entry: Record) -> bool:
    """Whether a packet is the one that a piece of evidence names."""
    return one.note.frame == entry.get("frame") and one.time == entry.get("time")


class _Wanted:
    """What says that a packet belongs to an alert: its id, its flows, or a look-up that led there."""

    def __init__(self, alert: Record) -> None:
        evidence = alert.get("evidence")
        entries = evidence if isinstance(evidence, list) else []
        flows = [one.get("community_id") for one in entries if isinstance(one, dict)]
        self._id = str(alert.get("alert_id") or "")
        self._flows = {flow for flow in flows if isinstance(flow, str) and flow}
        self._look_up = (alert.get("remote_name"), alert.get("device_ip"))
        names = [self._look_up[0]] if isinstance(self._look_up[0], str) else []
        self.words = tuple(filter(None, (self._id, *self._flows, *names)))

    def is_met(self, note: Note) -> bool:
        return (
            self._id in note.alerts or note.flow in self._flows or (note.name, note.device) == self._look_up
        )


def _all(folder: Path, words: tuple[str, ...]) -> Iterator[Recorded]:
    """Yield the packets whose comment holds one of some words."""
    if not folder.is_dir():
        raise NotADirectoryError(20, "Not a folder of recorded captures", str(folder))
    for path in sorted(folder.glob(PATTERN)):
        if path.stat().st_size:
            yield from _of_file(str(path), words)


def _of_file(path: str, words: tuple[str, ...]) -> Iterator[Recorded]:
    source = Replay([path])
    try:
        for batch in source.batches():
            yield from _of_batch(path, batch, source.interfaces, words)
    finally:
        source.close()


def _of_batch(
    path: str, batch: FrameBatch, interfaces: list[Interface], words: tuple[str, ...]
) -> Iterator[Recorded]:
    for ordinal, comment in batch.comments.items():
        if not comment.startswith(MARK) or not any(word in comment for word in words):
            continue
        note = read(comment)
        if note is not None:
            row = batch.frames[ordinal - batch.first_ordinal]
            interface = interfaces[int(row["interface"])].name
            yield Recorded(path, int(row["number"]), rfc3339(int(row["ts_ns"])), interface, note)


def _record(alert_id: str, title: str) -> Record:
    return {"alert_id": alert_id, "title": title, "why": _ONLY_PACKETS, "evidence": []}


def _evidence(one: Recorded) -> Record:
    saw = f"a look-up of {one.note.name}" if one.note.name else "a packet of the flow"
    return {
        "capture": one.interface,
        "frame": one.note.frame,
        "community_id": one.note.flow,
        "time": one.time,
        "saw": saw,
    }
