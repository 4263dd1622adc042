"""The flow table as a plain dictionary: dull, slow, and written from the contract, not from the kernel."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

FIN, SYN, RST, ACK = 1, 2, 4, 16
TCP, UDP = 6, 17


@dataclass
class OracleFlow:
    """One flow."""

    id: int
    orig: tuple[Any, ...]
    resp: tuple[Any, ...]
    protocol: int
    start_ns: int
    end_ns: int
    touched_ns: int
    last_ordinal: int
    packets: list[int] = field(default_factory=lambda: [0, 0])
    bytes: list[int] = field(default_factory=lambda: [0, 0])
    flags: list[int] = field(default_factory=lambda: [0, 0])
    payload_seen: list[bool] = field(default_factory=lambda: [False, False])
    recent: list[list[int]] = field(default_factory=lambda: [[], []])
    seen_ns: list[int] = field(default_factory=lambda: [0, 0])
    syn_sequence: int | None = None
    duplicates: int = 0
    tell_ns: int = 0
    told: tuple[int, ...] = (0, 0)
    timeout_class: str = "other"


class OracleTable:
    """Takes packets as dictionaries; ``log`` holds what happened, in order."""

    def __init__(self, timeouts_ns: dict[str, int], window_ns: int, capacity: int, active_ns: int) -> None:
        self.timeouts_ns = timeouts_ns
        self.window_ns = window_ns
        self.capacity = capacity
        self.active_ns = active_ns
        self.clock_ns = 0
        self.flows: dict[Any, OracleFlow] = {}
        self.log: list[tuple[Any, ...]] = []
        self.whose: list[tuple[int, int, bool]] = []
        """For each packet its flow, its side, and whether the mirror had delivered it before."""

    def take(self, packet: dict[str, Any], ordinal: int) -> None:
        self.clock_ns = max(self.clock_ns, packet["ts_ns"])
        self.expire()
        src = (packet["src"], packet["src_port"])
        dst = (packet["dst"], packet["dst_port"])
        key = (frozenset((src, dst)), packet["protocol"], packet["key_id"])
        flow = self.flows.get(key)
        flags = packet["tcp_flags"] if packet["protocol"] == TCP else 0
        if flow and packet["protocol"] == TCP and self.starts_anew(flow, packet):
            side = 0 if src == flow.orig else 1
            if not self.is_duplicate(flow, packet, side):
                self.end(key, packet["ts_ns"], "reused")
                flow = None
        if flow is None:
            flow = self.start(key, packet, src, dst, ordinal)
        side = 0 if src == flow.orig else 1
        if self.is_duplicate(flow, packet, side):
            flow.duplicates += 1
            self.whose.append((flow.id, side, True))
            return
        self.whose.append((flow.id, side, False))
        if packet["fingerprint"]:
            flow.recent[side] = [*flow.recent[side], packet["fingerprint"]][-4:]
        flow.seen_ns[side] = packet["ts_ns"]
        flow.packets[side] += 1
        flow.bytes[side] += packet["ip_bytes"]
        flow.end_ns = max(flow.end_ns, packet["ts_ns"])
        flow.touched_ns = self.clock_ns
        flow.last_ordinal = ordinal
        flow.flags[side] |= flags
        if flags & SYN and not flags & ACK and flow.syn_sequence is None:
            flow.syn_sequence = packet["sequence"]
        if self.clock_ns >= flow.tell_ns:
            self.log.append(("active", flow.id, side, ordinal, tuple(flow.bytes), flow.told))
            flow.tell_ns, flow.told = self.clock_ns + self.active_ns, tuple(flow.bytes)
        if packet["payload_wire"]:
            flow.payload_seen[side] = True
            self.log.append(("payload", flow.id, side, ordinal, packet["payload_wire"]))
        flow.timeout_class = self.classify(flow)

    def is_duplicate(self, flow: OracleFlow, packet: dict[str, Any], side: int) -> bool:
        near = abs(packet["ts_ns"] - flow.seen_ns[side]) <= self.window_ns
        return bool(packet["fingerprint"]) and near and packet["fingerprint"] in flow.recent[side]

    @staticmethod
    def starts_anew(flow: OracleFlow, packet: dict[str, Any]) -> bool:
        if packet["tcp_flags"] & (SYN | ACK) != SYN:
            return False
        if (flow.flags[0] | flow.flags[1]) & (FIN | RST):
            return True
        answered = bool(flow.flags[1] & SYN) or bool(flow.flags[0] & ACK and flow.flags[1] & ACK)
        return answered and flow.syn_sequence != packet["sequence"]

    @staticmethod
    def classify(flow: OracleFlow) -> str:
        if flow.protocol == UDP:
            return "udp"
        if flow.protocol != TCP:
            return "other"
        if (flow.flags[0] | flow.flags[1]) & RST or flow.flags[0] & flow.flags[1] & FIN:
            return "closed"
        if flow.flags[0] & flow.flags[1] & (ACK | SYN) or any(flow.payload_seen):
            return "established"
        return "opening"

    def start(self, key: Any, packet: dict[str, Any], src: Any, dst: Any, ordinal: int) -> OracleFlow:
        if len(self.flows) == self.capacity:
            oldest = min(self.flows, key=lambda k: (self.flows[k].touched_ns, self.flows[k].last_ordinal))
            self.end(oldest, packet["ts_ns"], "evicted")
        answer = packet["src_port"] < 1024 <= packet["dst_port"] and packet["protocol"] in {TCP, UDP}
        if packet["protocol"] == TCP and packet["tcp_flags"] & SYN:
            answer = bool(packet["tcp_flags"] & ACK)
        if src == dst:
            answer = False
        orig, resp = (dst, src) if answer else (src, dst)
        flow = OracleFlow(
            ordinal,
            orig,
            resp,
            packet["protocol"],
            packet["ts_ns"],
            packet["ts_ns"],
            self.clock_ns,
            ordinal,
        )
        flow.timeout_class = self.classify(flow)
        flow.tell_ns = self.clock_ns + self.active_ns
        self.flows[key] = flow
        self.log.append(("started", ordinal, orig, resp))
        return flow

    def expire(self) -> None:
        while self.flows:
            due = {k: f.touched_ns + self.timeouts_ns[f.timeout_class] for k, f in self.flows.items()}
            first = min(due, key=lambda k: (due[k], self.flows[k].last_ordinal))
            if due[first] > self.clock_ns:
                return
            reason = "closed" if self.flows[first].timeout_class == "closed" else "timeout"
            self.end(first, due[first], reason)

    def end(self, key: Any, ts_ns: int, reason: str) -> None:
        flow = self.flows.pop(key)
        self.log.append(
            (
                "ended",
                flow.id,
                ts_ns,
                reason,
                flow.end_ns,
                tuple(flow.packets),
                tuple(flow.bytes),
                flow.duplicates,
                flow.told,
            )
        )

    def finish(self) -> None:
        while self.flows:
            key = min(self.flows, key=lambda k: (self.flows[k].touched_ns, self.flows[k].last_ordinal))
            self.end(key, self.flows[key].end_ns, "capture-end")
