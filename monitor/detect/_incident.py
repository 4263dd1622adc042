"""One update of one device: which stages were seen, and what came of an image in many parts; in bounded memory."""

from typing import Any, Self

from monitor.detect._image import Image
from monitor.model.instant import rfc3339
from monitor.model.state import checked, is_count, is_list, is_number, is_text, is_texts, maybe

CHECK, DOWNLOAD, COMPLETE = STAGES = ("check", "download", "complete")
MAX_URLS = 16
"""Urls of one incident whose parts are added up; the parts of further ones are told one by one."""


class Parts:
    """What came of one url so far, in answers to Range requests."""

    __slots__ = ("_covered_to", "_total", "bytes_seen", "count")

    def __init__(self) -> None:
        self.count = 0
        self.bytes_seen = 0
        self._covered_to = 0
        self._total: int | None = None

    def add(self, image: Image) -> None:
        """Add a part; one that begins beyond a hole is counted and covers nothing."""
        self.count += 1
        self.bytes_seen += image.bytes_seen
        part = image.part
        if part is None:
            return
        self._total = part.total if part.total is not None else self._total
        if part.first <= self._covered_to and image.complete:
            self._covered_to = max(self._covered_to, part.last + 1)

    def row(self) -> list[Any]:
        """Return everything as plain data."""
        return [self.count, self.bytes_seen, self._covered_to, self._total]

    @classmethod
    def of_row(cls, row: list[Any]) -> Self:
        """Make it again out of a row that was checked."""
        parts = cls()
        parts.count, parts.bytes_seen, parts._covered_to, parts._total = row
        return parts

    @property
    def whole(self) -> bool:
        """Whether every byte of the image came, from the first to the last in order."""
        return self._total is not None and self._covered_to >= self._total


class Incident:
    """The stages of an update, in their order, and the parts of its images."""

    __slots__ = ("_checked_ns", "_parts", "_stages")

    def __init__(self) -> None:
        self._stages: set[str] = set()
        self._checked_ns: int | None = None
        self._parts: dict[str, Parts] = {}

    def row(self) -> list[Any]:
        """Return everything as plain data."""
        stages = [stage for stage in STAGES if stage in self._stages]
        return [self._checked_ns, stages, [[url, *parts.row()] for url, parts in self._parts.items()]]

    @classmethod
    def of_row(cls, row: list[Any]) -> Self:
        """Make it again; raises ValueError."""
        checked([row], "incident", maybe(is_number), is_texts, is_list)
        incident = cls()
        incident._checked_ns, stages, table = row
        incident._stages = set(stages) & set(STAGES)
        parts = checked(table, "parts", is_text, is_count, is_count, is_count, maybe(is_count))[:MAX_URLS]
        incident._parts = {url: Parts.of_row(one) for url, *one in parts}
        return incident

    def check(self, ts_ns: int) -> None:
        """Note the first contact with the endpoint."""
        if self._checked_ns is None:
            self._checked_ns = ts_ns
            self._stages.add(CHECK)

    def reach(self, stage: str) -> None:
        """Note a stage; who saw the whole saw the download."""
        self._stages |= {DOWNLOAD, stage}

    def parts_with(self, seen: Image) -> Parts | None:
        """Add an answer to the parts of its url; None when it brought the whole."""
        if seen.part is None:
            return None
        parts = self._parts.get(seen.url) or Parts()
        if len(self._parts) < MAX_URLS:
            self._parts[seen.url] = parts
        parts.add(seen)
        return parts

    def details(self) -> dict[str, Any]:
        """Return the stages so far, for the alert."""
        stages = [stage for stage in STAGES if stage in self._stages]
        checked = None if self._checked_ns is None else rfc3339(self._checked_ns)
        return {"stage": stages[-1] if stages else None, "stages": stages, "checked": checked}
