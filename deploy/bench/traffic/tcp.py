"""One TCP connection: handshake, messages in segments, bulk with an acknowledgement for every second segment, closing."""

import numpy as np

from traffic.columns import ACK, FIN, NOTHING, PSH, SYN, WORD, Columns, Ends, Slice, TcpFields

SEGMENT_BYTES = 1448
SEGMENT_GAP_S = 2e-5
HIGHEST_START = 1 << 31
ORIGINATOR, RESPONDER = 0, 1


class Connection:
    """A connection that has just been made; ``now_s`` moves on with what is sent."""

    def __init__(
        self, columns: Columns, rng: np.random.Generator, ends: Ends, *, at_s: float, round_trip_s: float
    ) -> None:
        self._columns, self._rng, self._round_trip_s = columns, rng, round_trip_s
        self._ends = (ends, ends.turned())
        self._next = [int(rng.integers(HIGHEST_START)), int(rng.integers(HIGHEST_START))]
        self.now_s = at_s
        columns.flows += 1
        self._control(ORIGINATOR, SYN)
        self.now_s += round_trip_s
        self._control(RESPONDER, SYN | ACK)
        self.now_s += round_trip_s / 8
        self._put(ORIGINATOR, ACK)

    def send(self, side: int, message: Slice, *, after_s: float | None = None) -> None:
        """Send a message; the other side acknowledges it."""
        self.now_s += self._round_trip_s / 2 if after_s is None else after_s
        at, left = message
        while left > 0:
            size = min(left, SEGMENT_BYTES)
            self._put(side, ACK | PSH, Slice(at, size))
            self._next[side] += size
            at, left = at + size, left - size
            self.now_s += SEGMENT_GAP_S
        self.now_s += self._round_trip_s / 2
        self._put(1 - side, ACK)

    def stream(self, side: int, at: int, segments: int, bytes_per_s: float) -> None:
        """Send full segments of the payload from ``at`` on."""
        at_s = self.now_s + np.cumsum(self._rng.exponential(SEGMENT_BYTES / bytes_per_s, segments))
        offsets = SEGMENT_BYTES * np.arange(segments, dtype=np.int64)
        sequence = (self._next[side] + offsets) & WORD
        other = self._next[1 - side] & WORD
        acknowledged = segments // 2
        self._columns.put_bulk(
            self._ends[side],
            {
                "at_s": at_s,
                "flags": ACK,
                "sequence": sequence,
                "acknowledged": other,
                "payload_at": at + offsets,
                "payload_bytes": SEGMENT_BYTES,
            },
        )
        self._columns.put_bulk(
            self._ends[1 - side],
            {
                "at_s": at_s[1::2][:acknowledged] + self._round_trip_s / 2,
                "flags": ACK,
                "sequence": other,
                "acknowledged": (sequence[1::2][:acknowledged] + SEGMENT_BYTES) & WORD,
            },
        )
        header_bytes = self._ends[side].header_bytes
        self._columns.size_bytes += segments * (header_bytes + SEGMENT_BYTES) + acknowledged * header_bytes
        self._next[side] += SEGMENT_BYTES * segments
        self.now_s = float(at_s[-1]) + self._round_trip_s

    def close(self) -> None:
        """Close in good order, the originator first."""
        self._control(ORIGINATOR, FIN | ACK)
        self.now_s += self._round_trip_s
        self._control(RESPONDER, FIN | ACK)
        self.now_s += self._round_trip_s / 8
        self._put(ORIGINATOR, ACK)

    def _control(self, side: int, flags: int) -> None:
        self._put(side, flags)
        self._next[side] += 1

    def _put(self, side: int, flags: int, payload: Slice = NOTHING) -> None:
        acknowledged = self._next[1 - side] if flags & ACK else 0
        fields = TcpFields(flags, self._next[side], acknowledged)
        self._columns.put(self.now_s, self._ends[side], payload, fields)
