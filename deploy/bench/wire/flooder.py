"""Sends a flood of frames of which no two are alike at a given rate, and prints what that was, as JSON.

flooder.py INTERFACE syn --rate 20000 --seconds 20
"""

import argparse
import json
import time
from pathlib import Path
from sys import path

path.insert(0, str(Path(__file__).parents[1]))

from wire.floods import KINDS
from wire.sender import BURST, HEADER_BYTES, SEND_REQUEST, TransmitRing

SLOTS = 8 * BURST


class Flooder(TransmitRing):
    """Fills the ring anew before each burst; the kernel is done with it, for sending waits."""

    def __init__(self, interface: str, kind: str) -> None:
        self._make = KINDS[kind]
        super().__init__(interface, [frame.tobytes() for frame in self._make(0, SLOTS)])

    def _burst(self, count: int) -> None:
        count = min(count, len(self._status) - self._next)
        slots = slice(self._next, self._next + count)
        frames = self._make(self.sent, count)
        self._slots[slots, HEADER_BYTES : HEADER_BYTES + frames.shape[1]] = frames
        self._status[slots] = SEND_REQUEST
        self._socket.send(b"")
        self.sent += count
        self.sent_bytes += frames.size
        self._next = (self._next + count) % len(self._status)


def main() -> None:
    """Send what the command line asks for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("interface")
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--rate", type=int, default=0, help="frames per second")
    parser.add_argument("--seconds", type=float, default=3)
    args = parser.parse_args()
    ring = Flooder(args.interface, args.kind)
    began = time.perf_counter()
    ring.send(args.rate, args.seconds)
    print(json.dumps({"sent": ring.sent, "bytes": ring.sent_bytes, "seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main()
