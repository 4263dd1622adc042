"""Sends the frames of a capture at a given rate out of a TPACKET_V2 transmit ring, and prints what that was, as JSON.

    sender.py INTERFACE CAPTURE --rate 400000 --seconds 5

The frames are put into the ring once; from then on a frame costs one number in shared memory. On a veth the kernel's work
for the receiver is done, and charged, here. Rate 0 sends as fast as it goes.
"""

import argparse
import json
import mmap
import socket
import struct
import time
from typing import TYPE_CHECKING

import numpy as np

from monitor.capture.replay import Replay

if TYPE_CHECKING:
    from numpy.typing import NDArray

SOL_PACKET, PACKET_VERSION, PACKET_TX_RING, PACKET_LOSS, PACKET_QDISC_BYPASS = 263, 10, 13, 14, 20
TPACKET_V2 = 1
SLOT_BYTES = 2048
HEADER_BYTES = 32
BLOCK_BYTES = 1 << 20
MOST_SLOTS = 65_536
SEND_REQUEST = 1
BURST = 512
STEP_SECONDS = 0.001


def main() -> None:
    """Send what the command line asks for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("interface")
    parser.add_argument("capture")
    parser.add_argument("--rate", type=int, default=0, help="frames per second")
    parser.add_argument("--seconds", type=float, default=3)
    args = parser.parse_args()
    ring = TransmitRing(args.interface, frames_of(args.capture))
    began, cpu = time.perf_counter(), time.process_time()
    ring.send(args.rate, args.seconds)
    seconds = time.perf_counter() - began
    print(
        json.dumps(
            {
                "sent": ring.sent,
                "bytes": ring.sent_bytes,
                "seconds": seconds,
                "cpu_s": time.process_time() - cpu,
            }
        )
    )


def frames_of(capture: str) -> list[bytes]:
    """Return the frames that fit into a slot, as many as the ring holds."""
    frames: list[bytes] = []
    for batch in Replay([capture]).batches():
        for row in batch.frames:
            size = int(row["captured"])
            if size <= SLOT_BYTES - HEADER_BYTES:
                first = int(row["offset"])
                frames.append(batch.buffer[first : first + size].tobytes())
        if len(frames) >= MOST_SLOTS:
            break
    return frames[: len(frames) // BURST * BURST][:MOST_SLOTS]


class TransmitRing:
    """The frames in memory that the kernel sends from, over and over."""

    def __init__(self, interface: str, frames: list[bytes]) -> None:
        per_block = BLOCK_BYTES // SLOT_BYTES
        blocks = -(-len(frames) // per_block)
        slots = blocks * per_block
        frames += frames[: slots - len(frames)]
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        option = self._socket.setsockopt
        option(SOL_PACKET, PACKET_VERSION, TPACKET_V2)
        option(SOL_PACKET, PACKET_QDISC_BYPASS, 1)
        option(SOL_PACKET, PACKET_TX_RING, struct.pack("=4I", BLOCK_BYTES, blocks, SLOT_BYTES, slots))
        memory = mmap.mmap(self._socket.fileno(), blocks * BLOCK_BYTES)
        ring = np.frombuffer(memory, np.uint8).reshape(slots, SLOT_BYTES)
        self._slots = ring
        self._status: NDArray[np.uint32] = ring.view(np.uint32)[:, 0]
        self._sizes = np.array([len(frame) for frame in frames])
        for slot, frame in zip(ring, frames, strict=True):
            slot[4:12] = np.frombuffer(struct.pack("=II", len(frame), len(frame)), np.uint8)
            slot[HEADER_BYTES : HEADER_BYTES + len(frame)] = np.frombuffer(frame, np.uint8)
        self._socket.bind((interface, 0))
        self._next = 0
        self.sent = self.sent_bytes = 0

    def send(self, rate: int, seconds: float) -> None:
        """Send at a rate for a while; what could not be sent in time is not made up for by more than a burst."""
        began = time.perf_counter()
        while (passed := time.perf_counter() - began) < seconds:
            due = int(passed * rate) - self.sent if rate else BURST
            if due <= 0:
                time.sleep(STEP_SECONDS)
                continue
            for _ in range(-(-due // BURST)):
                self._burst(min(due, BURST))
                due -= BURST

    def _burst(self, count: int) -> None:
        count = min(count, len(self._status) - self._next)
        slots = slice(self._next, self._next + count)
        self._status[slots] = SEND_REQUEST
        self._socket.send(b"")
        self.sent += count
        self.sent_bytes += int(self._sizes[slots].sum())
        self._next = (self._next + count) % len(self._status)


if __name__ == "__main__":
    main()
