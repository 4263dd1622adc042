"""What the recorder remembers of the wire: two bounded windows of raw frames, and the flows that are marked.

Look-ups have a window of their own, because they come long before the contact they lead to and are few. All memory is
taken at the start.
"""

import secrets
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.export import _recorder_kernel as kernel
from monitor.export._recorder_kernel import BUCKETS, LIMITS, MARK, MARK_SLOTS, NOBODY, ROW, WINDOW
from monitor.model import address
from monitor.model.flow import Flow
from monitor.model.instant import SECOND_NS

MARKS = 1 << 12
"""Flows that are marked at once; when there are more, the half that was silent longest is forgotten."""
MAX_FOUND = 1 << 14
"""Packets of one flow that are taken out of a window at once."""
MAX_LOOK_UPS = 16
"""Look-ups of one name."""
TYPICAL_FRAME_BYTES = 256
NAME_SHARE = 8
"""One part in so many of the memory is for look-ups."""
MAX_LABEL_BYTES, MAX_NAME_BYTES = 63, 255  # RFC 1035 section 2.3.4


class Limits(NamedTuple):
    """How much is remembered, for how long, and how much of it is wanted."""

    memory_bytes: int
    look_back_ns: int
    name_look_back_ns: int
    silence_ns: int
    flow_packets: int
    flow_bytes: int
    packets_per_second: int


class Kept(NamedTuple):
    """A frame out of a window."""

    ts_ns: int
    number: int
    interface: int
    link_type: int
    wire_bytes: int
    data: bytes


class _Window:
    """One ring."""

    def __init__(self, memory_bytes: int) -> None:
        rows = 1 << (memory_bytes // (TYPICAL_FRAME_BYTES + ROW.itemsize)).bit_length()
        self.ring = np.empty(max(memory_bytes - rows * ROW.itemsize, 1), np.uint8)
        self.rows = np.empty(rows, ROW)
        for array in (self.ring, self.rows):
            array[:] = 0  # touched now: to be given a page costs more than all that is done with a packet
        self.heads = np.full(BUCKETS, NOBODY, np.int64)
        self.state = np.zeros(1, WINDOW)
        self.arrays = (self.ring, self.rows, self.heads, self.state)

    @property
    def held(self) -> int:
        """Return how many frames could be found, at most."""
        return min(int(self.state["serial"][0]), len(self.rows))

    def take(self, serials: NDArray[np.int64]) -> Iterator[Kept]:
        """Yield frames in order of time, and note that they are in a file."""
        for serial in np.sort(serials):
            row = self.rows[serial % len(self.rows)]
            start = int(row["place"]) % len(self.ring)
            row["written"] = 1
            yield Kept(
                ts_ns=int(row["ts_ns"]),
                number=int(row["number"]),
                interface=int(row["interface"]),
                link_type=int(row["link_type"]),
                wire_bytes=int(row["wire"]),
                data=self.ring[start : start + int(row["captured"])].tobytes(),
            )


class Memory:
    """Both windows and the marks."""

    def __init__(self, limits: Limits, seed: int | None = None) -> None:
        name_bytes = limits.memory_bytes // NAME_SHARE
        self._packets = _Window(limits.memory_bytes - name_bytes)
        self._names = _Window(name_bytes)
        self._heavy = np.zeros(BUCKETS, np.uint32)
        self._keys = np.zeros(MARK_SLOTS, np.uint64)
        self._places = np.full(MARK_SLOTS, NOBODY, np.int64)
        self._marks = np.zeros(MARKS, MARK)
        self._marked: list[tuple[int, int] | None] = [None] * MARKS
        self._free = list(range(MARKS))
        self._limits = np.zeros(1, LIMITS)
        self._seed = np.uint64(secrets.randbits(64) if seed is None else seed)
        self._limits["seed"] = self._seed
        for name in ("look_back_ns", "name_look_back_ns", "silence_ns", "flow_bytes", "packets_per_second"):
            self._limits[name] = getattr(limits, name)
        self._limits["second"] = NOBODY
        self._chosen = np.zeros(0, np.int64)
        self._chosen_marks = np.zeros(0, np.int64)
        self._found = np.zeros(MAX_FOUND, np.int64)
        self._began_ns = 0

    @property
    def clock_ns(self) -> int:
        """The newest time seen."""
        return int(self._limits["clock_ns"][0])

    @property
    def held(self) -> int:
        """Frames in the windows."""
        return self._packets.held + self._names.held

    def counter(self, name: str) -> int:
        """Return one of the kernel's counters."""
        if name == "too_large":
            return int(self._packets.state[name][0] + self._names.state[name][0])
        return int(self._limits[name][0])

    def see(
        self, buffer: NDArray[np.uint8], frames: NDArray[np.void], packets: NDArray[np.void]
    ) -> Iterator[tuple[int, int]]:
        """Keep packets; yield the place and the mark of each that is wanted now."""
        # What a batch brings is judged while it is handled, however long a time it spans.
        self._began_ns = self.clock_ns or int(frames["ts_ns"][0])
        if len(self._chosen) < len(frames):
            self._chosen, self._chosen_marks = np.zeros((2, len(frames)), np.int64)
        count = kernel.see(
            buffer,
            frames,
            packets,
            *self._packets.arrays,
            *self._names.arrays,
            self._heavy,
            self._keys,
            self._places,
            self._marks,
            self._limits,
            self._chosen,
            self._chosen_marks,
        )
        yield from zip(self._chosen[:count].tolist(), self._chosen_marks[:count].tolist(), strict=True)

    def key(self, flow: Flow) -> int:
        """Return what the flow's packets have in common."""
        return self._key(flow, flow.orig_port, flow.resp_port)

    def mark(self, flow: Flow, packets: int, size: int) -> int | None:
        """Want so many packets and bytes of a flow from now on; return its mark, None when the table is too crowded."""
        if not self._free:
            return None
        mark = self._free.pop()
        # Fragments show no ports; all of the two ends' belong to whichever of their flows was marked first.
        keys = self.key(flow), self._key(flow, 0, 0)
        self._marked[mark] = keys
        self.grant(mark, packets, size)
        for key in keys:
            if not kernel.enter(np.uint64(key), mark, self._keys, self._places):
                self.forget([mark])
                return None
        return mark

    def grant(self, mark: int, packets: int, size: int) -> None:
        """Want so many packets and bytes more, counted from now."""
        self._marks[mark] = (packets, size, self.clock_ns)

    def left(self, mark: int) -> tuple[int, int]:
        """Return how many packets and bytes of a marked flow are still wanted."""
        row = self._marks[mark]
        return int(row["packets_left"]), int(row["bytes_left"])

    def silent_longest(self) -> list[int]:
        """Return half of the marks, those whose flows have been silent longest."""
        used = [mark for mark, keys in enumerate(self._marked) if keys is not None]
        return sorted(used, key=lambda mark: int(self._marks[mark]["last_ns"]))[: (len(used) + 1) // 2]

    def forget(self, marks: list[int]) -> None:
        """Take marks back; the others are entered anew."""
        for mark in marks:
            self._marked[mark] = None
            self._free.append(mark)
        self._places[:] = NOBODY
        for mark, keys in enumerate(self._marked):
            for key in keys or ():
                kernel.enter(np.uint64(key), mark, self._keys, self._places)

    def packets_of(self, flow: Flow, mark: int) -> Iterator[Kept]:
        """Yield what the windows hold of a marked flow, the newest if it is more than wanted; each only once ever."""
        row = self._marks[mark]
        for window, bucket, key, oldest_ns in self._where(flow):
            found = self._found[: max(min(int(row["packets_left"]), self._left(), MAX_FOUND), 0)]
            count = kernel.find_flow(
                *window.arrays, bucket, np.uint64(key), oldest_ns, row["bytes_left"], found
            )
            self._limits["second_left"] -= count
            row["packets_left"] -= count
            for kept in window.take(found[:count]):
                row["bytes_left"] -= len(kept.data)
                yield kept

    def look_ups_of(self, ip: str, name: str) -> Iterator[Kept]:
        """Yield questions and answers of an address about a name; each only once ever."""
        wire = wire_form(name)
        if wire is None:
            return
        found = self._found[: max(min(MAX_LOOK_UPS, self._left()), 0)]
        oldest_ns = self._began_ns - int(self._limits["name_look_back_ns"][0])
        count = kernel.find_name(
            *self._names.arrays, self._bucket(ip), np.frombuffer(wire, np.uint8), oldest_ns, found
        )
        self._limits["second_left"] -= count
        yield from self._names.take(found[:count])

    def _where(self, flow: Flow) -> Iterator[tuple[_Window, int, int, int]]:
        """Yield the windows and buckets in which packets of a flow may be, with their key and the oldest time."""
        oldest_ns = self._began_ns - int(self._limits["look_back_ns"][0])
        for key in (self.key(flow), self._key(flow, 0, 0)):
            yield self._packets, key & (BUCKETS - 1), key, oldest_ns
        if kernel.DNS_PORT in {flow.orig_port, flow.resp_port}:
            oldest_ns = self._began_ns - int(self._limits["name_look_back_ns"][0])
            for client in {flow.orig_ip, flow.resp_ip}:
                yield self._names, self._bucket(client), self.key(flow), oldest_ns

    def _left(self) -> int:
        """Return how many packets may still be written in this second."""
        second = self.clock_ns // SECOND_NS
        if second != self._limits["second"][0]:
            self._limits["second"] = second
            self._limits["second_left"] = self._limits["packets_per_second"]
        return int(self._limits["second_left"][0])

    def _key(self, flow: Flow, orig_port: int, resp_port: int) -> int:
        rest = kernel.rest(flow.protocol, flow.vlan, flow.tunnel, flow.tunnel_id)
        ends = (_words(flow.orig_ip), orig_port, _words(flow.resp_ip), resp_port)
        return int(kernel.flow_key(*ends, np.uint64(rest), self._seed))

    def _bucket(self, ip: str) -> int:
        return int(kernel.address_key(_words(ip), self._seed)) & (BUCKETS - 1)


def wire_form(name: str) -> bytes | None:
    """Return a name as it stands in a message, in lower case (RFC 1035 section 3.1); None for what is none."""
    try:
        labels = [label.encode("ascii") for label in name.lower().rstrip(".").split(".")]
    except UnicodeEncodeError:
        return None
    wire = b"".join(bytes((len(label),)) + label for label in labels if len(label) <= MAX_LABEL_BYTES) + b"\0"
    has_all = all(0 < len(label) <= MAX_LABEL_BYTES for label in labels)
    return wire if has_all and len(wire) <= MAX_NAME_BYTES else None


def _words(ip: str) -> tuple[np.uint64, np.uint64]:
    high, low = address.words(ip)
    return np.uint64(high), np.uint64(low)
