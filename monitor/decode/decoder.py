"""The room's door: frames in, rows out; and the loop that leads a walk from header to header.

Rule 1: every frame gives exactly one row, whatever its bytes are.
Rule 2: the split into batches changes nothing but the place of a reassembled payload in the pool.
"""

# ruff: noqa: PLR1714, SIM109 - to numba a tuple to look in is a loop and a function of its own

from collections import Counter
from collections.abc import Iterator

import numpy as np
from numba import from_dtype, int64, types, uint8

from monitor.decode import fragments
from monitor.decode import row as rows
from monitor.decode._bytes import look_at
from monitor.decode._kernel import Bytes, Numbers, Row, kernel, part
from monitor.decode._walk import (
    DONE,
    ETHER_TYPE,
    ETHERIP,
    ETHERNET,
    EXTENSION,
    FRAGMENT,
    GENEVE,
    GRE,
    GTPU,
    IP,
    IPV4,
    IPV6,
    L2TP,
    LLC,
    MAX_HEADERS,
    MPLS,
    NSH,
    OUTCOME_FRAGMENT,
    OUTCOME_NOT_IP,
    OUTCOME_OPAQUE,
    OUTCOME_PACKET,
    OUTCOME_TOO_DEEP,
    PPP,
    PPPOE,
    TEREDO,
    TRANSPORT,
    TZSP,
    VXLAN,
    VXLAN_GPE,
    WALK,
    WIFI,
    begin,
    stop,
)
from monitor.decode.ethernet import ether_type, ethernet, llc
from monitor.decode.gre import etherip, gre
from monitor.decode.link import link
from monitor.decode.mpls import mpls
from monitor.decode.network import extension, ip, ipv4, ipv6
from monitor.decode.overlay import geneve, nsh, vxlan, vxlan_gpe
from monitor.decode.ppp import ppp, pppoe
from monitor.decode.transport import transport
from monitor.decode.tunnel import gtpu, l2tp, teredo, tzsp
from monitor.decode.wifi import wifi
from monitor.model.frame import FRAME, FrameBatch
from monitor.model.packet import PACKET, Outcome, PacketBatch, Tunnel
from monitor.model.tally import Tally

MAX_LINK_TYPES = 64
"""Unknown link types that are counted by number."""
OTHER_LINK_TYPES = -1
"""The rest of them."""

_FRAGMENT_KEYS = ("fragments_evicted", "fragments_timed_out", "fragments_overlapping", "fragments_refused")
_KEYS = (
    *(outcome.name.lower() for outcome in Outcome),
    "packets_snapped",
    *(f"tunnel_{tunnel.name.lower()}" for tunnel in Tunnel),
)
_SNAPPED_PACKETS = len(Outcome)
_TUNNELS = _SNAPPED_PACKETS + 1


class Decoder:
    """Reads headers; remembers incomplete datagrams and the time."""

    def __init__(self) -> None:
        self.tally = Tally((*_KEYS, *_FRAGMENT_KEYS))
        self.unknown_link_types: Counter[int] = Counter()
        self._clock = np.zeros(1, np.int64)
        self._packets = np.zeros(0, PACKET)
        self._pool = np.zeros(fragments.SLOTS * fragments.SLOT_BYTES, np.uint8)
        self._slots = np.zeros(fragments.SLOTS, fragments.SLOT)
        self._fragments = np.zeros(1, fragments.FRAGMENTS)
        self._walk = np.zeros(1, WALK)
        self._counts = np.zeros(len(_KEYS), np.int64)

    def decode(self, batch: FrameBatch) -> Iterator[PacketBatch]:
        """Yield the packets of a batch, in several parts if many datagrams were reassembled.

        A part is valid until the next one is asked for.
        """
        frames = batch.frames
        if len(self._packets) < len(frames):
            self._packets = np.zeros(len(frames), PACKET)
        start = 0
        while True:
            end = self._decode_some(batch, start)
            if end == len(frames):
                self._clock[0] = max(self._clock[0], batch.clock_ns)
            yield PacketBatch(
                packets=self._packets[start:end],
                buffer=batch.buffer,
                pool=self._pool,
                first_ordinal=batch.first_ordinal + start,
                clock_ns=int(self._clock[0]),
            )
            if end == len(frames):
                return
            start = end

    def _decode_some(self, batch: FrameBatch, start: int) -> int:
        """Decode from a frame on; return the first one that is not decoded yet."""
        end: int = _decode(
            batch.buffer,
            batch.frames,
            start,
            self._packets,
            self._pool,
            self._slots,
            self._fragments,
            self._walk,
            self._clock,
            self._counts,
        )
        self._settle(batch, start, end)
        return end

    def _settle(self, batch: FrameBatch, start: int, end: int) -> None:
        """Add the kernel's counters to the tally."""
        if self._counts[Outcome.UNKNOWN_LINK_TYPE]:
            self._name_link_types(batch, start, end)
        for key, count in zip(_KEYS, self._counts.tolist(), strict=True):
            if count:
                self.tally.add(key, count)
        self._counts[:] = 0
        counts = self._fragments["counts"][0]
        for key, count in zip(_FRAGMENT_KEYS, counts.tolist(), strict=True):
            if count:
                self.tally.add(key, count)
        counts[:] = 0

    def _name_link_types(self, batch: FrameBatch, start: int, end: int) -> None:
        unknown = self._packets["outcome"][start:end] == Outcome.UNKNOWN_LINK_TYPE
        numbers, frames = np.unique(batch.frames["link_type"][start:end][unknown], return_counts=True)
        for number, count in zip(numbers.tolist(), frames.tolist(), strict=True):
            known = number in self.unknown_link_types or len(self.unknown_link_types) < MAX_LINK_TYPES
            self.unknown_link_types[number if known else OTHER_LINK_TYPES] += count


@part
def _descend(walk: Row, row: Row) -> None:  # noqa: C901, PLR0912 - one flat choice, the common layers first
    """Go from header to header until the walk ends or stands before a fragment."""
    while walk.layer != DONE and walk.layer != FRAGMENT:
        walk.headers += 1
        if walk.headers > MAX_HEADERS:
            stop(walk, OUTCOME_TOO_DEEP)
            return
        layer = walk.layer
        if layer == ETHERNET:
            ethernet(walk)
        elif layer == ETHER_TYPE:
            ether_type(walk)
        elif layer == IPV4:
            ipv4(walk)
        elif layer == TRANSPORT:
            transport(walk, row)
        elif layer == IPV6:
            ipv6(walk)
        elif layer == EXTENSION:
            extension(walk)
        elif layer == IP:
            ip(walk)
        elif layer == GTPU:
            gtpu(walk)
        elif layer == VXLAN:
            vxlan(walk)
        elif layer == GENEVE:
            geneve(walk)
        elif layer == GRE:
            gre(walk)
        elif layer == MPLS:
            mpls(walk)
        elif layer == PPPOE:
            pppoe(walk)
        elif layer == PPP:
            ppp(walk)
        elif layer == LLC:
            llc(walk)
        elif layer == WIFI:
            wifi(walk)
        elif layer == VXLAN_GPE:
            vxlan_gpe(walk)
        elif layer == NSH:
            nsh(walk)
        elif layer == L2TP:
            l2tp(walk)
        elif layer == TEREDO:
            teredo(walk)
        elif layer == TZSP:
            tzsp(walk)
        elif layer == ETHERIP:
            etherip(walk)


@part
def _finish(walk: Row, row: Row) -> None:
    """Decide what the row says: what was found inside, or the packet of the tunnel that led nowhere."""
    outcome = walk.outcome
    if outcome == OUTCOME_PACKET:
        return
    if outcome == OUTCOME_FRAGMENT:
        rows.fragment(walk, row)
        return
    if (
        walk.kept
        and outcome != OUTCOME_TOO_DEEP
        and (walk.guessed or outcome == OUTCOME_NOT_IP or outcome == OUTCOME_OPAQUE)
    ):
        return
    rows.nothing(row, outcome)


@part
def _count(row: Row, counts: Numbers) -> None:
    counts[np.int64(row.outcome)] += 1
    if row.outcome == OUTCOME_PACKET:
        counts[_TUNNELS + np.int64(row.tunnel)] += 1
        if row.payload_captured < row.payload_wire:
            counts[_SNAPPED_PACKETS] += 1


def _columns(dtype: "np.dtype[np.void]", *, readonly: bool = False) -> types.Array:
    return types.Array(from_dtype(dtype), 1, "C", readonly=readonly)


_SIGNATURE = int64(
    types.Array(uint8, 1, "C", readonly=True),
    _columns(FRAME, readonly=True),
    int64,
    _columns(PACKET),
    types.Array(uint8, 1, "C"),
    _columns(fragments.SLOT),
    _columns(fragments.FRAGMENTS),
    _columns(WALK),
    int64[::1],
    int64[::1],
)


@kernel(_SIGNATURE)
def _decode(  # noqa: PLR0913, PLR0917 - the kernel's memory
    buffer: Bytes,
    frames: Row,
    start: int,
    packets: Row,
    pool: Bytes,
    slots: Row,
    states: Row,
    walks: Row,
    clock: Numbers,
    counts: Numbers,
) -> int:
    """Decode until the frames or the room for reassembled datagrams end; return the first frame not decoded."""
    walk = walks[0]
    state = states[0]
    fragments.release(slots, state)
    for index in range(start, len(frames)):
        frame = frames[index]
        row = packets[index]
        row.ts_ns = frame.ts_ns
        row.number = frame.number
        row.interface = frame.interface
        clock[0] = max(clock[0], frame.ts_ns)
        begin(walk, frame)
        look_at(walk, buffer)
        link(walk, frame.link_type)
        _descend(walk, row)
        while walk.layer == FRAGMENT:
            fragments.add(walk, pool, slots, state, clock[0])
            _descend(walk, row)
        _finish(walk, row)
        _count(row, counts)
        if state.held >= fragments.MAX_HELD:
            return index + 1
    return len(frames)
