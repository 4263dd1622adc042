"""The decode room once more, in plain Python from the specifications: slow, dull, and the judge of the kernels.

It shares the records of ``monitor.model`` with the room and nothing else. A header function returns what comes next,
or raises ``Stop``; reassembly is a dictionary of bytes per datagram.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from monitor.model.flow import ICMP6_COUNTERPART, ICMP_COUNTERPART
from monitor.model.packet import NO_VLAN, Outcome, Tunnel

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DEPTH, MAX_HEADERS, MAX_EXTENSIONS, MAX_LABELS = 8, 64, 16, 16
CAPACITY, TIMEOUT_NS, MAX_DATAGRAM = 64, 30_000_000_000, 65535
VLANS = {0x8100, 0x88A8, 0x9100, 0x9200}
READABLE = {0x0800, 0x86DD, 0x0806, 0x8847, 0x8864} | VLANS
PORTS = {
    4789: "vxlan", 8472: "vxlan", 4790: "vxlan_gpe", 6081: "geneve", 2152: "gtpu",
    1701: "l2tp", 3544: "teredo", 6635: "mpls", 37008: "tzsp",
}  # fmt: skip
ANSWERING_PORTS = {1701, 2152, 3544}
NEXT_PROTOCOL = {1: "ipv4", 2: "ipv6", 3: "ethernet", 4: "nsh", 5: "mpls"}


class Stop(Exception):  # noqa: N818 - not an error
    """The walk ends here."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


NOTHING: dict[str, Any] = {
    "ip_bytes": 0, "payload_offset": 0, "payload_captured": 0, "payload_wire": 0, "src_high": 0, "src_low": 0,
    "dst_high": 0, "dst_low": 0, "src_mac": 0, "dst_mac": 0, "tunnel_id": 0, "key_id": 0, "sequence": 0,
    "acknowledgement": 0, "src_port": 0, "dst_port": 0, "vlan": NO_VLAN, "protocol": 0, "tcp_flags": 0,
    "tunnel": 0, "pooled": 0,
}  # fmt: skip


@dataclass
class Datagram:
    """An incomplete datagram."""

    started_ns: int
    content: dict[int, int] = field(default_factory=dict)
    """Captured bytes by place."""
    units: set[int] = field(default_factory=set)
    cut: int = MAX_DATAGRAM
    total: int | None = None
    ip_bytes: int = 0
    protocol: int | None = None
    any_protocol: int = 0


@dataclass
class State:
    """What is known on the way."""

    data: bytes
    at: int
    end: int
    wire_end: int
    snapped: bool
    headers: int = 0
    depth: int = 0
    extensions: int = 0
    ether_type: int = 0
    src_mac: int = 0
    dst_mac: int = 0
    vlan: int = NO_VLAN
    vni: int = 0
    tunnel: Tunnel = Tunnel.NONE
    tunnel_id: int = 0
    version: int = 0
    ip_bytes: int = 0
    ip_id: int = 0
    unlimited: bool = False
    protocol: int = 0
    src: int = 0
    dst: int = 0
    pooled: bool = False
    guessed: bool = False
    kept: dict[str, Any] | None = None
    fragment: tuple[int, int, bool] | None = None

    def need(self, size: int) -> None:
        if self.at + size > self.end:
            cut = self.snapped and self.at + size <= self.wire_end
            raise Stop(Outcome.SNAPPED if cut else Outcome.MALFORMED)

    def take(self, layout: str) -> tuple[int, ...]:
        self.need(struct.calcsize(layout))
        numbers = struct.unpack_from(layout, self.data, self.at)
        self.at += struct.calcsize(layout)
        return numbers

    def peek(self, layout: str) -> tuple[int, ...]:
        at = self.at
        numbers = self.take(layout)
        self.at = at
        return numbers

    def limit(self, end: int) -> None:
        self.wire_end = min(self.wire_end, end)
        self.end = min(self.end, end)

    def enter(self, tunnel: Tunnel, tunnel_id: int) -> None:
        self.tunnel, self.tunnel_id = tunnel, tunnel_id

    @property
    def key_id(self) -> int:
        return (self.vlan + 1) | self.vni << 16

    def looks_ethernet(self, at: int) -> bool:
        return at + 14 <= self.end and struct.unpack_from(">H", self.data, at + 12)[0] in READABLE

    def columns(self) -> dict[str, Any]:
        return NOTHING | {
            "ip_bytes": self.ip_bytes,
            "src_high": self.src >> 64, "src_low": self.src & (1 << 64) - 1,
            "dst_high": self.dst >> 64, "dst_low": self.dst & (1 << 64) - 1,
            "src_mac": self.src_mac, "dst_mac": self.dst_mac, "vlan": self.vlan,
            "tunnel": int(self.tunnel), "tunnel_id": self.tunnel_id, "key_id": self.key_id, "protocol": self.protocol,
        }  # fmt: skip


class OracleDecoder:
    """Decodes frame by frame; ``decode_frame`` returns the row's columns, ``payload`` and ``same``.

    ``same`` stands for the fingerprint: equal for the same packet, None when it cannot be told.
    """

    def __init__(self) -> None:
        self.datagrams: dict[tuple[int, ...], Datagram] = {}
        self.clock_ns = 0
        self.evicted = self.timed_out = self.overlapping = self.refused = 0

    def decode_frame(self, link_type: int, data: bytes, wire: int, ts_ns: int = 0) -> dict[str, Any]:
        self.clock_ns = max(self.clock_ns, ts_ns)
        wire = max(wire, len(data))
        state = State(data=data, at=0, end=len(data), wire_end=wire, snapped=len(data) < wire)
        try:
            layer: str | None = link(state, link_type)
            while layer is not None:
                if layer == "fragment":
                    layer = self._fragment(state)
                    continue
                state.headers += 1
                if state.headers > MAX_HEADERS:
                    stop(Outcome.TOO_DEEP)
                layer = LAYERS[layer](state)
        except Stop as end:
            return finish(state, end.outcome)
        return finish(state, Outcome.PACKET)

    def _fragment(self, state: State) -> str:  # noqa: C901 - one flat account
        assert state.fragment is not None
        identification, offset, more = state.fragment
        size = state.wire_end - state.at
        odd = more and size % 8 != 0
        if odd:
            state.limit(state.wire_end - size % 8)
            size = state.wire_end - state.at
        if size <= 0 or (20 if state.version == 4 else 0) + offset + size > MAX_DATAGRAM:
            self.refused += 1
            raise Stop(Outcome.MALFORMED)
        datagram = self._datagram(state, identification)
        datagram.ip_bytes += state.ip_bytes
        if offset == 0 and datagram.protocol is None:
            datagram.protocol = state.protocol
        if not more and datagram.total is None:
            datagram.total = offset + size
            beyond = {unit for unit in datagram.units if unit * 8 >= datagram.total}
            datagram.units -= beyond
            odd |= bool(beyond)
        elif datagram.total is not None and offset + size > datagram.total:
            odd = True
            size = datagram.total - offset
        elif datagram.total is not None and not more and offset + size < datagram.total and size % 8:
            odd = True
            size -= size % 8
        captured = min(state.end - state.at, size)
        if captured < size:
            datagram.cut = min(datagram.cut, offset + captured)
        for start in range(0, size, 8):
            unit = (offset + start) // 8
            if unit in datagram.units:
                odd = True
                continue
            datagram.units.add(unit)
            for place in range(start, min(start + 8, size, captured)):
                datagram.content[offset + place] = state.data[state.at + place]
        self.overlapping += odd
        if datagram.total is None or len(datagram.units) < (datagram.total + 7) // 8:
            raise Stop(Outcome.FRAGMENT)
        return self._complete(state, datagram)

    def _complete(self, state: State, datagram: Datagram) -> str:
        assert datagram.total is not None
        self.datagrams = {key: other for key, other in self.datagrams.items() if other is not datagram}
        end = min(datagram.total, datagram.cut)
        state.data = bytes(datagram.content[place] for place in range(end))
        state.at, state.end, state.wire_end = 0, end, datagram.total
        state.snapped |= end < datagram.total
        state.pooled, state.unlimited = True, False
        state.ip_bytes = datagram.ip_bytes
        state.protocol = datagram.any_protocol if datagram.protocol is None else datagram.protocol
        return "extension" if state.version == 6 else "transport"

    def _datagram(self, state: State, identification: int) -> Datagram:
        for key, old in list(self.datagrams.items()):
            if self.clock_ns - old.started_ns > TIMEOUT_NS:
                del self.datagrams[key]
                self.timed_out += 1
        protocol = -1 if state.version == 6 else state.protocol
        wanted = (state.src, state.dst, identification, protocol, state.key_id)
        if wanted not in self.datagrams:
            if len(self.datagrams) >= CAPACITY:
                del self.datagrams[next(iter(self.datagrams))]
                self.evicted += 1
            self.datagrams[wanted] = Datagram(self.clock_ns, any_protocol=state.protocol)
        return self.datagrams[wanted]


def finish(state: State, outcome: Outcome) -> dict[str, Any]:
    """The row, after the walk ended."""
    if outcome is Outcome.FRAGMENT:
        return state.columns() | {"outcome": int(outcome), "payload": b"", "same": None}
    if outcome is Outcome.PACKET:
        assert state.kept is not None
        return state.kept
    vague = outcome in {Outcome.NOT_IP, Outcome.OPAQUE} or (
        state.guessed and outcome in {Outcome.MALFORMED, Outcome.SNAPPED}
    )
    if state.kept is not None and vague:
        return state.kept
    return NOTHING | {"outcome": int(outcome), "payload": b"", "same": None}


def keep(state: State, same: tuple[Any, ...] | None, **transport: int) -> None:
    """Remember the packet whose payload begins here."""
    identity = (state.src, state.dst, state.protocol, state.ip_id, *transport.values(), *(same or ()))
    captured = max(state.end - state.at, 0)
    state.kept = state.columns() | transport | {
        "outcome": int(Outcome.PACKET),
        "payload_offset": state.at,
        "payload_captured": captured,
        "payload_wire": state.wire_end - state.at,
        "pooled": int(state.pooled),
        "payload": state.data[state.at : state.at + captured],
        "same": None if same is None else identity,
    }  # fmt: skip


# Link types


def link(state: State, link_type: int) -> str:  # noqa: C901, PLR0911, PLR0912 - one flat choice
    match link_type:
        case 1:
            return "ethernet"
        case 0 | 108:
            (little,), (big,) = state.peek("<I"), state.take(">I")
            family = min(little, big)
            return {2: "ipv4", 10: "ipv6", 23: "ipv6", 24: "ipv6", 28: "ipv6", 30: "ipv6"}.get(
                family
            ) or not_ip()
        case 12 | 14 | 101:
            return "ip"
        case 228:
            return "ipv4"
        case 229:
            return "ipv6"
        case 113:
            _, _, size, *source, protocol = state.take(">HHH8BH")
            if size == 6:
                state.src_mac = int.from_bytes(bytes(source[:6]), "big")
            return cooked(state, protocol)
        case 276:
            protocol, _, _, _, _, size, *source = state.take(">HHIHBB8B")
            if size == 6:
                state.src_mac = int.from_bytes(bytes(source[:6]), "big")
            return cooked(state, protocol)
        case 9 | 50:
            return cisco(state) if state.peek(">H")[0] in {0x0F00, 0x8F00} else "ppp"
        case 104:
            return cisco(state)
        case 51:
            return "pppoe"
        case 204:
            state.at += 1
            return "ppp"
        case 166:
            state.at += 2 if state.peek(">BB")[1] == 3 else 1
            return "ppp"
        case 105:
            return "wifi"
        case 127:
            return radiotap(state)
        case _:
            raise Stop(Outcome.UNKNOWN_LINK_TYPE)


def not_ip() -> str:
    stop(Outcome.NOT_IP)


def stop(outcome: Outcome) -> NoReturn:
    raise Stop(outcome)


def cooked(state: State, protocol: int) -> str:
    state.ether_type = protocol
    if protocol >= 0x600:
        return "ether_type"
    return "llc" if protocol == 4 else not_ip()


def cisco(state: State) -> str:
    state.ether_type = state.take(">HH")[1]
    return "ether_type"


# Ethernet


def ethernet(state: State) -> str:
    *macs, state.ether_type = state.take(">12BH")
    state.dst_mac = int.from_bytes(bytes(macs[:6]), "big")
    state.src_mac = int.from_bytes(bytes(macs[6:]), "big")
    state.vlan = NO_VLAN
    return "ether_type"


def ether_type(state: State) -> str:  # noqa: C901, PLR0911, PLR0912 - one flat choice
    kind = state.ether_type
    if kind in VLANS:
        tci, state.ether_type = state.take(">HH")
        state.vlan = tci & 0xFFF or state.vlan
        return "ether_type"
    if kind <= 1500:
        state.limit(state.at + kind)
        return "llc"
    match kind:
        case 0x0800:
            return "ipv4"
        case 0x86DD:
            return "ipv6"
        case 0x8847 | 0x8848:
            return "mpls"
        case 0x8864:
            return "pppoe"
        case 0x880B:
            return "ppp"
        case 0x6558:
            return "ethernet"
        case 0x894F:
            return "nsh"
        case 0x88E7:
            state.enter(Tunnel.PBB, state.take(">I")[0] & 0xFFFFFF)
            return "ethernet"
        case 0x8926:
            state.ether_type = state.take(">IH")[1]
            return "ether_type"
        case 0x893F:
            state.ether_type = state.take(">HIH")[2]
            return "ether_type"
        case 0x8903:
            state.at += 2
            return "ethernet"
        case 0x88E5:
            return macsec(state)
    return not_ip()


def macsec(state: State) -> str:
    control = state.peek(">B")[0]
    if control & 0x0C:
        raise Stop(Outcome.OPAQUE)
    layout = ">6x8xH" if control & 0x20 else ">6xH"
    (state.ether_type,) = state.take(layout)
    return "ether_type"


def llc(state: State) -> str:
    head = state.peek(">3B")
    if head == (6, 6, 3):
        state.at += 3
        return "ipv4"
    if head != (0xAA, 0xAA, 3):
        return not_ip()
    state.need(8)
    oui, state.ether_type = (
        state.data[state.at + 3 : state.at + 6],
        struct.unpack_from(">H", state.data, state.at + 6)[0],
    )
    state.at += 8
    if oui not in {b"\0\0\0", b"\0\0\xf8"} or state.ether_type < 0x600:
        return not_ip()
    return "ether_type"


def mpls(state: State) -> str:
    for _ in range(MAX_LABELS):
        (entry,) = state.take(">I")
        if entry & 0x100:
            state.enter(Tunnel.MPLS, entry >> 12)
            return below_labels(state)
    raise Stop(Outcome.MALFORMED)


def below_labels(state: State) -> str:
    nibble = state.peek(">B")[0] >> 4
    left = state.end - state.at
    if nibble == 4:
        if left < 20:
            return "ipv4"
        first, _, total = state.peek(">BBH")
        if first & 15 >= 5 and (total == 0 or (first & 15) * 4 <= total <= state.wire_end - state.at):
            return "ipv4"
    if nibble == 6 and (left < 40 or state.at + 40 + state.peek(">IH")[1] == state.wire_end):
        return "ipv6"
    if nibble == 0 and state.looks_ethernet(state.at + 4):
        state.at += 4
        return "ethernet"
    if state.looks_ethernet(state.at):
        return "ethernet"
    return {4: "ipv4", 6: "ipv6"}.get(nibble) or not_ip()


# PPP


def pppoe(state: State) -> str:
    version, code, session, length = state.take(">BBHH")
    if version != 0x11:
        raise Stop(Outcome.MALFORMED)
    if code != 0:
        return not_ip()
    state.enter(Tunnel.PPPOE, session)
    state.limit(state.at + length)
    return "ppp"


def ppp(state: State) -> str:
    state.need(1)
    if state.end - state.at >= 2 and state.peek(">H")[0] == 0xFF03:
        state.at += 2
    (protocol,) = state.peek(">B")
    if protocol & 1:
        state.at += 1
    else:
        (protocol,) = state.take(">H")
    if protocol in {0x2D, 0x2F, 0x3D, 0x53, 0x55, 0xFB, 0xFD}:
        raise Stop(Outcome.OPAQUE)
    return {0x21: "ipv4", 0x57: "ipv6", 0x281: "mpls", 0x283: "mpls"}.get(protocol) or not_ip()


# 802.11


def radiotap(state: State) -> str:
    version, _, length, present = state.peek("<BBHI")
    if version != 0 or length < 8:
        raise Stop(Outcome.MALFORMED)
    state.need(length)
    header = state.data[state.at : state.at + length]
    at, word, words = 8, present, 0
    while word & 1 << 31 and at + 4 <= length and words < 32:
        (word,) = struct.unpack_from("<I", header, at)
        at, words = at + 4, words + 1
    if present & 1:
        at = -(-at // 8) * 8 + 8
    flags = header[at] if present & 2 and at < length else 0
    if flags & 0x20:
        raise Stop(Outcome.OPAQUE)
    state.at += length
    if flags & 0x10:
        state.limit(max(state.wire_end - 4, state.at))
    return "wifi"


def wifi(state: State) -> str:
    control, flags = state.peek(">BB")
    if control >> 2 & 3 != 2 or control & 0x40:
        return not_ip()
    if flags & 0x40:
        raise Stop(Outcome.OPAQUE)
    four = flags & 3 == 3
    qos = control & 0x80
    size = 24 + 6 * four + (0 if not qos else 6 if flags & 0x80 else 2)
    state.need(size)
    header = state.data[state.at : state.at + size]
    if flags & 4 or header[22] & 15:
        raise Stop(Outcome.OPAQUE)
    one, two, three = (int.from_bytes(header[at : at + 6], "big") for at in (4, 10, 16))
    fourth = int.from_bytes(header[24:30], "big")
    state.dst_mac = three if flags & 1 else one
    state.src_mac = [two, two, three, fourth][flags & 3]
    state.vlan = NO_VLAN
    state.at += size
    if qos and header[30 if four else 24] & 0x80:
        *macs, length = state.take(">12BH")
        state.dst_mac = int.from_bytes(bytes(macs[:6]), "big")
        state.src_mac = int.from_bytes(bytes(macs[6:]), "big")
        state.limit(state.at + length)
    return "llc"


# IP


def ip(state: State) -> str:
    version = state.peek(">B")[0] >> 4
    return {4: "ipv4", 6: "ipv6"}.get(version) or not_ip()


def descend(state: State) -> None:
    state.depth += 1
    state.extensions = 0
    if state.depth > MAX_DEPTH:
        raise Stop(Outcome.TOO_DEEP)


def set_length(state: State, start: int, total: int) -> None:
    state.unlimited = total == 0
    if total:
        state.wire_end = start + total
        state.end = min(state.end, state.wire_end)
    state.ip_bytes = state.wire_end - start


def ipv4(state: State) -> str:
    descend(state)
    start = state.at
    first, _, total, identification, fragment, _, protocol, _, src, dst = state.peek(">BBHHHBBHII")
    header = (first & 15) * 4
    if first >> 4 != 4 or header < 20 or 0 < total < header:
        raise Stop(Outcome.MALFORMED)
    state.need(header)
    set_length(state, start, total)
    state.at += header
    state.version, state.ip_id, state.protocol = 4, identification, protocol
    state.src, state.dst = 0xFFFF_0000_0000 | src, 0xFFFF_0000_0000 | dst
    if fragment & 0x3FFF:
        state.fragment = identification, (fragment & 0x1FFF) * 8, bool(fragment & 0x2000)
        return "fragment"
    return "transport"


def ipv6(state: State) -> str:
    descend(state)
    start = state.at
    first, payload, protocol, _, a, b, c, d = state.peek(">IHBBQQQQ")
    if first >> 28 != 6:
        raise Stop(Outcome.MALFORMED)
    state.at += 40
    set_length(state, start, 0 if payload == 0 and protocol != 59 else 40 + payload)
    state.version, state.ip_id, state.protocol = 6, 0, protocol
    state.src, state.dst = a << 64 | b, c << 64 | d
    return "extension"


def one_more_extension(state: State) -> None:
    state.extensions += 1
    if state.extensions > MAX_EXTENSIONS:
        raise Stop(Outcome.TOO_DEEP)


def extension(state: State) -> str:
    if state.protocol in {0, 43, 60, 135, 139, 140}:
        one_more_extension(state)
        return skip(state, 8)
    if state.protocol != 44:
        return "transport"
    state.need(8)
    state.protocol, _, word, identification = state.peek(">BBHI")
    one_more_extension(state)
    state.at += 8
    if word & 0xFFF9:
        state.fragment = identification, word & 0xFFF8, bool(word & 1)
        return "fragment"
    return "extension"


def skip(state: State, unit: int) -> str:
    state.need(8)
    following, length = state.peek(">BB")
    state.need(8 + length * unit)
    state.at += 8 + length * unit
    state.protocol = following
    return "extension" if state.version == 6 else "transport"


# Transport


def transport(state: State) -> str | None:
    if state.protocol == 51:
        one_more_extension(state)
        return skip(state, 4)
    return TRANSPORTS.get(state.protocol, portless)(state)


def tcp(state: State) -> None:
    src, dst, seq, ack, offset, flags, window, checksum, _ = state.peek(">HHIIBBHHH")
    header = (offset >> 4) * 4
    if header < 20 or state.at + header > state.wire_end:
        raise Stop(Outcome.MALFORMED)
    state.at += header
    size = state.wire_end - state.at
    same = (window, checksum, size) if state.ip_id or size else None
    keep(state, same, src_port=src, dst_port=dst, sequence=seq, acknowledgement=ack, tcp_flags=flags)


def udp(state: State) -> str | None:
    src, dst, length, checksum = state.peek(">HHHH")
    if length == 0 and state.unlimited:
        length = state.wire_end - state.at
    if length < 8 or state.at + length > state.wire_end:
        raise Stop(Outcome.MALFORMED)
    state.limit(state.at + length)
    state.at += 8
    same = (checksum, length, start_of_payload(state)) if state.ip_id else None
    keep(state, same, src_port=src, dst_port=dst)
    layer = PORTS.get(dst) or (PORTS[src] if src in ANSWERING_PORTS else None)
    state.guessed |= layer is not None
    return layer


def start_of_payload(state: State) -> tuple[int, bytes]:
    content = state.data[state.at : max(state.at, state.end)][:32]
    return len(content), content


def icmp(state: State) -> None:
    kind, code, checksum, rest = state.peek(">BBHI")
    answer = (ICMP_COUNTERPART if state.protocol == 1 else ICMP6_COUNTERPART).get(kind, code)
    same = (checksum, rest, state.wire_end - state.at) if state.ip_id else None
    state.at += 8
    keep(state, same, src_port=kind, dst_port=answer)


def sctp(state: State) -> None:
    src, dst, tag, checksum = state.peek(">HHII")
    same = (tag, checksum, state.wire_end - state.at) if state.ip_id else None
    state.at += 12
    keep(state, same, src_port=src, dst_port=dst)


def portless(state: State) -> str | None:
    same = (state.wire_end - state.at, start_of_payload(state)) if state.ip_id else None
    keep(state, same, src_port=0, dst_port=0)
    match state.protocol:
        case 4:
            state.enter(Tunnel.IPIP, 0)
            return "ipv4"
        case 41:
            state.enter(Tunnel.SIX_IN_FOUR if state.version == 4 else Tunnel.IPIP, 0)
            return "ipv6"
        case 47:
            return "gre"
        case 97:
            return "etherip"
        case 137:
            return "mpls"
    return None


TRANSPORTS: dict[int, Callable[[State], str | None]] = {1: icmp, 6: tcp, 17: udp, 58: icmp, 132: sctp}


# Tunnels over IP


def gre(state: State) -> str:
    flags, kind = state.peek(">HH")
    version = flags & 7
    if version == 1 and kind == 0x880B:
        return pptp(state, flags)
    if version == 1 and kind == 0x6400:
        return eoip(state)
    if version != 0 or flags & 0x4000:
        raise Stop(Outcome.OPAQUE)
    state.need(4 + 4 * bool(flags & 0x8000) + 4 * bool(flags & 0x2000) + 4 * bool(flags & 0x1000))
    state.at += 8 if flags & 0x8000 else 4
    key = state.take(">I")[0] if flags & 0x2000 else 0
    state.at += 4 if flags & 0x1000 else 0
    state.enter(Tunnel.GRE, key)
    if kind == 0x88BE:
        return erspan(state, sequenced=bool(flags & 0x1000))
    if kind == 0x22EB:
        return erspan_iii(state)
    if kind == 0x6558 and flags & 0x2000:
        state.enter(Tunnel.NVGRE, key >> 8)
        state.vni = key >> 8
    state.ether_type = kind
    return "ether_type"


def erspan(state: State, *, sequenced: bool) -> str:
    if not sequenced:
        state.enter(Tunnel.ERSPAN, 0)
        return "ethernet"
    first, session, _ = state.take(">HHI")
    if first >> 12 != 1:
        raise Stop(Outcome.OPAQUE)
    return mirrored(state, session, "ethernet")


def erspan_iii(state: State) -> str:
    first, session, _, _, last = state.peek(">HHIHH")
    if first >> 12 != 2:
        raise Stop(Outcome.OPAQUE)
    state.need(20 if last & 1 else 12)
    state.at += 20 if last & 1 else 12
    return mirrored(state, session, "ip" if last >> 10 & 31 == 2 else "ethernet")


def mirrored(state: State, word: int, layer: str) -> str:
    state.enter(Tunnel.ERSPAN, word & 0x3FF)
    state.snapped |= bool(word & 0x400)
    return layer


def pptp(state: State, flags: int) -> str:
    state.need(8 + 4 * bool(flags & 0x1000) + 4 * bool(flags & 0x80))
    _, _, length, call = state.take(">HHHH")
    if not flags & 0x2000:
        raise Stop(Outcome.MALFORMED)
    if not flags & 0x1000:
        raise Stop(Outcome.OPAQUE)
    state.at += 8 if flags & 0x80 else 4
    state.enter(Tunnel.PPTP, call)
    state.limit(state.at + length)
    return "ppp"


def eoip(state: State) -> str:
    state.need(8)
    length, (tunnel_id,) = (
        struct.unpack_from(">H", state.data, state.at + 4)[0],
        struct.unpack_from("<H", state.data, state.at + 6),
    )
    state.at += 8
    state.enter(Tunnel.GRE, tunnel_id)
    state.limit(state.at + length)
    return "ethernet"


def etherip(state: State) -> str:
    if state.take(">H")[0] >> 12 != 3:
        raise Stop(Outcome.OPAQUE)
    state.enter(Tunnel.ETHERIP, 0)
    return "ethernet"


# Tunnels over UDP


def vxlan(state: State) -> str:
    flags, vni = state.take(">II")
    if not flags >> 24 & 8 or vni & 0xFF:
        raise Stop(Outcome.MALFORMED)
    state.enter(Tunnel.VXLAN, vni >> 8)
    state.vni = vni >> 8
    return "ethernet"


def vxlan_gpe(state: State) -> str:
    flags = state.peek(">I")[0]
    vxlan(state)
    return NEXT_PROTOCOL.get(flags & 0xFF if flags >> 24 & 4 else 3) or not_ip()


def nsh(state: State) -> str:
    base, _, following, path = state.peek(">HBBI")
    size = (base & 0x3F) * 4
    if base & 0xC000 or size < 8:
        raise Stop(Outcome.MALFORMED)
    state.need(size)
    state.at += size
    state.enter(Tunnel.NSH, path >> 8)
    return NEXT_PROTOCOL.get(following) or not_ip()


def geneve(state: State) -> str:
    first, _, kind, vni = state.peek(">BBHI")
    if first >> 6 or kind < 0x600 or vni & 0xFF:
        raise Stop(Outcome.MALFORMED)
    state.need(8 + (first & 63) * 4)
    state.at += 8 + (first & 63) * 4
    state.enter(Tunnel.GENEVE, vni >> 8)
    state.vni = vni >> 8
    state.ether_type = kind
    return "ether_type"


def gtpu(state: State) -> str:
    flags, kind, length, teid = state.take(">BBHI")
    if flags & 0xF0 != 0x30 or kind != 255:
        return not_ip()
    if state.at + length > state.wire_end:
        raise Stop(Outcome.MALFORMED)
    state.enter(Tunnel.GTPU, teid)
    state.limit(state.at + length)
    if flags & 7:
        _, _, following = state.take(">HBB")
        gtpu_extensions(state, following if flags & 4 else 0)
    if state.looks_ethernet(state.at) and state.data[state.at] >> 4 not in {4, 6}:
        return "ethernet"
    return "ip"


def gtpu_extensions(state: State, kind: int) -> None:
    for _ in range(8):
        if kind == 0:
            return
        size = state.peek(">Bxxx")[0] * 4
        if size == 0:
            raise Stop(Outcome.MALFORMED)
        state.need(size)
        state.at += size
        kind = state.data[state.at - 1]
    if kind:
        raise Stop(Outcome.MALFORMED)


def l2tp(state: State) -> str:
    start = state.at
    (flags,) = state.take(">H")
    if flags & 0xB4FF != 2:
        return not_ip()
    if flags & 0x4000:
        state.limit(start + state.take(">H")[0])
    session = state.take(">I")[0]
    if flags & 0x0800:
        state.take(">I")
    if flags & 0x0200:
        (padding,) = state.take(">H")
        state.at += padding
    state.enter(Tunnel.L2TP, session)
    return "ppp"


def teredo(state: State) -> str:
    if state.peek(">H")[0] == 1:
        _, client, value = state.peek(">HBB")
        state.at += 13 + client + value
    if state.peek(">H")[0] == 0:
        state.at += 8
    first, payload, _, src, _, dst, _ = state.peek(">IHHQQQQ")
    local = any(high >> 32 == 0x20010000 or high >> 54 == 0x3FA for high in (src, dst))
    if first >> 28 != 6 or state.at + 40 + payload != state.wire_end or not local:
        raise Stop(Outcome.MALFORMED)
    state.enter(Tunnel.TEREDO, 0)
    return "ipv6"


def tzsp(state: State) -> str:
    version, kind, encapsulation = state.take(">BBH")
    if version != 1 or kind > 1 or encapsulation not in {1, 18}:
        raise Stop(Outcome.OPAQUE)
    for _ in range(64):
        (tag,) = state.peek(">B")
        if tag == 1:
            state.at += 1
            state.enter(Tunnel.TZSP, 0)
            return "ethernet" if encapsulation == 1 else "wifi"
        state.at += 1 if tag == 0 else 2 + state.peek(">BB")[1]
    raise Stop(Outcome.MALFORMED)


LAYERS: dict[str, Callable[[State], str | None]] = {
    "ethernet": ethernet, "ether_type": ether_type, "llc": llc, "mpls": mpls, "nsh": nsh, "pppoe": pppoe, "ppp": ppp,
    "wifi": wifi, "ip": ip, "ipv4": ipv4, "ipv6": ipv6, "extension": extension, "transport": transport, "gre": gre,
    "etherip": etherip, "vxlan": vxlan, "vxlan_gpe": vxlan_gpe, "geneve": geneve, "gtpu": gtpu, "l2tp": l2tp,
    "teredo": teredo, "tzsp": tzsp,
}  # fmt: skip
