"""Finds the parser of each flow and hands it payload; what it says becomes observations.

It holds a state only for flows that somebody reads: nobody's payload is not even copied out of the batch, because the
flow table is told that the direction is sated.
"""

from collections.abc import Callable, Iterable, Mapping

from monitor.model.errors import Malformed
from monitor.model.flow import Direction, Flow, FlowEvent, FlowEventKind
from monitor.model.observation import Observation, Seen
from monitor.model.packet import IpProtocol
from monitor.model.parser import Parser, Verdict
from monitor.model.tally import Tally

PROBE_BYTES = 4096
"""Start of a TCP stream that is kept while parsers are unsure."""
PROBE_DATAGRAMS = 4
"""Datagrams of one direction of a UDP flow that are shown to the parsers."""
MAX_FAULTS = 8
"""Malformed datagrams in a row after which a UDP flow's parser is dropped; one must not blind a resolver's flow."""
PREFIX_BYTES = 32
"""Length of ``payload.prefix``."""

Parsers = tuple[type[Parser], ...]


class _Reading:
    """What is known about one flow's payload."""

    __slots__ = ("candidates", "done", "faults", "heads", "parser", "probed")

    def __init__(self, candidates: Parsers) -> None:
        self.parser: Parser | None = None
        self.candidates = [candidates, candidates]
        self.heads = [b"", b""]
        self.probed = [0, 0]
        self.done = [False, False]
        self.faults = 0


class Dispatcher:
    """Turns flow events into observations."""

    def __init__(
        self,
        parsers: Mapping[str, type[Parser]],
        wanted: frozenset[str],
        sated: Callable[[Flow, Direction], None],
    ) -> None:
        self._wanted = wanted
        self._sated = sated
        self._wants_prefix = "flow_payload" in wanted
        useful = [parser for parser in parsers.values() if parser.YIELDS & wanted]
        self._by_port, self._any_port = _tables(useful)
        self._readings: dict[int, _Reading] = {}
        self.malformed = Tally(parser.NAME for parser in useful)

    def take(self, event: FlowEvent) -> list[Observation]:
        """Return what is to be said of the event."""
        kind = event.kind
        if kind is FlowEventKind.PAYLOAD:
            return self._payload(event)
        if kind is FlowEventKind.STARTED:
            return self._started(event)
        if kind is FlowEventKind.ENDED:
            return self._ended(event)
        return self._gap(event)

    def _started(self, event: FlowEvent) -> list[Observation]:
        flow = event.flow
        if not self._wants_prefix and not self._candidates(flow):
            self._sated(flow, Direction.ORIGINATOR)
            self._sated(flow, Direction.RESPONDER)
        if "flow_start" not in self._wanted:
            return []
        return [
            Observation("flow_start", {}, flow, event.direction, event.ts_ns, event.ordinal, event.number)
        ]

    def _candidates(self, flow: Flow) -> Parsers:
        by_port = self._by_port
        return (
            by_port.get((flow.protocol, flow.resp_port))
            or by_port.get((flow.protocol, flow.orig_port))
            or self._any_port.get(flow.protocol, ())
        )

    def _payload(self, event: FlowEvent) -> list[Observation]:
        flow, direction = event.flow, event.direction
        reading = self._readings.get(flow.id)
        said: list[Observation] = []
        if reading is None:
            reading = self._readings[flow.id] = _Reading(self._candidates(flow))
        if reading.parser is None:
            if self._wants_prefix and reading.probed[direction] == 0:
                prefix = event.payload[:PREFIX_BYTES].hex()
                said = _observations(event, (Seen("flow_payload", {"payload.prefix": prefix}),))
            reading.parser = self._probe(reading, event)
            return said + self._begin(reading, event)
        return said + self._feed(reading, event)

    def _probe(self, reading: _Reading, event: FlowEvent) -> Parser | None:
        """Ask the candidates; return the parser, or end the direction when none is left."""
        flow, direction = event.flow, event.direction
        head = reading.heads[direction] + event.payload
        reading.probed[direction] += 1
        unsure = []
        for parser in reading.candidates[direction]:
            verdict = parser.probe(head, flow, direction)
            if verdict is Verdict.CERTAIN:
                reading.heads[direction] = head
                return parser(flow, self._wanted)
            if verdict is Verdict.UNSURE:
                unsure.append(parser)
        if flow.protocol == IpProtocol.TCP:
            reading.candidates[direction] = tuple(unsure)
            reading.heads[direction] = head
            if unsure and len(head) < PROBE_BYTES:
                return None
        elif reading.candidates[direction] and reading.probed[direction] < PROBE_DATAGRAMS:
            return None
        self._stop(reading, flow, direction)
        return None

    def _begin(self, reading: _Reading, event: FlowEvent) -> list[Observation]:
        """Feed a parser just found with what was kept of both directions."""
        said: list[Observation] = []
        if reading.parser is None:
            return said
        for direction in (Direction.ORIGINATOR, Direction.RESPONDER):
            head, reading.heads[direction] = reading.heads[direction], b""
            if head:
                said += self._feed(reading, event._replace(direction=direction, payload=head))
        return said

    def _feed(self, reading: _Reading, event: FlowEvent) -> list[Observation]:
        """Give a parser payload, or the news that some is missing."""
        parser = reading.parser
        said: list[Observation] = []
        if parser is None or reading.done[event.direction]:
            return said
        try:
            # One by one, so that what was complete before a malformed byte is kept.
            for seen in self._give(parser, event):
                said += _observations(event, (seen,))
            reading.faults = 0
        except Malformed:
            self.malformed.add(parser.NAME)
            reading.faults += 1
            if event.flow.protocol == IpProtocol.TCP or reading.faults == MAX_FAULTS:
                self._stop(reading, event.flow, Direction.ORIGINATOR)
                self._stop(reading, event.flow, Direction.RESPONDER)
            return said
        for direction in (Direction.ORIGINATOR, Direction.RESPONDER):
            if not reading.done[direction] and parser.appetite(direction) == 0:
                self._stop(reading, event.flow, direction)
        return said

    @staticmethod
    def _give(parser: Parser, event: FlowEvent) -> Iterable[Seen]:
        if event.kind is FlowEventKind.GAP:
            return parser.gap(event.direction, event.missing)
        return parser.feed(event.direction, event.payload)

    def _gap(self, event: FlowEvent) -> list[Observation]:
        reading = self._readings.get(event.flow.id)
        if reading is None:
            reading = self._readings[event.flow.id] = _Reading(self._candidates(event.flow))
        if reading.parser is None:
            self._stop(reading, event.flow, event.direction)
            return []
        return self._feed(reading, event)

    def _ended(self, event: FlowEvent) -> list[Observation]:
        reading = self._readings.pop(event.flow.id, None)
        said: list[Observation] = []
        if reading is not None and reading.parser is not None:
            try:
                said = _observations(event, reading.parser.end())
            except Malformed:
                self.malformed.add(reading.parser.NAME)
        if "flow_end" in self._wanted:
            flow = event.flow
            said.append(
                Observation(
                    "flow_end",
                    {},
                    flow,
                    event.direction,
                    event.ts_ns,
                    event.ordinal,
                    event.number,
                    totals=event.totals,
                )
            )
        return said

    def _stop(self, reading: _Reading, flow: Flow, direction: Direction) -> None:
        reading.done[direction] = True
        reading.candidates[direction] = ()
        reading.heads[direction] = b""
        self._sated(flow, direction)
        if reading.done[1 - direction]:
            self._readings.pop(flow.id, None)


def _observations(event: FlowEvent, seen: Iterable[Seen]) -> list[Observation]:
    _, flow, direction, ts_ns, ordinal, number, *_ = event
    return [Observation(kind, fields, flow, direction, ts_ns, ordinal, number) for kind, fields in seen]


def _tables(parsers: Iterable[type[Parser]]) -> tuple[dict[tuple[int, int], Parsers], dict[int, Parsers]]:
    """Return the parsers to ask by transport and port, the port's own first, and those to ask on any other port."""
    any_port: dict[int, Parsers] = {}
    own: dict[tuple[int, int], Parsers] = {}
    for parser in parsers:
        for protocol in parser.PROTOCOL:
            if parser.ANY_PORT:
                any_port[protocol] = (*any_port.get(protocol, ()), parser)
            for port in parser.PORTS:
                own[protocol, port] = (*own.get((protocol, port), ()), parser)
    by_port = {
        (protocol, port): first + tuple(p for p in any_port.get(protocol, ()) if p not in first)
        for (protocol, port), first in own.items()
    }
    return by_port, any_port
