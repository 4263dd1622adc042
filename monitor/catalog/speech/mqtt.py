"""MQTT 3.1.1: CONNECT, then PUBLISH (sections 3.1 and 3.3)."""

import struct

from monitor.catalog.speech._speaker import Fields, Speaker, number, text
from monitor.catalog.wire import TCP, Conversation, down, up

PORT = 1883
_CONNECT, _CONNACK, _PUBLISH = 0x10, b"\x20\x02\x00\x00", 0x30
_LEVEL, _CLEAN_SESSION, _USER_NAME = 4, 0x02, 0x80
_CONNECT_FIELDS = frozenset({"mqtt.client_id", "mqtt.username", "mqtt.keep_alive"})


def _connect(fields: Fields) -> list[Conversation]:
    return [Conversation(TCP, PORT, (up(_connect_packet(fields)), down(_CONNACK)))]


def _publish(fields: Fields) -> list[Conversation]:
    publish = _packet(_PUBLISH, _string(text(fields, "mqtt.topic", "topic")) + b"1")
    said = (up(_connect_packet(fields)), down(_CONNACK), up(publish))
    return [Conversation(TCP, PORT, said)]


def _connect_packet(fields: Fields) -> bytes:
    named = "mqtt.username" in fields
    flags = _CLEAN_SESSION | (_USER_NAME if named else 0)
    head = _string("MQTT") + struct.pack("!BBH", _LEVEL, flags, number(fields, "mqtt.keep_alive", 60))
    user = _string(text(fields, "mqtt.username", "")) if named else b""
    return _packet(_CONNECT, head + _string(text(fields, "mqtt.client_id", "client")) + user)


def _packet(first: int, content: bytes) -> bytes:
    length, rest = bytearray(), len(content)
    while True:
        rest, low = divmod(rest, 128)
        length.append(low | (0x80 if rest else 0))
        if not rest:
            return bytes((first,)) + bytes(length) + content


def _string(value: str) -> bytes:
    encoded = value.encode()
    return struct.pack("!H", len(encoded)) + encoded


SPEAK = (Speaker(_CONNECT_FIELDS, _connect), Speaker(frozenset({"mqtt.topic"}), _publish))
