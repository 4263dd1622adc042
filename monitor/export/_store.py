"""What the spool is kept in, and the store without a disk: alerts in memory, lost with the process."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from itertools import islice
from threading import Lock
from typing import Protocol

from monitor.export._record_line import SpoolRecord, framed


class Reader(Protocol):
    """One output's way through the store, forwards only."""

    position: int
    """Number up to which it has read."""
    lost: int
    """Alerts that it passed over because the disk does not have them any more."""

    def take(self, most: int) -> list[SpoolRecord]:
        """Return what comes next, in order; nothing at the end."""
        ...


class Store(Protocol):
    """Keeps the latest alerts within a bound, numbered; one thread appends, others read."""

    limit_bytes: int
    last_sequence: int
    """Of the last alert that is safe."""
    dropped: Counter[str]
    """Alerts that had to make room before an output had them, by output."""
    damaged: int
    """Alerts found damaged at the start."""
    torn_bytes: int
    """Bytes of an unfinished write, cut off at the start."""

    @property
    def size_bytes(self) -> int: ...

    def append(self, lines: Sequence[bytes]) -> None:
        """Return when they are safe; raises OSError when they are not, and then they may be appended again."""
        ...

    def register(self, output: str) -> int:
        """Return how far an output has come; one that is new begins with what comes next."""
        ...

    def advance(self, output: str, sequence: int) -> None:
        """An output has everything up to here."""
        ...

    def leave(self, output: str) -> None:
        """An output is no longer configured; how far it came is kept in case it comes back."""
        ...

    def reader(self, after: int) -> Reader: ...

    def pending(self, after: int) -> int:
        """Return how many alerts there are behind a number."""
        ...

    def close(self) -> None: ...


class MemoryStore:
    """For a sensor that has no folder for its state."""

    def __init__(self, limit_bytes: int, first_sequence: int = 1) -> None:
        self.limit_bytes = limit_bytes
        self.size_bytes = 0
        self.last_sequence = first_sequence - 1
        self.dropped: Counter[str] = Counter()
        self.damaged = self.torn_bytes = 0
        self._records: deque[SpoolRecord] = deque()
        self._cursors: dict[str, int] = {}
        self._lock = Lock()

    def append(self, lines: Sequence[bytes]) -> None:
        with self._lock:
            for line in lines:
                record = SpoolRecord(self.last_sequence + 1, line)
                self._records.append(record)
                self.last_sequence = record.sequence
                self.size_bytes += len(framed(record))
            while self.size_bytes > self.limit_bytes and len(self._records) > 1:
                self._drop_oldest()

    def register(self, output: str) -> int:
        return self._cursors.setdefault(output, self.last_sequence)

    def advance(self, output: str, sequence: int) -> None:
        self._cursors[output] = max(sequence, self._cursors[output])

    def leave(self, output: str) -> None:
        """Its cursor stays here; there is no other place."""

    def reader(self, after: int) -> Reader:
        return _MemoryReader(self, after)

    def records_after(self, after: int, most: int) -> list[SpoolRecord]:
        with self._lock:
            return list(islice(self._after(after), most))

    def pending(self, after: int) -> int:
        return min(len(self._records), max(0, self.last_sequence - after))

    def close(self) -> None:
        """There is nothing to let go of."""

    def _after(self, after: int) -> Iterable[SpoolRecord]:
        """Numbers have no gaps here."""
        if not self._records:
            return ()
        return islice(self._records, max(0, after + 1 - self._records[0].sequence), None)

    def _drop_oldest(self) -> None:
        record = self._records.popleft()
        self.size_bytes -= len(framed(record))
        self.dropped.update(name for name, cursor in self._cursors.items() if cursor < record.sequence)


class _MemoryReader:
    def __init__(self, store: MemoryStore, after: int) -> None:
        self._store = store
        self.position = after
        self.lost = 0

    def take(self, most: int) -> list[SpoolRecord]:
        records = self._store.records_after(self.position, most)
        if records:
            self.position = records[-1].sequence
        return records
