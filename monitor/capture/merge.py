"""Several captures as one stream in order of time, each opened only when the stream reaches it.

A frame's key is the newest time in its own capture so far, so that the order within a capture is kept. The stream is in
order of key, then of the captures (by first time, then as given): a total order, which no size of windows can change.
Captures that do not overlap, the usual rotation, pass through without a copy.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.capture.reader import Reader, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A capture that is not open yet."""

    first_ns: int
    open: Callable[[int], Reader | None]
    """Opens it, told how many are open already; None when it cannot be opened."""
    close: Callable[[Reader], None]
    """Told when it is read to its end."""


def in_time_order(captures: Sequence[Waiting]) -> Iterator[Window]:
    """Yield the frames of all captures; a window is valid until the next is asked for."""
    waiting = deque(sorted(captures, key=lambda capture: capture.first_ns))
    lanes: list[_Lane] = []
    together = _Together()
    rank = 0
    while waiting or lanes:
        horizon = min(lanes, key=_Lane.end) if lanes else None
        if waiting and (horizon is None or waiting[0].first_ns < horizon.last_ns):
            lane = _Lane.begun(waiting.popleft(), rank, len(lanes))
            lanes += [lane] if lane else []
            rank += 1
        elif horizon:
            yield together.window([cut for lane in lanes if (cut := lane.cut(horizon))])
            lanes = [lane for lane in lanes if lane.goes_on()]


class _Lane:
    """An open capture with a window of which a part may have been taken."""

    def __init__(self, capture: Waiting, rank: int, reader: Reader, window: Window) -> None:
        self._capture = capture
        self._rank = rank
        self._reader = reader
        self._before_ns = 0
        self._begin(window)

    @classmethod
    def begun(cls, capture: Waiting, rank: int, open_lanes: int) -> "_Lane | None":
        """Open a capture; None when it has no frames."""
        reader = capture.open(open_lanes)
        if reader is None:
            return None
        window = reader.read()
        if window is None:
            capture.close(reader)
            return None
        return cls(capture, rank, reader, window)

    def _begin(self, window: Window) -> None:
        self._window = window
        self._taken = 0
        self.last_ns = self._reader.newest_ns
        self._window_keys: NDArray[np.int64] | None = None

    def end(self) -> tuple[int, int]:
        """Place of the window's end in the total order."""
        return self.last_ns, self._rank

    def cut(self, horizon: "_Lane") -> "_Cut | None":
        """Take what is not after the end of the horizon's window."""
        first = self._taken
        if self is horizon:
            self._taken = len(self._window.frames)
        elif self._rank < horizon._rank:  # noqa: SLF001 - of its own kind
            self._taken = int(np.searchsorted(self.keys, horizon.last_ns, side="right"))
        else:
            self._taken = int(np.searchsorted(self.keys, horizon.last_ns, side="left"))
        return _Cut(self, self._window, first, self._taken) if first < self._taken else None

    def goes_on(self) -> bool:
        """Ask for the next window when this one is used up; False at the end."""
        if self._taken < len(self._window.frames):
            return True
        self._before_ns = self.last_ns
        window = self._reader.read()
        if window is None:
            self._capture.close(self._reader)
            return False
        self._begin(window)
        return True

    @property
    def keys(self) -> NDArray[np.int64]:
        """Newest time so far, by row of the window."""
        if self._window_keys is None:
            times = np.maximum(self._window.frames["ts_ns"], self._before_ns)
            self._window_keys = np.maximum.accumulate(times)
        return self._window_keys


class _Cut:
    """What the stream takes from the window of one lane at once."""

    def __init__(self, lane: _Lane, window: Window, first: int, beyond: int) -> None:
        self.frames = window.frames[first:beyond]
        self.buffer = window.buffer
        self.comments = {row - first: text for row, text in window.comments.items() if first <= row < beyond}
        self._lane = lane
        self._rows = slice(first, beyond)

    @property
    def keys(self) -> NDArray[np.int64]:
        return self._lane.keys[self._rows]

    @property
    def span(self) -> slice:
        """Where its bytes lie; frames of a window lie one behind the other."""
        last = self.frames[-1]
        return slice(int(self.frames["offset"][0]), int(last["offset"] + last["captured"]))


class _Together:
    """Makes one window of several cuts, over a buffer that it uses again."""

    def __init__(self) -> None:
        self._buffer = np.empty(0, np.uint8)

    def window(self, cuts: list[_Cut]) -> Window:
        if len(cuts) == 1:
            only = cuts[0]
            return Window(buffer=only.buffer, frames=only.frames, comments=only.comments)
        frames = np.concatenate([cut.frames for cut in cuts])
        self._gather(cuts, frames)
        order = np.argsort(np.concatenate([cut.keys for cut in cuts]), kind="stable")
        return Window(buffer=self._buffer, frames=frames[order], comments=_reordered(cuts, order))

    def _gather(self, cuts: list[_Cut], frames: NDArray[np.void]) -> None:
        """Copy the bytes of the cuts one behind the other and let the frames refer to them."""
        needed = sum(cut.span.stop - cut.span.start for cut in cuts)
        if needed > len(self._buffer):
            self._buffer = np.empty(needed, np.uint8)
        row = at = 0
        for cut in cuts:
            span, rows = cut.span, len(cut.frames)
            size = span.stop - span.start
            self._buffer[at : at + size] = cut.buffer[span]
            frames["offset"][row : row + rows] += at - span.start
            row += rows
            at += size


def _reordered(cuts: list[_Cut], order: NDArray[np.int64]) -> dict[int, str]:
    if not any(cut.comments for cut in cuts):
        return {}
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    comments, base = {}, 0
    for cut in cuts:
        comments.update({int(place[base + row]): text for row, text in cut.comments.items()})
        base += len(cut.frames)
    return comments
