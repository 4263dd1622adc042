"""Packets on their way from the process that decodes to those that follow flows: memory that all of them see.

A tray holds what flows need of some packets: their rows, and their payload where it does not lie in a block already that
everybody sees. Trays are laid, and are done with, in turn; a block is read into again when no tray refers to it.
"""

import ctypes
import mmap
from collections import deque
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.capture.block import BLOCK_BYTES
from monitor.model.packet import PACKET, Outcome, PacketBatch

TRAY_ROWS = 8192
TRAY_BYTES = 1 << 20
"""Payload that a tray holds; what is more goes into the next."""
NO_BLOCK = -1

Bytes = NDArray[np.uint8]


class Laid(NamedTuple):
    """What lies on a tray: small, to be sent to those who share the memory."""

    tray: int
    rows: int
    first_ordinal: int
    clock_ns: int
    block: int = NO_BLOCK
    """Where the payload lies, if not on the tray."""
    loose: bytes | None = None
    """The payload of a packet that no tray can hold."""


class Trays:
    """Some trays and blocks; made before the processes that shall see them."""

    def __init__(
        self, context: Any, trays: int, *, payload_bytes: int = TRAY_BYTES, block_bytes: int = BLOCK_BYTES
    ) -> None:
        """``context``: of multiprocessing. There are a few blocks more than trays, for those who are reading."""
        self._count = trays
        self._rows_bytes = TRAY_ROWS * PACKET.itemsize
        self._tray_bytes = self._rows_bytes + payload_bytes
        self._block_bytes = block_bytes
        self._users = [0] * (trays + 4)
        """Of each block: who reads into it, and trays that refer to it."""
        self._memory = _shared(context, trays * self._tray_bytes + len(self._users) * block_bytes)
        self._handed_out: dict[int, Bytes] = {}
        self._laid: deque[int] = deque()
        """Blocks of the trays that are in use, the oldest first."""
        self._next = 0

    def exchange(self, buffer: Bytes, least: int) -> Bytes | None:
        """Take a block back from who reads into it, for a free one."""
        self.give_back(buffer)
        if least > self._block_bytes or 0 not in self._users:
            return None
        block = self._users.index(0)
        self._users[block] = 1
        self._handed_out[block] = self._block(block)
        return self._handed_out[block]

    def give_back(self, buffer: Bytes) -> None:
        """Take a block back."""
        block = self._block_of(buffer)
        if block != NO_BLOCK:
            del self._handed_out[block]
            self._users[block] -= 1

    def lay(self, packets: PacketBatch, start: int) -> Laid:
        """Lay the packets from ``start`` on, as many as there is room for and one at least, on the next tray."""
        tray = self._next
        rows, payload = self._tray(tray)
        several = packets.packets[start : start + TRAY_ROWS]
        block = self._block_of(packets.buffer)
        is_copied = block == NO_BLOCK
        while (its := _Payload(several, with_buffer=is_copied)).size > len(payload) and len(several) > 1:
            several = several[: len(several) // 2]
        rows = rows[: len(several)]
        rows.view(np.uint8)[:] = several.view(
            np.uint8
        )  # as rows it is done field by field, twenty times as slowly
        loose = np.empty(its.size, np.uint8) if its.size > len(payload) else None
        its.move(rows, packets, payload if loose is None else loose)
        self._next = (tray + 1) % self._count
        self._laid.append(block)
        if not is_copied:
            self._users[block] += 1
        is_last = start + len(rows) == len(packets.packets)
        return Laid(
            tray=tray,
            rows=len(rows),
            first_ordinal=packets.first_ordinal + start,
            clock_ns=packets.clock_ns if is_last else int(rows["ts_ns"].max()),
            block=block,
            loose=None if loose is None else loose.tobytes(),
        )

    def done(self) -> None:
        """Take the oldest tray back: everybody is done with it."""
        block = self._laid.popleft()
        if block != NO_BLOCK:
            self._users[block] -= 1

    def packets(self, laid: Laid) -> PacketBatch:
        """Return what lies there."""
        rows, payload = self._tray(laid.tray)
        if laid.loose is not None:
            payload = np.frombuffer(laid.loose, np.uint8)
        return PacketBatch(
            packets=rows[: laid.rows],
            buffer=payload if laid.block == NO_BLOCK else self._block(laid.block),
            pool=payload,
            first_ordinal=laid.first_ordinal,
            clock_ns=laid.clock_ns,
        )

    def _tray(self, tray: int) -> tuple[NDArray[np.void], Bytes]:
        memory = np.frombuffer(self._memory, np.uint8)[tray * self._tray_bytes :][: self._tray_bytes]
        return memory[: self._rows_bytes].view(PACKET), memory[self._rows_bytes :]

    def _block(self, block: int) -> Bytes:
        start = self._count * self._tray_bytes + block * self._block_bytes
        return np.frombuffer(self._memory, np.uint8)[start:][: self._block_bytes]

    def _block_of(self, buffer: Bytes) -> int:
        return next((block for block, one in self._handed_out.items() if one is buffer), NO_BLOCK)


def _shared(context: Any, size: int) -> Any:
    """Return memory that processes see which are started from now on; forked, what is never used costs nothing."""
    if context.get_start_method() == "fork":
        return mmap.mmap(-1, size)
    return context.RawArray(ctypes.c_uint8, size)


class _Payload:
    """Payload that is to be copied: a stretch of the buffer, and what was put together of fragments."""

    def __init__(self, rows: NDArray[np.void], *, with_buffer: bool) -> None:
        begins, sizes, pooled = rows["payload_offset"], rows["payload_captured"], rows["pooled"]
        self._pooled = np.flatnonzero(pooled)
        self._here, self._begin, self._end = _NONE, 0, 0
        if with_buffer:
            has_payload = (rows["outcome"] == Outcome.PACKET) & (sizes > 0)
            self._here = np.flatnonzero(has_payload & (pooled == 0))
        if len(self._here):
            self._begin = int(begins[self._here].min())
            self._end = int((begins + sizes)[self._here].max())
        self.size = self._end - self._begin + int(sizes[self._pooled].sum())
        """In bytes, with what lies between."""

    def move(self, rows: NDArray[np.void], packets: PacketBatch, memory: Bytes) -> None:
        """Copy it into memory that has room for it, and let the rows, a copy as well, refer to that."""
        at = self._end - self._begin
        memory[:at] = packets.buffer[self._begin : self._end]
        rows["payload_offset"][self._here] -= self._begin
        for place in self._pooled.tolist():
            begin, size = int(rows["payload_offset"][place]), int(rows["payload_captured"][place])
            memory[at : at + size] = packets.pool[begin : begin + size]
            rows["payload_offset"][place] = at
            at += size


_NONE = np.zeros(0, np.int64)
