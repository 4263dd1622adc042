"""A capture file in the place of an interface, and an interface whose frames become a capture file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from monitor.capture.replay import Replay
from monitor.capture.source import InterfaceCounts
from tests.kit.captures import pcap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from monitor.capture.source import Source
    from monitor.model.frame import FrameBatch, Interface


class FileSource:
    """Reads a capture as a live source would be read: the same contract, the same frames, at the speed of the disk."""

    def __init__(self, capture: str, batch_frames: int = 64) -> None:
        self._replay = Replay([capture], batch_frames=batch_frames)
        self.tally = self._replay.tally
        self._is_stopping = False
        self.is_closed = False

    @property
    def interfaces(self) -> list[Interface]:
        return [replace(one, name="tap0", capture="tap0") for one in self._replay.interfaces]

    def batches(self) -> Iterator[FrameBatch]:
        try:
            for batch in self._replay.batches():
                if self._is_stopping:
                    return
                yield batch
        finally:
            self._replay.close()

    def counts(self) -> list[InterfaceCounts]:
        frames = self._replay.tally["frames"]
        return [InterfaceCounts(name=one.name, is_up=True, frames=frames) for one in self.interfaces]

    def stop(self) -> None:
        self._is_stopping = True

    def close(self) -> None:
        self.is_closed = True
        self._replay.close()


class RecordedSource:
    """Hands on what another source brings, and writes it to a capture file, to be replayed."""

    def __init__(self, source: Source, path: Path) -> None:
        self._source = source
        self._path = path
        self.tally = source.tally

    @property
    def interfaces(self) -> Sequence[Interface]:
        return self._source.interfaces

    def batches(self) -> Iterator[FrameBatch]:
        records = []
        for batch in self._source.batches():
            for frame in batch.frames:
                first = int(frame["offset"])
                data = batch.buffer[first : first + int(frame["captured"])].tobytes()
                records.append((int(frame["ts_ns"]), data))
            yield batch
        self._path.write_bytes(pcap(records))

    def counts(self) -> list[InterfaceCounts]:
        return self._source.counts()

    def stop(self) -> None:
        self._source.stop()

    def close(self) -> None:
        self._source.close()
