"""MQTT control packets: the fixed header, and what is read of CONNECT, PUBLISH and SUBSCRIBE.

OASIS MQTT 3.1.1 and 5.0, and MQTT 3.1 of IBM; section numbers are those of 5.0. Everything works on the bytes of one
packet; where packets start in a stream is not known here. Passwords and application messages are never read.
"""

from typing import NamedTuple

from monitor.model.errors import Malformed
from monitor.protocols._clean_text import clean_text

CONNECT = 1
PUBLISH = 3
SUBSCRIBE = 8
AUTH = 15
"""Highest type; 0 is forbidden (section 2.1.2)."""

VERSIONS = {(b"MQIsdp", 3): "3.1", (b"MQTT", 4): "3.1.1", (b"MQTT", 5): "5"}
"""By protocol name and level (section 3.1.2.1, 3.1.2.2)."""
BRIDGE = 0x80
"""Bit that bridges set in the level; not in the standard, used by mosquitto."""
LENGTH_BYTES = 4
"""Longest variable byte integer (section 1.5.5)."""
TEXT_CHARACTERS = 1024
"""Names are cut after this."""
FILTERS = 256
"""Most topic filters that are read of one SUBSCRIBE."""
PROPERTIES = 256
"""Most properties that are looked through in one packet."""

_TOPIC_ALIAS = 0x23
_USER_PROPERTY = 0x26
_FIXED = (
    dict.fromkeys((0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A), 1)
    | dict.fromkeys((0x13, 0x21, 0x22, _TOPIC_ALIAS), 2)
    | dict.fromkeys((0x02, 0x11, 0x18, 0x27), 4)
)
"""Bytes of a property of fixed length, by its identifier (section 2.2.2.2)."""
_STRINGS = frozenset({0x03, 0x08, 0x09, 0x12, 0x15, 0x16, 0x1A, 0x1C, 0x1F})
_VARIABLE = 0x0B

_USERNAME_FLAG = 0x80
_WILL_FLAG = 0x04


_FLAGS = {6: 2, SUBSCRIBE: 2, 10: 2}
"""Flags that PUBREL, SUBSCRIBE and UNSUBSCRIBE must have; others have none (section 2.1.3)."""
_SMALLEST = {CONNECT: 12, 2: 2, PUBLISH: 2, 4: 2, 5: 2, 6: 2, 7: 2, SUBSCRIBE: 5, 9: 3, 10: 4, 11: 2}
_PINGS = frozenset({12, 13})
_CHAIN = 64
"""Packets of one segment that are looked at to believe it."""
_NOT_IN_TOPICS = b"+#\0"


class Connect(NamedTuple):
    """What is read of a CONNECT."""

    version: str
    level: int
    keep_alive: int
    client_id: str
    username: str | None
    """None when there is none."""


def read_number(data: bytes, at: int) -> tuple[int, int] | None:
    """Return a variable byte integer and where it ends, None when it is cut; raises ``Malformed``."""
    first = data[at : at + 1]
    if first < b"\x80":
        return (first[0], at + 1) if first else None
    value = 0
    for index, byte in enumerate(data[at : at + LENGTH_BYTES]):
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return value, at + index + 1
    if at + LENGTH_BYTES <= len(data):
        raise Malformed("mqtt: endless length")
    return None


def read_connect(body: bytes) -> Connect | None:
    """Read a CONNECT (section 3.1), None when it is of no known version; raises ``Malformed``."""
    name, at = _text(body, 0)
    if at + 4 > len(body):
        raise Malformed("mqtt: short CONNECT")
    level, flags, keep_alive = body[at] & ~BRIDGE, body[at + 1], int.from_bytes(body[at + 2 : at + 4])
    version = VERSIONS.get((name, level))
    if version is None:
        return None
    at = _after_properties(body, at + 4, level)
    client_id, at = _text(body, at)
    if flags & _WILL_FLAG:
        at = _after_properties(body, at, level)
        _, at = _text(body, at)
        _, at = _text(body, at)
    # In 3.1 a name that is announced may be missing (its section 3.1, "User name and password flags").
    is_named = flags & _USERNAME_FLAG and at < len(body)
    username = shown(_text(body, at)[0]) if is_named else None
    return Connect(version, level, keep_alive, shown(client_id), username)


def read_subscribe(body: bytes, level: int) -> list[str]:
    """Return the topic filters of a SUBSCRIBE (section 3.8); raises ``Malformed``. Level 0 means not known."""
    if level:
        return _filters(body, level)
    try:
        return _filters(body, 4)
    except Malformed:
        return _filters(body, 5)


def read_properties(data: bytes, at: int, end: int, limit: int) -> bytes | None:
    """Return the properties of a packet that ends at ``end``, nothing when they are too long, None when they are cut."""
    if at >= end:
        raise Malformed("mqtt: packet without properties")
    length = read_number(data, at)
    if length is None:
        return None
    size, start = length
    if start + size > end:
        raise Malformed("mqtt: properties beyond their packet")
    if size > limit:
        return b""
    return data[start : start + size] if start + size <= len(data) else None


def find_alias(properties: bytes) -> int | None:
    """Return the topic alias (section 3.3.2.3.4) among the properties of a PUBLISH."""
    at = 0
    for _ in range(PROPERTIES):
        if at >= len(properties):
            break
        identifier = properties[at]
        if identifier == _TOPIC_ALIAS:
            return int.from_bytes(properties[at + 1 : at + 3])
        at = _after_property(properties, at + 1, identifier)
    return None


def is_chain(payload: bytes) -> bool:
    """Whether a segment, from its first byte on, is whole packets of plausible lengths, or starts with a PUBLISH."""
    at, published = 0, False
    for _ in range(_CHAIN):
        try:
            length = read_number(payload, at + 1)
        except Malformed:
            return False
        if length is None:
            return False
        size, start = length
        if not _is_plausible(payload[at] >> 4, payload[at] & 15, size):
            return False
        is_publish = payload[at] >> 4 == PUBLISH
        if is_publish and not _has_topic(payload, start, size):
            return False
        published |= is_publish and at == 0
        at = start + size
        if at >= len(payload):
            break
    return at <= len(payload) or published


def shown(raw: bytes) -> str:
    """Return a string of the peer as it is said."""
    return clean_text(raw, TEXT_CHARACTERS)


def _filters(body: bytes, level: int) -> list[str]:
    at = _after_properties(body, 2, level)
    filters: list[str] = []
    while at < len(body) and len(filters) < FILTERS:
        raw, at = _text(body, at)
        if not raw or at >= len(body):
            raise Malformed("mqtt: SUBSCRIBE without filter or options")
        filters.append(shown(raw))
        at += 1
    return filters


def _text(body: bytes, at: int) -> tuple[bytes, int]:
    """Return a length-prefixed string, or binary data, and where it ends."""
    start = at + 2
    end = start + int.from_bytes(body[at:start])
    if start > len(body) or end > len(body):
        raise Malformed("mqtt: string beyond its packet")
    return body[start:end], end


def _after_properties(body: bytes, at: int, level: int) -> int:
    """Return where the properties that start there end; only MQTT 5 has them (section 2.2.2)."""
    if level < 5:
        return at
    length = read_number(body, at)
    if length is None or sum(length) > len(body):
        raise Malformed("mqtt: properties beyond their packet")
    return sum(length)


def _after_property(properties: bytes, at: int, identifier: int) -> int:
    """Return where the property ends whose value starts there; the end of all when it is not known."""
    fixed = _FIXED.get(identifier)
    if fixed is not None:
        return at + fixed
    if identifier in _STRINGS:
        return _text(properties, at)[1]
    if identifier == _USER_PROPERTY:
        return _text(properties, _text(properties, at)[1])[1]
    number = read_number(properties, at) if identifier == _VARIABLE else None
    return len(properties) if number is None else number[1]


def _is_plausible(kind: int, flags: int, length: int) -> bool:
    """Judge a fixed header (sections 2.1.2 to 2.1.4)."""
    if kind == PUBLISH:
        return flags & 6 != 6 and length >= 3
    if kind in _PINGS:
        return flags == 0 and length == 0
    return kind != 0 and flags == _FLAGS.get(kind, 0) and length >= _SMALLEST.get(kind, 0)


def _has_topic(payload: bytes, at: int, body_bytes: int) -> bool:
    """Whether the PUBLISH whose body starts there has a topic name (section 3.3.2.1), as far as it is there."""
    start = at + 2
    size = int.from_bytes(payload[at:start])
    topic = payload[start : start + size]
    if len(payload) < start or size + 2 > body_bytes or topic.translate(None, _NOT_IN_TOPICS) != topic:
        return False
    return "\ufffd" not in topic.decode("utf-8", "replace")[:-1]
