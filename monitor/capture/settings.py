"""How interfaces are listened to; which ones is not said here."""

from dataclasses import dataclass
from typing import Literal

_LEAST_RING_BYTES = 1 << 20
_MOST_RING_BYTES = 1 << 32
_LEAST_TIMEOUT_NS = 1_000_000
_MOST_TIMEOUT_NS = 1_000_000_000
_LEAST_SNAP_BYTES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Section ``[capture]`` of the configuration."""

    ring_size_bytes: int = 64 << 20
    """Memory of the kernel for frames that are not read yet, for each interface and worker."""
    block_timeout_ns: int = 20_000_000
    """How long the kernel may keep a frame while it waits for more of them; delays alerts, saves wake-ups."""
    snap_length: int = 0
    """Bytes kept of each frame, 0 for all; the wire length is known all the same."""
    promiscuous: bool = True
    """Also take frames that are not addressed to this host: what a mirror port delivers."""
    filter: str = ""
    """Which frames the kernel lets through, in the language of tcpdump; it does not see the outermost VLAN tag."""
    spread_by: Literal["inner", "outer"] = "inner"
    """Addresses that choose the worker: the innermost, or the outermost where the frames of tunnels are fragmented."""

    def __post_init__(self) -> None:
        if not _LEAST_RING_BYTES <= self.ring_size_bytes <= _MOST_RING_BYTES:
            raise ValueError("ring_size: write a size from 1MiB to 4GiB")
        if not _LEAST_TIMEOUT_NS <= self.block_timeout_ns <= _MOST_TIMEOUT_NS:
            raise ValueError("block_timeout: write a duration from 1ms to 1s")
        if self.snap_length and self.snap_length < _LEAST_SNAP_BYTES:
            raise ValueError(f"snap_length: write 0 for whole frames, or at least {_LEAST_SNAP_BYTES}")
