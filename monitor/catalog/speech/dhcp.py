"""DHCP: a request with the names that a device gives of itself (RFC 2131 section 2, RFC 2132)."""

import struct

from monitor.catalog.speech._speaker import Fields, Speaker, text
from monitor.catalog.wire import UDP, Conversation, up

PORT = 67
CLIENT_PORT = 68
_COOKIE = b"\x63\x82\x53\x63"
_HOST_NAME, _MESSAGE_TYPE, _VENDOR_CLASS, _END = 12, 53, 60, 255
_REQUEST = 3


def _ask(fields: Fields) -> list[Conversation]:
    head = (
        struct.pack("!BBBBIHH", 1, 1, 6, 0, 1, 0, 0) + bytes(16) + bytes.fromhex("020000000007") + bytes(202)
    )
    options = _option(_MESSAGE_TYPE, bytes((_REQUEST,)))
    for field, code in (("dhcp.hostname", _HOST_NAME), ("dhcp.vendor_class", _VENDOR_CLASS)):
        if field in fields:
            options += _option(code, text(fields, field, "").encode())
    message = head + _COOKIE + options + bytes((_END,))
    return [Conversation(UDP, PORT, (up(message),), "10.0.0.1", CLIENT_PORT)]


def _option(code: int, content: bytes) -> bytes:
    return bytes((code, len(content))) + content


SPEAK = (Speaker(frozenset({"dhcp.hostname", "dhcp.vendor_class"}), _ask),)
