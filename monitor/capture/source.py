"""What every live source of frames has in common: a ring, a sniffer and a pipe are the same to who reads them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from monitor.model.frame import FrameBatch, Interface
from monitor.model.tally import Tally

BATCH_FRAMES = 8192
"""In one batch at most."""
TICK_SECONDS = 0.1
"""How long a source may be silent before it says that time passes."""
TALLY_KEYS = ("frames", "bytes", "clock_jumps")


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceCounts:
    """What became of the frames of one interface since the start; only ``fill`` ever goes down."""

    name: str
    is_up: bool
    """The interface is up and has a carrier, and it is listened to."""
    problem: str = ""
    """Why it is not, in words; empty when all is well."""
    frames: int = 0
    """Handed on in batches."""
    frame_bytes: int = 0
    """Of those, on the wire."""
    dropped_ring: int = 0
    """Lost between the kernel and this program, because it read too slowly."""
    dropped_nic: int = 0
    """Lost before the kernel had them, as far as the driver says."""
    duplicates: int = 0
    """The loopback device shows every frame twice; the second ones, not handed on."""
    unreadable: int = 0
    """Records of the ring that contradict themselves, not handed on."""
    freezes: int = 0
    """Times that the ring was full."""
    nic_frames: int = 0
    """Received and sent by the interface, whoever listens; 0 where nobody knows."""
    is_filtered: bool = False
    reopened: int = 0
    """Times that the interface vanished and came back."""
    last_frame_ns: int = 0
    """Event time of the newest frame, 0 before the first."""
    fill: float = 0.0
    """Share of the ring that waits to be read, from 0 to 1."""

    @property
    def seen(self) -> int:
        """Frames that the kernel had for us: the sum of what became of them."""
        return self.frames + self.dropped_ring + self.duplicates + self.unreadable

    @property
    def filtered(self) -> int:
        """Frames that the filter kept away: about, for drivers count frames where the kernel may have joined them."""
        return max(0, self.nic_frames - self.seen) if self.is_filtered else 0


class Source(Protocol):
    """Frames as they happen."""

    tally: Tally

    @property
    def interfaces(self) -> Sequence[Interface]:
        """What ``FRAME.interface`` refers to."""
        ...

    def batches(self) -> Iterator[FrameBatch]:
        """Yield frames until the source ends or is stopped; a batch is valid until the next is asked for.

        A batch without frames says that time passes. ``clock_ns`` never goes back.
        """
        ...

    def counts(self) -> list[InterfaceCounts]:
        """Return what became of the frames, in the order of ``interfaces``; for the thread that reads batches."""
        ...

    def stop(self) -> None:
        """Make ``batches`` end soon; may be called from a signal handler or another thread."""
        ...

    def close(self) -> None:
        """Give everything back."""
        ...


def summed(workers: Iterable[Sequence[InterfaceCounts]]) -> list[InterfaceCounts]:
    """Return the counts of workers that share interfaces as those of one."""
    return [_sum(shares) for shares in zip(*workers, strict=True)]


def _sum(shares: Sequence[InterfaceCounts]) -> InterfaceCounts:
    return InterfaceCounts(
        name=shares[0].name,
        is_up=all(share.is_up for share in shares),
        problem=next((share.problem for share in shares if share.problem), ""),
        frames=sum(share.frames for share in shares),
        frame_bytes=sum(share.frame_bytes for share in shares),
        dropped_ring=sum(share.dropped_ring for share in shares),
        dropped_nic=sum(share.dropped_nic for share in shares),
        duplicates=sum(share.duplicates for share in shares),
        unreadable=sum(share.unreadable for share in shares),
        freezes=sum(share.freezes for share in shares),
        nic_frames=sum(share.nic_frames for share in shares),
        is_filtered=shares[0].is_filtered,
        reopened=max(share.reopened for share in shares),
        last_frame_ns=max(share.last_frame_ns for share in shares),
        fill=max(share.fill for share in shares),
    )
