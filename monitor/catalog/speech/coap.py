"""CoAP: a confirmable request with its options, LwM2M registration among them (RFC 7252 section 3, OMA LwM2M 1.0)."""

import struct

from monitor.catalog.speech._speaker import Fields, Speaker, number, text, texts
from monitor.catalog.wire import UDP, Conversation, up

PORT = 5683
_URI_HOST, _URI_PATH, _URI_QUERY = 3, 11, 15
_METHODS = {"GET": 1, "POST": 2, "PUT": 3, "DELETE": 4}
_ONE_BYTE, _TWO_BYTES = 13, 269
_FIELDS = frozenset(
    {"coap.method", "coap.uri_host", "coap.uri_path", "coap.uri_query", "lwm2m.endpoint", "lwm2m.lifetime"}
)


def _ask(fields: Fields) -> list[Conversation]:
    registers = "lwm2m.endpoint" in fields or "lwm2m.lifetime" in fields
    method = _METHODS[text(fields, "coap.method", "POST" if registers else "GET")]
    queries = texts(fields, "coap.uri_query")
    if registers:
        endpoint, lifetime = text(fields, "lwm2m.endpoint", "endpoint"), number(fields, "lwm2m.lifetime", 300)
        queries += [f"ep={endpoint}", f"lt={lifetime}"]
    path = text(fields, "coap.uri_path", "/rd" if registers else "/").strip("/")
    options = [(_URI_HOST, text(fields, "coap.uri_host", ""))] if "coap.uri_host" in fields else []
    options += [(_URI_PATH, part) for part in path.split("/") if part]
    options += [(_URI_QUERY, query) for query in queries]
    message = struct.pack("!BBH", 0x40, method, 1) + _options(options)
    return [Conversation(UDP, PORT, (up(message),))]


def _options(options: list[tuple[int, str]]) -> bytes:
    parts, before = [], 0
    for option, value in options:
        content = value.encode()
        delta, length = _nibble(option - before), _nibble(len(content))
        parts.append(bytes((delta[0] << 4 | length[0],)) + delta[1] + length[1] + content)
        before = option
    return b"".join(parts)


def _nibble(value: int) -> tuple[int, bytes]:
    if value < _ONE_BYTE:
        return value, b""
    if value < _TWO_BYTES:
        return 13, bytes((value - _ONE_BYTE,))
    return 14, struct.pack("!H", value - _TWO_BYTES)


SPEAK = (Speaker(_FIELDS, _ask),)
