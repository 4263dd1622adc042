"""What became of the frames of one interface, over all rings it had and with the counters of its NIC."""

from collections import Counter

from monitor.capture.interface import NicCounts, nic_counts
from monitor.capture.ring import Ring

_WALKED = ("wire_bytes", "duplicates", "unreadable")


class RingCounts:
    """Adds up; asks the kernel when it is told to."""

    def __init__(self) -> None:
        self.dropped = 0
        """Lost in rings, because nobody read them in time."""
        self.freezes = 0
        self.nic_frames = 0
        self.nic_dropped = 0
        self.counts_nic = True
        """False in all workers but one: they share the interface."""
        self._received = 0
        """By the ring there is now."""
        self._past: Counter[str] = Counter()
        self._nic_before: NicCounts | None = None

    def begin(self, ring: Ring) -> None:
        """Go on with a new ring; its frames are numbered on from those of the one before."""
        ring.walk["number"] = self._past["number"]
        self.begin_nic(ring)

    def begin_nic(self, ring: Ring) -> None:
        """Count what the NIC counts from now on: the interface is a new one."""
        self._nic_before = nic_counts(ring.interface)

    def ask(self, ring: Ring) -> None:
        """Take what the kernel counted since the last time."""
        told = ring.statistics()
        self._received += told.received - told.dropped
        self.dropped += told.dropped
        self.freezes += told.freezes
        if self.counts_nic:
            self._add_nic(nic_counts(ring.interface))

    def settle(self, ring: Ring) -> None:
        """Count what the ring has, and nobody will read, as lost."""
        self.ask(ring)
        read = ring.walk["number"] - self._past["number"] + ring.walk["duplicates"] + ring.walk["unreadable"]
        unread = max(0, self._received - int(read))
        self.dropped += unread
        self._received -= unread

    def end(self, ring: Ring) -> None:
        """Remember what a ring counted, before it is closed."""
        self.settle(ring)
        self._past = self.walked(ring)
        self._received = 0

    def walked(self, ring: Ring | None) -> Counter[str]:
        """Return the counters of the walk over all rings."""
        walked = Counter(self._past)
        if ring is not None:
            walked["number"] = int(ring.walk["number"])
            for key in _WALKED:
                walked[key] += int(ring.walk[key])
        return walked

    def _add_nic(self, now: NicCounts | None) -> None:
        before = self._nic_before
        if now is not None and before is not None:
            self.nic_frames += max(0, now.frames - before.frames)
            self.nic_dropped += now.lost_since(before)
        self._nic_before = now or before
