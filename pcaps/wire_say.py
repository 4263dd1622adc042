"""What hosts say in clear, for the scripts that make cases: HTTP/1.1, MQTT and CoAP."""

import struct


def request(method: str, host: str, path: str, agent: str, body: bytes = b"") -> bytes:
    """Return an HTTP/1.1 request."""
    head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\nAccept: */*\r\n"
    return (head + (f"Content-Length: {len(body)}\r\n" if body else "") + "\r\n").encode() + body


def response(media_type: str, body: bytes) -> bytes:
    """Return an HTTP/1.1 response."""
    return (
        f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )


def mqtt_session(client: str, topic: str) -> list[tuple[str, bytes]]:
    """Return MQTT 3.1.1: CONNECT, CONNACK, two PUBLISH, DISCONNECT."""
    identity = client.encode()
    connect = b"\x00\x04MQTT\x04\x02\x04\xb0" + struct.pack("!H", len(identity)) + identity
    publish = (
        struct.pack("!H", len(topic)) + topic.encode() + b'{"kwh":1742.3,"rssi":-87,"cell":"262-01-5121"}'
    )
    return [
        ("up", b"\x10" + bytes([len(connect)]) + connect),
        ("down", b"\x20\x02\x00\x00"),
        ("up", b"\x30" + bytes([len(publish)]) + publish),
        ("up", b"\x30" + bytes([len(publish)]) + publish),
        ("up", b"\xe0\x00"),
    ]


def option_query(text: bytes) -> bytes:
    """Return a CoAP Uri-Query option that follows Uri-Path (RFC 7252 section 3.1: delta 4, length with one more byte)."""
    return bytes([0x4D, len(text) - 13]) + text


def mqtt_connect(client: str, *, version: int = 4, name: str = "MQTT", user: str = "") -> bytes:
    """Return a CONNECT of MQTT 3.1 (level 3, name MQIsdp), 3.1.1 (4) or 5."""
    flags = 0x82 if user else 0x02
    head = text(name) + bytes([version, flags]) + struct.pack("!H", 300)
    body = head + (b"\0" if version == 5 else b"") + text(client) + (text(user) if user else b"")
    return b"\x10" + bytes([len(body)]) + body


def mqtt_publish(topic: str, content: bytes, *, version: int = 4) -> bytes:
    """Return a PUBLISH at QoS 0."""
    body = text(topic) + (b"\0" if version == 5 else b"") + content
    return b"\x30" + bytes([len(body)]) + body


def mqtt_subscribe(topic: str, *, version: int = 4) -> bytes:
    """Return a SUBSCRIBE to one topic filter."""
    body = struct.pack("!H", 1) + (b"\0" if version == 5 else b"") + text(topic) + b"\0"
    return b"\x82" + bytes([len(body)]) + body


def text(value: str) -> bytes:
    """Return an MQTT string: two bytes of length, then UTF-8."""
    encoded = value.encode()
    return struct.pack("!H", len(encoded)) + encoded


def coap(code: int, number: int, *options: tuple[int, bytes], kind: int = 0, payload: bytes = b"") -> bytes:
    """Return a CoAP message with options in ascending order and a token of one byte (RFC 7252 section 3)."""
    parts = [bytes([0x41 | kind << 4, code]) + struct.pack("!H", number) + b"\x2a"]
    last = 0
    for option, value in options:
        delta, size = option - last, len(value)
        assert delta < 13, "options of our cases are near each other"  # noqa: S101 - a slip of the author
        short = min(size, 13)
        parts.append(bytes([delta << 4 | short]) + (b"" if size < 13 else bytes([size - 13])) + value)
        last = option
    return b"".join(parts) + (b"\xff" + payload if payload else b"")
