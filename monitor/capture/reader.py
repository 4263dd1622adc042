"""One open capture as a row of windows: frames over its block, each valid until the next is asked for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.capture.block import BLOCK_BYTES, Block, Memory
from monitor.capture.bytestream import ByteStream
from monitor.capture.damage import Damage
from monitor.capture.identify import Format, capture_format
from monitor.capture.numbering import Numbering
from monitor.capture.pcap import PcapWalk
from monitor.capture.pcapng import PcapngWalk
from monitor.model.frame import FRAME
from monitor.model.tally import Tally

_WALKS: dict[Format, type[PcapWalk | PcapngWalk]] = {Format.PCAP: PcapWalk, Format.PCAPNG: PcapngWalk}


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Some frames of the stream, over a buffer that will be used again."""

    buffer: NDArray[np.uint8]
    frames: NDArray[np.void]
    comments: dict[int, str]
    """By row of ``frames``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What readers write of themselves."""

    numbering: Numbering
    tally: Tally


class Reader:
    """Reads one capture."""

    def __init__(
        self,
        stream: ByteStream,
        ledger: Ledger,
        batch_frames: int,
        block_bytes: int = BLOCK_BYTES,
        memory: Memory | None = None,
    ) -> None:
        self._stream = stream
        block = Block(stream, block_bytes, memory)
        self._block = block
        kind = _WALKS[capture_format(stream)]
        self._walk = kind(stream.path, block, ledger.numbering, ledger.tally)
        self._frames = np.zeros(batch_frames, FRAME)

    @property
    def damage(self) -> Damage | None:
        """What ended it too soon, known when there are no more windows."""
        return self._walk.damage

    @property
    def newest_ns(self) -> int:
        """Newest time in all windows so far."""
        return self._walk.newest_ns

    @property
    def disk_bytes(self) -> int:
        """Bytes taken from the disk so far."""
        return self._stream.disk_bytes

    def read(self) -> Window | None:
        """Return the next frames, None at the end; voids the window before."""
        rows = self._walk.walk(self._frames)
        if not rows:
            return None
        return Window(buffer=self._block.buffer, frames=self._frames[:rows], comments=self._walk.comments)

    def close(self) -> None:
        self._block.close()
        self._stream.close()
