"""Live: network interfaces as one stream of frame batches, the twin of ``Replay``.

A batch refers to the rings themselves; what it used goes back to the kernel when the next batch is asked for. When no
frame comes, an empty batch says every tenth of a second that time has passed: by the wall clock, but never beyond a frame
that may still lie in a ring.
"""

import os
import secrets
import select
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress

import numpy as np
from numpy.typing import NDArray

from monitor.capture.arena import Arena
from monitor.capture.clock import WallClock
from monitor.capture.fanout import spreading
from monitor.capture.interleave import next_rows, safe_ns
from monitor.capture.lane import Lane
from monitor.capture.ring import BLOCK_BYTES, Fanout
from monitor.capture.settings import Settings
from monitor.capture.source import BATCH_FRAMES, TALLY_KEYS, TICK_SECONDS, InterfaceCounts
from monitor.model.frame import FRAME, FrameBatch, Interface
from monitor.model.tally import Tally

PATIENCE_SECONDS = 0.25
"""How long frames wait for older ones of another interface; the kernel hands blocks over sooner."""
FAREWELL_SECONDS = 0.1
"""How long what was received before the stop may still be read."""
REST_SECONDS = 0.02
"""From one batch to the next where there is no hurry: few large batches cost less than many small ones."""
REST_SHARE = 1 / 16
"""There is no hurry as long as a batch takes no more of a ring, and no more than half of its rows."""
_SHORT_WAIT_SECONDS = 0.005
_ERRORS = select.POLLERR | select.POLLHUP | select.POLLNVAL


class Live:
    """Reads interfaces; raises ValueError for one that is not there, PermissionError when it may not."""

    def __init__(
        self,
        names: Sequence[str],
        settings: Settings | None = None,
        *,
        fanouts: Sequence[Fanout] = (),
        counts_nic: bool = True,
    ) -> None:
        settings = settings or Settings()
        _check_names(names)
        self.tally = Tally(TALLY_KEYS)
        self._clock = WallClock(self.tally)
        self._clock_ns = 0
        self._ordinal = 0
        self._wake: int | None = None
        self._is_stopping = False
        self._farewell = 0.0
        self._held_since = 0.0
        self._last_batch = self._last_read = 0.0
        self._arena = Arena(len(names), settings.ring_size_bytes // BLOCK_BYTES * BLOCK_BYTES)
        self._lanes: list[Lane] = []
        with ExitStack() as undo:
            undo.callback(self.close)
            self._open(names, settings, fanouts, counts_nic=counts_nic)
            undo.pop_all()

    @classmethod
    def team(cls, names: Sequence[str], settings: Settings | None = None, workers: int = 1) -> "list[Live]":
        """Open interfaces for processes to come: one source for each, which share the frames by their addresses.

        Each process keeps its own and closes the others.
        """
        settings = settings or Settings()
        if workers == 1:
            return [cls(names, settings)]
        _check_names(names)
        programs = spreading(names, secrets.token_bytes(16), inner=settings.spread_by == "inner")
        fanouts = [Fanout(None, program) for program in programs]
        members: list[Live] = []
        with ExitStack() as undo:
            for worker in range(workers):
                member = cls(names, settings, fanouts=fanouts, counts_nic=worker == 0)
                undo.callback(member.close)
                members.append(member)
                fanouts = member.fanouts
            undo.pop_all()
        return members

    @property
    def interfaces(self) -> list[Interface]:
        """What ``FRAME.interface`` refers to."""
        return [lane.interface for lane in self._lanes]

    @property
    def fanouts(self) -> list[Fanout]:
        """The groups that share the frames, by interface."""
        return [lane.fanout for lane in self._lanes if lane.fanout is not None]

    def batches(self) -> Iterator[FrameBatch]:
        """Yield frames until ``stop``; a batch is valid until the next is asked for."""
        self._wake = os.eventfd(int(self._is_stopping))
        self._last_batch = time.monotonic()
        try:
            while self._goes_on():
                rows = self._next()
                if rows is not None:
                    is_hurried = self._is_hurried(rows)
                    yield from self._filled(rows)
                    if not is_hurried:
                        self._rest()
                else:
                    yield from self._tick()
                    self._wait()
        finally:
            for lane in self._lanes:
                lane.count_rest()

    def counts(self) -> list[InterfaceCounts]:
        """Return what became of the frames, by interface."""
        return [lane.counts() for lane in self._lanes]

    def stop(self) -> None:
        """Make ``batches`` end soon; may be called from a signal handler or another thread."""
        self._is_stopping = True
        if self._wake is not None:
            with suppress(OSError):
                os.eventfd_write(self._wake, 1)

    def close(self) -> None:
        """Give the rings back; frames of the last batch read as zeros from now on."""
        for lane in self._lanes:
            lane.close()
        if self._wake is not None:
            os.close(self._wake)
            self._wake = None

    def _open(
        self, names: Sequence[str], settings: Settings, fanouts: Sequence[Fanout], *, counts_nic: bool
    ) -> None:
        for number, name in enumerate(names):
            lane = Lane(name, number, settings, self._arena)
            lane.tally.counts_nic = counts_nic
            self._lanes.append(lane)
        for lane, fanout in zip(self._lanes, fanouts, strict=False):
            lane.join(fanout)
        for lane in self._lanes:
            lane.start()

    def _goes_on(self) -> bool:
        if not self._is_stopping:
            return True
        now = time.monotonic()
        if not self._farewell:
            self._farewell = now + FAREWELL_SECONDS
            for lane in self._lanes:
                lane.finish()
        return now < self._farewell and not all(lane.is_drained for lane in self._lanes)

    def _next(self) -> NDArray[np.void] | None:
        """Return the next frames to pass on, if there are any."""
        for lane in self._lanes:
            lane.give_back()
            lane.look_after()
        now_ns = self._clock.now_ns()
        self._last_read = time.monotonic()
        for lane in self._lanes:
            lane.load()
        rows = next_rows(self._lanes, now_ns, self._clock_ns, is_patient=self._is_patient())
        if rows is not None or not any(lane.pending for lane in self._lanes):
            self._held_since = 0.0
        elif not self._held_since:
            self._held_since = time.monotonic()
        return rows

    def _is_hurried(self, rows: NDArray[np.void]) -> bool:
        """Whether more may be waiting than the rings can hold during a rest."""
        if self._is_stopping or len(rows) > BATCH_FRAMES // 2:
            return True
        return any(
            bool(lane.pending) or (lane.ring is not None and lane.ring.held_share > REST_SHARE)
            for lane in self._lanes
        )

    def _rest(self) -> None:
        """Let frames gather, until a little after the last batch was begun or until ``stop``."""
        seconds = self._last_read + REST_SECONDS - time.monotonic()
        if seconds > 0 and self._wake is not None:
            poll = select.poll()
            poll.register(self._wake, select.POLLIN)
            poll.poll(1000 * seconds)

    def _is_patient(self) -> bool:
        if self._is_stopping:
            return False
        return not self._held_since or time.monotonic() - self._held_since < PATIENCE_SECONDS

    def _filled(self, rows: NDArray[np.void]) -> Iterator[FrameBatch]:
        for first in range(0, len(rows), BATCH_FRAMES):
            frames = rows[first : first + BATCH_FRAMES]
            self.tally.add("frames", len(frames))
            self.tally.add("bytes", int(frames["captured"].sum()))
            yield self._batch(frames, int(frames["ts_ns"].max()))

    def _tick(self) -> Iterator[FrameBatch]:
        """Say that time has passed, when nothing else has said so for a while."""
        if time.monotonic() - self._last_batch < TICK_SECONDS:
            return
        safe = safe_ns(self._lanes, self._clock.now_ns())
        if safe > self._clock_ns:
            yield self._batch(np.zeros(0, FRAME), safe)

    def _batch(self, frames: NDArray[np.void], newest_ns: int) -> FrameBatch:
        self._clock_ns = max(self._clock_ns, newest_ns)
        first, self._ordinal = self._ordinal, self._ordinal + len(frames)
        self._last_batch = time.monotonic()
        return FrameBatch(
            buffer=self._arena.buffer, frames=frames, first_ordinal=first, clock_ns=self._clock_ns
        )

    def _wait(self) -> None:
        """Wait for a block, for an error, for ``stop``, or for the next time to say something."""
        poll = select.poll()
        lanes = {}
        for lane in self._lanes:
            # A ring with blocks that are not given back is always ready, which is no news.
            if lane.ring is not None and not lane.pending:
                lanes[lane.ring.fileno()] = lane
                poll.register(lane.ring.fileno(), select.POLLIN)
        is_short = self._held_since or self._is_stopping
        seconds = _SHORT_WAIT_SECONDS if is_short else self._last_batch + TICK_SECONDS - time.monotonic()
        if self._wake is not None and not self._is_stopping:
            poll.register(self._wake, select.POLLIN)
        for descriptor, events in poll.poll(max(1.0, 1000 * seconds)):
            if descriptor in lanes and events & _ERRORS:
                lanes[descriptor].had_error()


def _check_names(names: Sequence[str]) -> None:
    if not names:
        raise ValueError("name an interface to listen on")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{', '.join(map(repr, twice))} is named twice")
