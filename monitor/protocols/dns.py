"""DNS over UDP and TCP (RFC 1035), mDNS (RFC 6762) and LLMNR (RFC 4795): names asked for, and the answers.

A ``dns_query`` per question of a query, a ``dns_answer`` per response, under the response's first question. An mDNS
response has no question: its ``dns.query`` is the owner of its first answer, and there is no ``dns.qtype``. Messages
that are no queries (updates, notifications) say nothing. This file knows ports and framing, not what is in a message.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import ClassVar

from monitor.model.errors import Malformed
from monitor.model.flow import Direction, Flow
from monitor.model.observation import Seen
from monitor.model.packet import IpProtocol
from monitor.model.parser import FOREVER, Verdict
from monitor.protocols._dns_message import HEADER_BYTES, MDNS, is_response, judge, read_message

# An enumeration's member costs a look-up each time.
_TCP = int(IpProtocol.TCP)
_UDP = int(IpProtocol.UDP)
_DNS_PORT = 53
_MDNS_PORT = 5353
_LLMNR_PORT = 5355
_PREFIX_BYTES = 2
"""Length before each message in a stream (RFC 1035 section 4.2.2)."""


class DnsParser:
    """Reads the messages of one flow; keeps at most one unfinished message (64 KiB) of each direction of a stream."""

    NAME: ClassVar[str] = "dns"
    PROTOCOL: ClassVar[frozenset[int]] = frozenset({IpProtocol.TCP, IpProtocol.UDP})
    PORTS: ClassVar[frozenset[int]] = frozenset({_DNS_PORT, _MDNS_PORT, _LLMNR_PORT})
    ANY_PORT: ClassVar[bool] = False
    PATIENCE: ClassVar[int | None] = None
    YIELDS: ClassVar[frozenset[str]] = frozenset({"dns_query", "dns_answer"})

    def __init__(self, flow: Flow, wanted: frozenset[str]) -> None:
        self._transport = _transport(flow)
        self._wants_queries = "dns_query" in wanted
        self._wants_answers = "dns_answer" in wanted
        self._wants_both = self._wants_queries and self._wants_answers
        self._streams = (_Stream(), _Stream()) if flow.protocol == _TCP else None

    @staticmethod
    def probe(payload: bytes, flow: Flow, direction: Direction) -> Verdict:  # noqa: ARG004 - the contract's
        if flow.protocol != _TCP:
            return judge(payload)
        if len(payload) < _PREFIX_BYTES:
            return Verdict.UNSURE
        length = int.from_bytes(payload[:_PREFIX_BYTES])
        if length < HEADER_BYTES:
            return Verdict.NOT_MINE
        return judge(payload[_PREFIX_BYTES : _PREFIX_BYTES + length])

    def feed(self, direction: Direction, payload: bytes) -> Iterable[Seen]:
        if self._streams is None:
            return self._read(payload)
        return self._read_all(self._streams[direction].push(payload))

    def gap(self, direction: Direction, missing: int) -> Iterable[Seen]:
        """Read what there is of the message that the gap is in, and go on after it if its end is known."""
        if self._streams is None:
            return ()
        return self._read_cut(self._streams[direction].skip(missing))

    def end(self, *, closed: bool = True) -> Iterable[Seen]:  # noqa: ARG002 - the contract's signature
        if self._streams is None:
            return ()
        return chain.from_iterable(self._read_cut(stream.take_rest()) for stream in self._streams)

    def appetite(self, direction: Direction) -> int:
        return FOREVER if self._streams is None or not self._streams[direction].is_lost else 0

    def _read(self, message: bytes) -> tuple[Seen, ...]:
        if self._wants_both or (self._wants_answers if is_response(message) else self._wants_queries):
            return read_message(message, self._transport)
        return ()

    def _read_all(self, messages: Iterable[bytes]) -> Iterator[Seen]:
        """Yield from every message before telling that one of them was broken: the framing still stands."""
        broken: Malformed | None = None
        for message in messages:
            try:
                yield from self._read(message)
            except Malformed as problem:
                broken = broken or problem
        if broken is not None:
            raise broken

    def _read_cut(self, message: bytes) -> tuple[Seen, ...]:
        """Read a message that is cut, which is nobody's fault."""
        try:
            return self._read(message) if message else ()
        except Malformed:
            return ()


class _Stream:
    """One direction of a TCP connection: bytes in, whole messages out."""

    __slots__ = ("_buffer", "_unwanted_bytes", "is_lost")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._unwanted_bytes = 0
        """Rest of a message that a gap has spoilt."""
        self.is_lost = False
        """Where messages begin is no longer known."""

    def push(self, payload: bytes) -> list[bytes]:
        """Return the messages that these bytes complete."""
        if self.is_lost:
            return []
        if self._unwanted_bytes:
            unwanted = min(self._unwanted_bytes, len(payload))
            self._unwanted_bytes -= unwanted
            payload = payload[unwanted:]
        buffer = self._buffer
        buffer += payload
        messages: list[bytes] = []
        start, total = 0, len(buffer)
        while start + _PREFIX_BYTES <= total:
            after = start + _PREFIX_BYTES + (buffer[start] << 8 | buffer[start + 1])
            if after > total:
                break
            messages.append(bytes(buffer[start + _PREFIX_BYTES : after]))
            start = after
            if len(messages[-1]) < HEADER_BYTES:
                self.is_lost = True
                break
        del buffer[:start]
        return messages

    def skip(self, missing: int) -> bytes:
        """Account for lost bytes; returns what there is of the message they belong to."""
        if missing <= self._unwanted_bytes:
            self._unwanted_bytes -= missing
            return b""
        rest = self._missing_bytes()
        cut = self.take_rest()
        self.is_lost = missing > rest
        self._unwanted_bytes = 0 if self.is_lost else rest - missing
        return cut

    def take_rest(self) -> bytes:
        """Return what there is of an unfinished message, and forget it."""
        rest = bytes(self._buffer[_PREFIX_BYTES:])
        self._buffer.clear()
        return rest

    def _missing_bytes(self) -> int:
        """How many bytes the unfinished message still needs; 0 when its length is not known."""
        if len(self._buffer) < _PREFIX_BYTES:
            return 0
        return _PREFIX_BYTES + int.from_bytes(self._buffer[:_PREFIX_BYTES]) - len(self._buffer)


def _transport(flow: Flow) -> str:
    """Return the value of ``dns.transport``; the responder's port says more than the originator's."""
    for port in (flow.resp_port, flow.orig_port):
        if port == _DNS_PORT:
            break
        if port == _LLMNR_PORT:
            return "llmnr"
        if port == _MDNS_PORT and flow.protocol == _UDP:
            return MDNS
    return "tcp" if flow.protocol == _TCP else "udp"


PARSER = DnsParser
