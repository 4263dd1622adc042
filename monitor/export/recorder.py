"""Records what mattered: the packets of flows with findings and the look-ups that led to them, in a ring of files.

It sits beside the decoder. ``see`` keeps every packet in a bounded window for a while, ``mark`` says that a flow matters:
what the window holds of it is written, and what comes from then on, up to limits. A packet is written once, whatever
number of alerts it belongs to. Nothing here holds up the capture, and a full disk only stops the recording.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.export._record_ring import RecordRing, Share
from monitor.export._record_window import Kept, Limits, Memory
from monitor.export.pcapng import Packet, enhanced_packet, interface_description, reception, section_header
from monitor.export.record_note import MAX_ALERTS, Note, written
from monitor.model.flow import Flow
from monitor.model.frame import FrameBatch, Interface
from monitor.model.instant import duration_ns
from monitor.model.packet import PacketBatch
from monitor.model.size import size_bytes
from monitor.model.tally import Tally

__all__ = ["Recorder", "Settings", "Share"]

SILENCE_NS = duration_ns("1h")
"""A marked flow that is silent for so long is over; as long as the flow table waits for a connection."""
RENEWED_NS = duration_ns("1h")
"""So long after it was marked, a flow that is marked again may bring as much as before."""
EXTRA_PACKETS = 64
"""Packets that another alert on a flow brings at least, when the flow's limit is used up."""
EXTRA_BYTES = 1 << 17
CHUNK_BYTES = 1 << 16
"""Written at once."""
MIN_MEMORY_BYTES = 1 << 20
APPLICATION = "umbilical"
KEYS = (
    "packets",
    "flows",
    "look_ups",
    "flows_forgotten",
    "flows_refused",
    "packets_unwritten",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Section ``[export.recorder]``: how much is recorded; where and how much in all is said in ``[sensor]``."""

    memory: str = "64MiB"
    """For what was on the wire before a finding, in each worker."""
    look_back: str = "1m"
    """How old packets may be that are recorded when a flow turns out to matter; under load the memory ends sooner."""
    look_up_look_back: str = "1h"
    """The same for DNS questions and answers: they come long before the contact."""
    flow_packets: int = 2000
    """Of one flow and hour."""
    flow_size: str = "2MiB"
    """Of one flow and hour."""
    packets_per_second: int = 2000
    """Of all flows together, in each worker."""

    def __post_init__(self) -> None:
        if size_bytes(self.memory) < MIN_MEMORY_BYTES:
            raise ValueError('memory: too little; give "1MiB" or more')

    @property
    def limits(self) -> Limits:
        """Return the settings as numbers."""
        return Limits(
            memory_bytes=size_bytes(self.memory),
            look_back_ns=duration_ns(self.look_back),
            name_look_back_ns=duration_ns(self.look_up_look_back),
            silence_ns=SILENCE_NS,
            flow_packets=self.flow_packets,
            flow_bytes=size_bytes(self.flow_size),
            packets_per_second=self.packets_per_second,
        )


@dataclass(slots=True)
class _Marked:
    """A flow that matters."""

    mark: int
    community_id: str
    since_ns: int
    alerts: dict[str, str] = field(default_factory=dict)
    """Title by alert id."""
    names: set[str] = field(default_factory=set)


class _Entry(NamedTuple):
    kept: Kept
    note: Note


class Recorder:
    """Keeps packets that matter; ``interfaces`` is the source's list, which may grow."""

    def __init__(
        self, folder: Path, settings: Settings, interfaces: Sequence[Interface], share: Share | None = None
    ) -> None:
        """Raise OSError when the folder cannot be used."""
        self._interfaces = interfaces
        self._limits = settings.limits
        self._memory = Memory(self._limits)
        share = share or Share()
        self._ring = RecordRing(folder, share, self._header)
        self._chunk_bytes = min(CHUNK_BYTES, share.file_bytes // 2)
        self._described: dict[tuple[int, int], int] = {}
        self._descriptions: list[bytes] = []
        self._marked: dict[int, _Marked] = {}
        self._by_mark: dict[int, _Marked] = {}
        self._tally = Tally(KEYS)

    @property
    def problem(self) -> str | None:
        """Why nothing is recorded at the moment; None when all is well."""
        return self._ring.problem

    def see(self, batch: FrameBatch, packets: PacketBatch) -> None:
        """Take frames with what decode made of them, before anybody judges them."""
        start = packets.first_ordinal - batch.first_ordinal
        frames = batch.frames[start : start + len(packets.packets)]
        if not len(frames):
            return
        wanted = self._memory.see(batch.buffer, frames, packets.packets)
        self._write(_Entry(_copied(batch.buffer, frames[place]), self._note(mark)) for place, mark in wanted)

    def mark(self, flow: Flow, names: Sequence[str], alert_id: str, title: str) -> None:
        """Record a flow, and the look-ups of either end for names, because of an alert."""
        key = self._memory.key(flow)
        marked = self._marked.get(key)
        if marked is not None and self._is_known(marked, names, alert_id):
            return
        if marked is None:
            marked = self._new(key, flow)
            if marked is None:
                return
        else:
            self._grant_more(marked, alert_id)
        if len(marked.alerts) < MAX_ALERTS:
            marked.alerts.setdefault(alert_id, title)
        self._write(self._flow_entries(flow, marked))
        for name in names:
            if name not in marked.names and len(marked.names) < MAX_ALERTS:
                marked.names.add(name)
                self._write(self._look_ups(flow, name, marked))

    def counts(self) -> Mapping[str, int]:
        """Return what was recorded and what was not; sums of several workers mean the same."""
        memory = self._memory
        return {
            **self._tally.counts,
            **self._ring.tally.counts,
            "bytes_on_disk": self._ring.size_bytes,
            "flows_marked": len(self._marked),
            "packets_held": memory.held,
            "over_flow_limit": memory.counter("over_flow"),
            "over_second_limit": memory.counter("over_second"),
            "frames_too_large": memory.counter("too_large"),
            "packets_passed_over": memory.counter("passed_over"),
            "stopped": int(self._ring.problem is not None),
        }

    def close(self) -> None:
        """Finish the file; what is in the window is forgotten."""
        self._ring.end_file()

    def _is_known(self, marked: _Marked, names: Sequence[str], alert_id: str) -> bool:
        is_full = len(marked.alerts) >= MAX_ALERTS and len(marked.names) >= MAX_ALERTS
        is_new = alert_id not in marked.alerts or not marked.names.issuperset(names)
        return not self._is_old(marked) and (is_full or not is_new)

    def _is_old(self, marked: _Marked) -> bool:
        if not marked.since_ns:  # it was marked before any packet told the time
            marked.since_ns = self._memory.clock_ns
        return self._memory.clock_ns - marked.since_ns >= RENEWED_NS

    def _new(self, key: int, flow: Flow) -> _Marked | None:
        mark = self._memory.mark(flow, self._limits.flow_packets, self._limits.flow_bytes)
        if mark is None:
            self._forget_some()
            mark = self._memory.mark(flow, self._limits.flow_packets, self._limits.flow_bytes)
        if mark is None:
            self._tally.add("flows_refused")
            return None
        self._tally.add("flows")
        marked = _Marked(mark, flow.community_id, self._memory.clock_ns)
        self._marked[key] = self._by_mark[mark] = marked
        return marked

    def _grant_more(self, marked: _Marked, alert_id: str) -> None:
        """Let a flow bring more when it is marked for something else, or again after long."""
        if self._is_old(marked):
            marked.since_ns = self._memory.clock_ns
            marked.alerts.clear()
            marked.names.clear()
            self._memory.grant(marked.mark, self._limits.flow_packets, self._limits.flow_bytes)
        elif alert_id not in marked.alerts and len(marked.alerts) < MAX_ALERTS:
            packets, size = self._memory.left(marked.mark)
            self._memory.grant(marked.mark, max(packets, EXTRA_PACKETS), max(size, EXTRA_BYTES))

    def _forget_some(self) -> None:
        marks = self._memory.silent_longest()
        self._memory.forget(marks)
        gone = {self._by_mark.pop(mark).mark for mark in marks}
        self._marked = {key: one for key, one in self._marked.items() if one.mark not in gone}
        self._tally.add("flows_forgotten", len(marks))

    def _flow_entries(self, flow: Flow, marked: _Marked) -> Iterator[_Entry]:
        note = self._note(marked.mark)
        for kept in self._memory.packets_of(flow, marked.mark):
            yield _Entry(kept, note)

    def _look_ups(self, flow: Flow, name: str, marked: _Marked) -> Iterator[_Entry]:
        note = self._note(marked.mark)._replace(name=name)
        for ip in (flow.orig_ip, flow.resp_ip):
            for kept in self._memory.look_ups_of(ip, name):
                self._tally.add("look_ups")
                yield _Entry(kept, note._replace(device=ip))

    def _note(self, mark: int) -> Note:
        marked = self._by_mark[mark]
        title = "; ".join(dict.fromkeys(marked.alerts.values()))
        return Note(alerts=tuple(marked.alerts), flow=marked.community_id, title=title)

    def _write(self, entries: Iterable[_Entry]) -> None:
        """Write packets, some at once."""
        blocks: list[bytes] = []
        size = 0
        for entry in entries:
            block = self._block(entry)
            if size + len(block) > self._chunk_bytes:
                self._put(blocks)
                blocks, size = [], 0
            blocks.append(block)
            size += len(block)
        self._put(blocks)

    def _put(self, blocks: list[bytes]) -> None:
        if not blocks:
            return
        content, now_ns = b"".join(blocks), self._memory.clock_ns
        is_open = self._ring.opened(len(content), now_ns)
        is_written = is_open and self._ring.append(content, len(blocks), now_ns)
        self._tally.add("packets" if is_written else "packets_unwritten", len(blocks))

    def _block(self, entry: _Entry) -> bytes:
        kept, note = entry
        interface = self._described.get((kept.interface, kept.link_type))
        if interface is None:
            interface = self._describe(kept)
        return enhanced_packet(
            Packet(
                interface,
                max(kept.ts_ns, 0),
                kept.data,
                max(kept.wire_bytes, len(kept.data)),
                (written(note._replace(frame=kept.number)),),
                reception(kept.link_type, kept.data),
            )
        )

    def _describe(self, kept: Kept) -> int:
        """Give an interface its place; files from now on describe it."""
        known = self._interfaces[kept.interface]
        self._descriptions.append(
            interface_description(
                known.name,
                kept.link_type,
                snap_length=known.snap_length,
                description="" if known.capture == known.name else known.capture,
                system=_system(),
            )
        )
        place = self._described[kept.interface, kept.link_type] = len(self._described)
        self._ring.end_file()
        return place

    def _header(self) -> bytes:
        """Return what every file begins with."""
        section = section_header(hardware=os.uname().machine, system=_system(), application=APPLICATION)
        return section + b"".join(self._descriptions)


def _system() -> str:
    host = os.uname()
    return f"{host.sysname} {host.release}"


def _copied(buffer: NDArray[np.uint8], frame: np.void) -> Kept:
    start = int(frame["offset"])
    return Kept(
        ts_ns=int(frame["ts_ns"]),
        number=int(frame["number"]),
        interface=int(frame["interface"]),
        link_type=int(frame["link_type"]),
        wire_bytes=int(frame["wire"]),
        data=buffer[start : start + int(frame["captured"])].tobytes(),
    )
