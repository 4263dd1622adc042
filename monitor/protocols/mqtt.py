"""MQTT 3.1, 3.1.1 and 5 over TCP: who connects, and the topics of what is published and subscribed.

Packets are found by their lengths, in both directions and split anywhere; application messages are stepped over without
being kept, passwords are never read. MQTT over WebSocket is not read here.
"""

from collections.abc import Iterable, Iterator
from typing import ClassVar

from monitor.model.errors import Malformed
from monitor.model.flow import Direction, Flow
from monitor.model.observation import Seen, Value
from monitor.model.packet import IpProtocol
from monitor.model.parser import FOREVER, Verdict
from monitor.protocols._mqtt_packet import (
    BRIDGE,
    CONNECT,
    PUBLISH,
    SUBSCRIBE,
    VERSIONS,
    find_alias,
    is_chain,
    read_connect,
    read_number,
    read_properties,
    read_subscribe,
    shown,
)

PACKET_BYTES = 1 << 17
"""Longest CONNECT or SUBSCRIBE that is read."""
PROPERTY_BYTES = 1 << 14
"""Longest properties of a PUBLISH in which an alias is looked for."""
ALIASES = 64
"""Topic aliases that are remembered in one direction; topics behind others are left out."""
RESYNC_BYTES = 1 << 20
"""Bytes of a direction that are searched for the next packet before it is given up."""

# An enumeration's member costs a look-up each time.
_CERTAIN, _UNSURE, _NOT_MINE = Verdict
_MORE = -1
"""The packet is not complete."""
_WHOLE = frozenset({CONNECT, SUBSCRIBE})
_WITH_PROPERTIES = 5
"""Protocol level from which packets carry properties."""
_HEAD_BYTES = 512
"""A longer head is not remembered: many connections could make it many megabytes."""
_KEEP_ALIVES = frozenset({b"\xc0\x00", b"\xd0\x00"})
"""PINGREQ and PINGRESP (sections 3.12, 3.13)."""
_QOS = 6
"""Bits of the quality of service; both set is forbidden (section 3.3.1.2)."""
_CONNECT_BYTE = CONNECT << 4
_SHORTEST_CONNECT = 12
_OPENINGS = tuple(
    len(name).to_bytes(2) + name + bytes((level | bridge,))
    for name, level in VERSIONS
    for bridge in (0, BRIDGE)
)
"""Variable headers of CONNECT, as far as they are the same for all."""
_LONGEST_OPENING = max(map(len, _OPENINGS))


class _Side:
    """One direction: what is kept of a packet that is not complete, or how much of one is to be stepped over."""

    __slots__ = (
        "aliases",
        "done",
        "is_lost",
        "last_head",
        "last_seen",
        "last_size",
        "need",
        "pending",
        "skip",
        "strayed_bytes",
    )

    def __init__(self) -> None:
        self.pending = bytearray()
        self.need = 0
        """Bytes that must be pending before it is worth looking again."""
        self.skip = 0
        self.aliases: dict[int, str] = {}
        self.is_lost = False
        self.strayed_bytes = 0
        self.done = False
        self.last_head = b""
        """The last PUBLISH that filled its segment, up to the end of its topic: telemetry repeats it with new values."""
        self.last_size = -1
        self.last_seen: tuple[Seen, ...] = ()

    def resolve(self, topic: str, alias: int | None) -> str | None:
        """Return the topic that an alias stands for, or learn what it stands for (section 3.3.2.3.4)."""
        if alias is None:
            return topic
        if not topic:
            return self.aliases.get(alias)
        if alias in self.aliases or len(self.aliases) < ALIASES:
            self.aliases[alias] = topic
        return topic


class MqttParser:
    """Reads one MQTT connection."""

    NAME: ClassVar[str] = "mqtt"
    PROTOCOL: ClassVar[frozenset[int]] = frozenset({IpProtocol.TCP})
    PORTS: ClassVar[frozenset[int]] = frozenset({1883})
    ANY_PORT: ClassVar[bool] = True
    PATIENCE: ClassVar[int | None] = 8
    YIELDS: ClassVar[frozenset[str]] = frozenset({"mqtt_connect", "mqtt_publish", "mqtt_subscribe"})

    def __init__(self, flow: Flow, wanted: frozenset[str]) -> None:  # noqa: ARG002 - the contract's signature
        self._wants_connects = "mqtt_connect" in wanted
        self._wants_publishes = "mqtt_publish" in wanted
        self._wants_subscribes = "mqtt_subscribe" in wanted
        self._sides = (_Side(), _Side())
        self._level = 0
        """Protocol level of the CONNECT; 0 while none was seen."""

    @staticmethod
    def probe(payload: bytes, flow: Flow, direction: Direction) -> Verdict:  # noqa: ARG004 - the contract's signature
        if not payload:
            return _UNSURE
        verdict = _probe_connect(payload)
        if verdict is not _NOT_MINE or MqttParser.PORTS.isdisjoint((flow.orig_port, flow.resp_port)):
            return verdict
        if len(payload) < 2:
            return _UNSURE
        return _CERTAIN if is_chain(payload) else _NOT_MINE

    def feed(self, direction: Direction, payload: bytes) -> Iterable[Seen]:
        side = self._sides[direction]
        if side.skip or side.pending or side.is_lost or side.done:
            if side.done:
                return ()
            if side.skip >= len(payload):
                side.skip -= len(payload)
                return ()
        elif payload in _KEEP_ALIVES:
            return ()
        elif len(payload) == side.last_size and payload.startswith(side.last_head):
            return side.last_seen
        seen: list[Seen] = []
        try:
            self._read(side, payload, seen)
        except Malformed as fault:
            self._stop()
            return _say_then_raise(seen, fault)
        return seen

    def gap(self, direction: Direction, missing: int) -> Iterable[Seen]:
        side = self._sides[direction]
        if side.skip >= missing:
            side.skip -= missing
            return ()
        side.skip, side.need, side.is_lost = 0, 0, True
        side.pending.clear()
        side.aliases.clear()
        return ()

    def end(self, *, closed: bool = True) -> Iterable[Seen]:  # noqa: ARG002 - the contract's signature
        return ()

    def appetite(self, direction: Direction) -> int:
        return 0 if self._sides[direction].done else FOREVER

    def _read(self, side: _Side, payload: bytes, seen: list[Seen]) -> None:
        """Read packets from where the direction stands."""
        if side.is_lost and not self._find_again(side, payload):
            return
        at, side.skip = side.skip, 0
        data = payload
        if side.pending:
            side.pending += payload
            if len(side.pending) < side.need:
                return
            data = bytes(side.pending)
            side.pending.clear()
        size = len(data)
        while at < size and not side.done:
            end = self._read_packet(side, data, at, seen)
            if end == _MORE:
                side.pending += data[at:]
                return
            at = end
        side.skip = max(at - size, 0)

    def _read_packet(self, side: _Side, data: bytes, at: int, seen: list[Seen]) -> int:
        """Read the packet that starts there; return where it ends, which may be beyond the data."""
        number = read_number(data, at + 1)
        if number is None:
            side.need = 0
            return _MORE
        size, start = number
        end = start + size
        kind = data[at] >> 4
        if kind == PUBLISH and self._wants_publishes:
            return self._read_publish(side, data, at, start, end, seen)
        if kind == 0:
            raise Malformed("mqtt: packet type 0")
        if kind not in _WHOLE:
            return end
        if end - start > PACKET_BYTES:
            raise Malformed("mqtt: endless packet")
        if end > len(data):
            side.need = end - at
            return _MORE
        if kind == CONNECT:
            self._take_connect(data[start:end], seen)
        elif self._wants_subscribes:
            topics = read_subscribe(data[start:end], self._level)
            seen += [Seen("mqtt_subscribe", {"mqtt.topic": topic}) for topic in topics]
        return end

    def _read_publish(  # noqa: PLR0913, PLR0917 - where a packet stands, unpacked for speed
        self, side: _Side, data: bytes, at: int, start: int, end: int, seen: list[Seen]
    ) -> int:
        """Read the topic (section 3.3.2.1); the application message need not be there."""
        topic_start = start + 2
        topic_end = topic_start + int.from_bytes(data[start:topic_start])
        has_id = data[at] & _QOS
        properties_start = topic_end + 2 if has_id else topic_end
        if has_id == _QOS or topic_start > end or (topic_start <= len(data) and properties_start > end):
            raise Malformed("mqtt: PUBLISH without topic or with QoS 3")
        if topic_start > len(data) or topic_end > len(data):
            side.need = max(topic_start, topic_end) - at
            return _MORE
        name = shown(data[topic_start:topic_end])
        topic: str | None = name
        if self._level >= _WITH_PROPERTIES:
            properties = read_properties(data, properties_start, end, PROPERTY_BYTES)
            if properties is None:
                side.need = 0
                return _MORE
            if properties:
                topic = side.resolve(name, find_alias(properties))
        said = Seen("mqtt_publish", {"mqtt.topic": topic} if topic else {})
        seen.append(said)
        if at == 0 and end == len(data) and topic_end <= _HEAD_BYTES and self._level < _WITH_PROPERTIES:
            side.last_head, side.last_size, side.last_seen = data[:topic_end], end, (said,)
        return end

    def _take_connect(self, body: bytes, seen: list[Seen]) -> None:
        connect = read_connect(body)
        if connect is None:
            return
        self._level = connect.level
        if self._wants_connects:
            fields: dict[str, Value] = {
                "mqtt.version": connect.version,
                "mqtt.client_id": connect.client_id,
                "mqtt.keep_alive": connect.keep_alive,
            }
            if connect.username is not None:
                fields["mqtt.username"] = connect.username
            seen.append(Seen("mqtt_connect", fields))
        if not (self._wants_publishes or self._wants_subscribes):
            self._stop()

    def _find_again(self, side: _Side, payload: bytes) -> bool:
        """After a gap: whether packets start with this segment."""
        side.is_lost = not is_chain(payload)
        if side.is_lost:
            side.strayed_bytes += len(payload)
            side.done = side.strayed_bytes > RESYNC_BYTES
        return not side.is_lost

    def _stop(self) -> None:
        for side in self._sides:
            side.done = True
            side.pending.clear()


def _say_then_raise(seen: list[Seen], fault: Malformed) -> Iterator[Seen]:
    yield from seen
    raise fault


def _probe_connect(payload: bytes) -> Verdict:
    """Judge whether the payload starts with a CONNECT of a known version (section 3.1)."""
    if payload[0] != _CONNECT_BYTE:
        return _NOT_MINE
    try:
        length = read_number(payload, 1)
    except Malformed:
        return _NOT_MINE
    if length is None:
        return _UNSURE
    size, start = length
    opening = payload[start : start + _LONGEST_OPENING]
    if size < _SHORTEST_CONNECT:
        return _NOT_MINE
    if opening.startswith(_OPENINGS):
        return _CERTAIN
    return _UNSURE if any(each.startswith(opening) for each in _OPENINGS) else _NOT_MINE


PARSER = MqttParser
