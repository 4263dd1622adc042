"""SSDP over UDP (UPnP Device Architecture 2.0 section 1): what devices announce, look for and answer.

An answer to a search comes from a port of the device's choice, so the start of the datagram decides, not the port.
"""

from collections.abc import Iterable
from typing import ClassVar

from monitor.model.errors import Malformed
from monitor.model.flow import Direction, Flow
from monitor.model.observation import Seen, Value
from monitor.model.packet import IpProtocol
from monitor.model.parser import FOREVER, Verdict
from monitor.protocols._clean_text import clean_text

MAX_HEAD_BYTES = 4096
"""What lies beyond is not read; a datagram that is not fragmented is shorter."""
MAX_HEADERS = 64
MAX_VALUE_CHARACTERS = 512

_METHODS = {
    b"NOTIFY * HTTP/1.": "NOTIFY",
    b"M-SEARCH * HTTP/1.": "M-SEARCH",
    b"HTTP/1.1 200": "RESPONSE",
    b"HTTP/1.0 200": "RESPONSE",
}
_STARTS = tuple(_METHODS)
_RESPONSE_STARTS = tuple(start for start, method in _METHODS.items() if method == "RESPONSE")
_FIELDS = {
    b"server": "ssdp.server",
    b"usn": "ssdp.usn",
    b"location": "ssdp.location",
    b"st": "ssdp.target",
    b"nt": "ssdp.target",
}
_RESPONSE_MARKS = (b"\nst:", b"\nusn:")
"""Headers that a search response must have (section 1.3.3), and that no other response over UDP has."""


class SsdpParser:
    """Reads each datagram for itself; keeps nothing."""

    NAME: ClassVar[str] = "ssdp"
    PROTOCOL: ClassVar[frozenset[int]] = frozenset({IpProtocol.UDP})
    PORTS: ClassVar[frozenset[int]] = frozenset({1900})
    ANY_PORT: ClassVar[bool] = True
    PATIENCE: ClassVar[int | None] = 8
    YIELDS: ClassVar[frozenset[str]] = frozenset({"ssdp"})

    def __init__(self, flow: Flow, wanted: frozenset[str]) -> None:
        pass

    @staticmethod
    def probe(payload: bytes, flow: Flow, direction: Direction) -> Verdict:  # noqa: ARG004 - the contract's
        if not payload.startswith(_STARTS):
            return Verdict.NOT_MINE
        if payload.startswith(_RESPONSE_STARTS):
            head = payload[:MAX_HEAD_BYTES].lower()
            return Verdict.CERTAIN if any(mark in head for mark in _RESPONSE_MARKS) else Verdict.NOT_MINE
        return Verdict.CERTAIN

    def feed(self, direction: Direction, payload: bytes) -> Iterable[Seen]:  # noqa: ARG002 - the contract's
        fields: dict[str, Value] = {"ssdp.method": _method(payload)}
        for line in payload[:MAX_HEAD_BYTES].split(b"\n", MAX_HEADERS + 1)[1 : MAX_HEADERS + 1]:
            name, colon, value = line.partition(b":")
            field = _FIELDS.get(name.strip().lower()) if colon else None
            if (
                field is not None
                and field not in fields
                and (text := clean_text(value.strip(), MAX_VALUE_CHARACTERS))
            ):
                fields[field] = text
        return (Seen("ssdp", fields),)

    def gap(self, direction: Direction, missing: int) -> Iterable[Seen]:  # noqa: ARG002 - the contract's
        return ()

    def end(self, *, closed: bool = True) -> Iterable[Seen]:  # noqa: ARG002 - the contract's signature
        return ()

    def appetite(self, direction: Direction) -> int:  # noqa: ARG002 - the contract's
        return FOREVER


def _method(payload: bytes) -> str:
    for start, method in _METHODS.items():
        if payload.startswith(start):
            return method
    raise Malformed("SSDP start line is none of SSDP's")


PARSER = SsdpParser
