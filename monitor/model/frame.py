"""Frames: bytes of one link-layer unit with a time stamp, as columns over one reused buffer."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FRAME = np.dtype(
    [
        ("offset", np.int64),  # of the first byte in the batch's buffer
        ("captured", np.int64),  # bytes we have
        ("wire", np.int64),  # bytes there were
        ("ts_ns", np.int64),  # event time, nanoseconds since the epoch, UTC
        ("number", np.int64),  # 1-based place in its own capture (tshark's frame.number)
        ("interface", np.int32),  # index into the source's interfaces
        ("link_type", np.int32),  # LINKTYPE number (draft-ietf-opsawg-pcaplinktype)
    ],
    align=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """Where frames came from: one interface block of a capture file, or one live interface."""

    name: str
    """Interface name where known, else the capture's path."""
    capture: str
    """Path of the capture, or the name of the live interface."""
    link_type: int
    snap_length: int = 0
    """0 when unlimited or not stated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameBatch:
    """Frames handled together; means the same at any size.

    The buffer is reused: a batch is valid until its source is asked for the next one.
    """

    buffer: NDArray[np.uint8]
    frames: NDArray[np.void]
    """dtype FRAME, in stream order."""
    first_ordinal: int
    """0-based place of the first frame in the whole stream, over all captures."""
    clock_ns: int = 0
    """A batch without frames may still carry the time (an idle interface)."""
    comments: Mapping[int, str] = field(default_factory=dict)
    """Packet comments of pcapng, by ordinal; kept as evidence, bounded by the source."""
