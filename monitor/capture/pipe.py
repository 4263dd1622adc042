"""A capture that another program writes while it is read: ``tcpdump -U -w - | umbilical watch -``.

Frames are handed on as they come, and when none come, time passes at the rate of the clock, counted from the newest
frame: the writer's clock may be anywhere. Let the writer flush each packet (``-U``), else its frames come late.

Reading waits for the writer, so a thread reads; it and the reader of batches take turns, for a batch refers to a buffer
that is used again. The thread begins with the first batch, when rights were given away: Linux keeps them by thread.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from queue import Empty, SimpleQueue

import numpy as np

from monitor.capture.bytestream import STDIN
from monitor.capture.damage import Damage
from monitor.capture.replay import TALLY_KEYS as REPLAY_KEYS
from monitor.capture.replay import Replay
from monitor.capture.source import BATCH_FRAMES, TALLY_KEYS, TICK_SECONDS, InterfaceCounts
from monitor.model.frame import FRAME, FrameBatch, Interface
from monitor.model.tally import Tally

LAG_NS = 1_000_000_000
"""How far the time of a silent pipe stays behind, for frames that are on their way."""


class _Ended:
    """There is nothing more."""


class _Told:
    """Somebody called ``stop``."""


_News = FrameBatch | BaseException | _Ended | _Told


class Pipe:
    """Reads one capture that grows; ``batches`` raises ValueError or OSError when it is none."""

    def __init__(self, path: str = STDIN) -> None:
        self.tally = Tally({*REPLAY_KEYS, *TALLY_KEYS})
        self._path = path
        self._replay: Replay | None = None
        self._asked: SimpleQueue[bool] = SimpleQueue()
        self._news: SimpleQueue[_News] = SimpleQueue()
        self._is_stopping = self._is_over = False
        self._clock_ns = self._ordinal = 0
        self._last_frame = 0.0
        self._frames: Counter[int] = Counter()
        self._bytes: Counter[int] = Counter()
        self._last_ns: Counter[int] = Counter()

    @property
    def interfaces(self) -> list[Interface]:
        """What ``FRAME.interface`` refers to; grows while batches are read."""
        return [] if self._replay is None else self._replay.interfaces

    @property
    def damage(self) -> list[Damage]:
        """Why it ended before its end."""
        return [] if self._replay is None else self._replay.damage

    def batches(self) -> Iterator[FrameBatch]:
        """Yield frames until the writer ends, or until ``stop``; may be called once."""
        # A daemon, because nothing can wake it while its writer is silent.
        threading.Thread(target=self._read, daemon=True, name="pipe").start()
        self._asked.put(True)
        while not self._is_stopping:
            try:
                news = self._news.get(timeout=TICK_SECONDS)
            except Empty:
                yield self._tick()
                continue
            if isinstance(news, BaseException):
                raise news
            if isinstance(news, _Ended):
                self._is_over = True
                return
            if isinstance(news, FrameBatch):
                yield self._noted(news)
                self._asked.put(True)

    def counts(self) -> list[InterfaceCounts]:
        """Return what became of the frames; what the writer says it lost is told with the first interface.

        Until a frame names its interface, the pipe stands for it.
        """
        problem = "the pipe has ended" if self._is_over else ""
        lost = self.tally
        names = [interface.name for interface in self.interfaces] or [self._path]
        return [
            InterfaceCounts(
                name=name,
                is_up=not self._is_over,
                problem=problem,
                frames=self._frames[number],
                frame_bytes=self._bytes[number],
                dropped_ring=0 if number else lost["dropped_by_kernel"],
                dropped_nic=0 if number else lost["dropped_by_interface"],
                last_frame_ns=self._last_ns[number],
            )
            for number, name in enumerate(names)
        ]

    def stop(self) -> None:
        """Make ``batches`` end soon; may be called from a signal handler or another thread."""
        self._is_stopping = True
        self._news.put(_Told())

    def close(self) -> None:
        """Let the thread end, at the latest with the program."""
        self._is_stopping = True
        self._asked.put(False)

    def _tick(self) -> FrameBatch:
        """Say how much time has passed since the last frame; before the first there is no time."""
        if self._last_frame:
            passed_ns = int((time.monotonic() - self._last_frame) * 1e9) - LAG_NS
            self._clock_ns = max(self._clock_ns, max(self._last_ns.values(), default=0) + passed_ns)
        return FrameBatch(
            buffer=np.zeros(0, np.uint8),
            frames=np.zeros(0, FRAME),
            first_ordinal=self._ordinal,
            clock_ns=self._clock_ns,
        )

    def _noted(self, batch: FrameBatch) -> FrameBatch:
        frames = batch.frames
        self._last_frame = time.monotonic()
        self._ordinal = batch.first_ordinal + len(frames)
        self._clock_ns = max(self._clock_ns, batch.clock_ns)
        for number in np.unique(frames["interface"]).tolist():
            own = frames[frames["interface"] == number]
            self._frames[number] += len(own)
            self._bytes[number] += int(own["wire"].sum())
            self._last_ns[number] = max(self._last_ns[number], int(own["ts_ns"].max()))
        if self._replay is not None:
            self.tally.counts |= self._replay.tally.counts
        return replace(batch, clock_ns=self._clock_ns)

    def _read(self) -> None:
        """Read when asked, until told otherwise; runs in its own thread."""
        try:
            with closing(Replay([self._path], BATCH_FRAMES)) as self._replay:
                batches = self._replay.batches()
                while self._asked.get():
                    self._news.put(next(batches, _Ended()))
        except (ValueError, OSError) as error:
            self._news.put(error)
