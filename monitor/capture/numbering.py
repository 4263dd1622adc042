"""Numbers of interfaces over all captures, in the order in which the stream first shows a frame of each.

Captures are read ahead of the stream by as much as the batch size says; the numbers must not tell. So a walk gets a
provisional number for an interface when it reads of it, and the final one is given when a frame of it goes out.
"""

import numpy as np
from numpy.typing import NDArray

from monitor.model.frame import Interface

_UNSEEN = -1


class Numbering:
    """The interfaces of a source; ``final`` is what ``FRAME.interface`` refers to."""

    def __init__(self) -> None:
        self.final: list[Interface] = []
        self._provisional: list[Interface] = []
        self._number = np.empty(0, np.int32)
        """Final numbers by provisional ones, as far as they were needed."""
        self._settled = False
        """All provisional numbers so far are the final ones."""

    def register(self, interface: Interface) -> int:
        """Return the provisional number of an interface that a capture describes."""
        self._provisional.append(interface)
        self._settled = False
        return len(self._provisional) - 1

    def renumber(self, frames: NDArray[np.void]) -> None:
        """Put final numbers in place of provisional ones, for frames that go out now."""
        if self._settled:
            return
        missing = len(self._provisional) - len(self._number)
        self._number = np.append(self._number, np.full(missing, _UNSEEN, np.int32))
        provisional = frames["interface"]
        if (self._number[provisional] == _UNSEEN).any():
            self._give(provisional)
        frames["interface"] = self._number[provisional]
        self._settled = np.array_equal(self._number, np.arange(len(self._provisional)))

    def _give(self, provisional: NDArray[np.int32]) -> None:
        seen, first = np.unique(provisional, return_index=True)
        for number in seen[np.argsort(first)]:
            if self._number[number] == _UNSEEN:
                self._number[number] = len(self.final)
                self.final.append(self._provisional[number])
