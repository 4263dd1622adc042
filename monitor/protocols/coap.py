"""CoAP over UDP (RFC 7252), in clear: what is asked for, and the LwM2M registrations among it.

Payloads are never read. Empty messages and signalling codes say nothing; a version that is not 1 is ignored, as the
standard asks for. CoAP over TCP (RFC 8323) is another format and not read here.
"""

from collections.abc import Iterable
from typing import ClassVar, NamedTuple

from monitor.model.errors import Malformed
from monitor.model.flow import Direction, Flow
from monitor.model.observation import Seen, Value
from monitor.model.packet import IpProtocol
from monitor.model.parser import FOREVER, Verdict
from monitor.protocols._clean_text import clean_text

OPTIONS = 256
"""Most options that are read of one message."""
LIFETIME_DIGITS = 18
"""Longest LwM2M lifetime that is read."""

_HEADER_BYTES = 4
_VERSION_1 = 0x40
_VERSION_BITS = 0xC0
_LONGEST_TOKEN = 8
_PAYLOAD_MARKER = 0xFF
_RESERVED_NIBBLE = 15
_HIGHEST_OPTION = 0xFFFF
_URI_HOST, _URI_PATH, _URI_QUERY = 3, 11, 15
_WANTED_OPTIONS = frozenset({_URI_HOST, _URI_PATH, _URI_QUERY})
_LONGEST_VALUE = 255
"""Of the three options above (section 5.10)."""
_METHODS = {1: "GET", 2: "POST", 3: "PUT", 4: "DELETE", 5: "FETCH", 6: "PATCH", 7: "iPATCH"}
"""Sections 5.8 and 12.1.1, RFC 8132."""
_RESPONSE_CLASSES = frozenset({2, 4, 5})
_KNOWN_CLASSES = _RESPONSE_CLASSES | {0, 7}
_LWM2M_ENTRIES = frozenset({"rd", "bs"})
"""Registration and bootstrap (OMA LwM2M Core section 6.1 and 6.2)."""


class _Option(NamedTuple):
    number: int
    value: bytes


class CoapParser:
    """Reads CoAP messages; each datagram is one."""

    NAME: ClassVar[str] = "coap"
    PROTOCOL: ClassVar[frozenset[int]] = frozenset({IpProtocol.UDP})
    PORTS: ClassVar[frozenset[int]] = frozenset({5683, 5684, 5685, 5686, 5783})
    ANY_PORT: ClassVar[bool] = False
    PATIENCE: ClassVar[int | None] = None
    YIELDS: ClassVar[frozenset[str]] = frozenset({"coap_request", "coap_response"})

    def __init__(self, flow: Flow, wanted: frozenset[str]) -> None:  # noqa: ARG002 - the contract's signature
        self._wanted = wanted

    @staticmethod
    def probe(payload: bytes, flow: Flow, direction: Direction) -> Verdict:  # noqa: ARG004 - the contract's signature
        if len(payload) < _HEADER_BYTES or payload[0] & _VERSION_BITS != _VERSION_1:
            return Verdict.NOT_MINE
        if payload[1] >> 5 not in _KNOWN_CLASSES:
            return Verdict.NOT_MINE
        try:
            _read_options(payload)
        except Malformed:
            return Verdict.NOT_MINE
        return Verdict.CERTAIN

    def feed(self, direction: Direction, payload: bytes) -> Iterable[Seen]:  # noqa: ARG002 - both may ask and answer
        if len(payload) < _HEADER_BYTES:
            raise Malformed("coap: no header")
        if payload[0] & _VERSION_BITS != _VERSION_1:
            return ()
        options = _read_options(payload)
        code_class, detail = payload[1] >> 5, payload[1] & 31
        if code_class == 0 and detail and "coap_request" in self._wanted:
            return (Seen("coap_request", _request_fields(detail, options)),)
        if code_class in _RESPONSE_CLASSES and "coap_response" in self._wanted:
            return (Seen("coap_response", {"coap.method": f"{code_class}.{detail:02d}"}),)
        return ()

    def gap(self, direction: Direction, missing: int) -> Iterable[Seen]:  # noqa: ARG002 - datagrams have no gaps
        return ()

    def end(self, *, closed: bool = True) -> Iterable[Seen]:  # noqa: ARG002 - the contract's signature
        return ()

    def appetite(self, direction: Direction) -> int:  # noqa: ARG002 - both may ask and answer
        return FOREVER


def _read_options(message: bytes) -> list[_Option]:
    """Return the options of interest (section 3.1); raises ``Malformed``."""
    at = _HEADER_BYTES + (message[0] & 15)
    if at - _HEADER_BYTES > _LONGEST_TOKEN or at > len(message):
        raise Malformed("coap: token length")
    if message[1] == 0 and len(message) > _HEADER_BYTES:
        raise Malformed("coap: empty message that is not empty")
    options: list[_Option] = []
    number, size = 0, len(message)
    for _ in range(OPTIONS):
        if at >= size:
            return options
        first = message[at]
        if first == _PAYLOAD_MARKER:
            if at + 1 == size:
                raise Malformed("coap: payload marker without payload")
            return options
        delta, at = _extended(message, at + 1, first >> 4)
        length, at = _extended(message, at, first & 15)
        number += delta
        if at + length > size or number > _HIGHEST_OPTION:
            raise Malformed("coap: option beyond its message")
        if number in _WANTED_OPTIONS and length <= _LONGEST_VALUE:
            options.append(_Option(number, message[at : at + length]))
        at += length
    raise Malformed("coap: too many options")


class _Extended(NamedTuple):
    value: int
    end: int


def _extended(message: bytes, at: int, nibble: int) -> _Extended:
    """Return an option delta or length (section 3.1); 13 and 14 announce more bytes."""
    if nibble < 13:
        return _Extended(nibble, at)
    if nibble == _RESERVED_NIBBLE:
        raise Malformed("coap: reserved option nibble")
    end = at + nibble - 12
    if end > len(message):
        raise Malformed("coap: option beyond its message")
    return _Extended(int.from_bytes(message[at:end], "big") + (13 if nibble == 13 else 269), end)


def _request_fields(detail: int, options: list[_Option]) -> dict[str, Value]:
    fields: dict[str, Value] = {"coap.method": _METHODS.get(detail, f"0.{detail:02d}")}
    segments: list[str] = []
    queries: list[str] = []
    for number, value in options:
        text = clean_text(value, _LONGEST_VALUE)
        if number == _URI_PATH:
            # A slash inside a segment is data (section 6.5).
            segments.append(text.replace("/", "%2F"))
        elif number == _URI_QUERY:
            queries.append(text)
        elif text:
            fields["coap.uri_host"] = text.rstrip(".").lower()
    if segments:
        fields["coap.uri_path"] = "/" + "/".join(segments)
    if queries:
        fields["coap.uri_query"] = list[str](queries)
    if detail == 2 and segments and segments[0] in _LWM2M_ENTRIES:
        _add_registration(fields, queries)
    return fields


def _add_registration(fields: dict[str, Value], queries: list[str]) -> None:
    for query in queries:
        if query.startswith("ep="):
            fields["lwm2m.endpoint"] = query[3:]
        elif query.startswith("lt=") and _is_number(query[3:]):
            fields["lwm2m.lifetime"] = int(query[3:])


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= LIFETIME_DIGITS


PARSER = CoapParser
